"""The last step, and the way out for every refusal: results and errors as HTTP responses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from xml.sax.saxutils import escape

from lambent.http.message import Response
from lambent.model.errors import ApiError
from lambent.services.operation import Reply, Result
from lambent.wire.errors import render_error
from lambent.wire.model import Operation, ServiceModel
from lambent.wire.request import WireResponse
from lambent.wire.response import render_response


def answer(model: ServiceModel, operation: Operation, protocol: str, result: Result, request_id: str) -> Response:
    """A success, in the protocol in which it was asked for."""
    rendered = render_response(model, operation, protocol, result, request_id)
    return _response(rendered, result.headers if isinstance(result, Reply) else None)


def refusal(
    model: ServiceModel | None, operation: Operation | None, protocol: str, error: ApiError, request_id: str
) -> Response:
    """An error; without a model (the service is not served) in the plainest form that its clients read."""
    if model is None:
        return bare(protocol, error, request_id)
    rendered = render_error(
        model,
        operation,
        protocol,
        error.code,
        error.message,
        request_id=request_id,
        status=error.status,
        fields=error.fields,
    )
    return _response(rendered, error.headers)


def bare(protocol: str, error: ApiError, request_id: str) -> Response:
    """An error of a service whose model is not at hand."""
    headers = [("x-amzn-RequestId", request_id), *error.headers.items()]
    if protocol in ("query", "ec2", "rest-xml"):
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Response(error.status or 400, [*headers, ("Content-Type", "text/xml")], body.encode())
    tree = {"__type": error.code, "message": error.message}
    headers += [("x-amzn-ErrorType", error.code), ("Content-Type", "application/json")]
    return Response(error.status or 400, headers, json.dumps(tree).encode())


def _response(rendered: WireResponse, more: Mapping[str, str] | None) -> Response:
    body = rendered.body
    headers = [*rendered.headers, *more.items()] if more else rendered.headers
    if isinstance(body, bytes):
        return Response(rendered.status, headers, body)
    return Response(rendered.status, headers, body if isinstance(body, AsyncIterable) else _later(body))


async def _later(frames: Iterator[bytes]) -> AsyncIterator[bytes]:
    for frame in frames:
        yield frame

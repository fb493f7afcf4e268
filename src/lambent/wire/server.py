"""The server's direction in one place: requests to parameters, results and errors to responses.

Pure functions over a service model; who may call and what happens then is not decided here.
Responses are made in `wire.response` and `wire.errors`, and offered here.
"""

from __future__ import annotations

from typing import Any

from lambent.wire.binding import plan_of, read_headers, read_labels, read_parameters, read_query
from lambent.wire.body import read_body
from lambent.wire.compression import inflate, is_compressed
from lambent.wire.errors import render_error
from lambent.wire.events import encode_event
from lambent.wire.form import from_form
from lambent.wire.model import QUERY_DIALECTS, Operation, ServiceModel
from lambent.wire.request import WireError, WireRequest
from lambent.wire.response import render_response
from lambent.wire.route import Match
from lambent.wire.scalar import malformed
from lambent.wire.shape import Shape

__all__ = ["encode_event", "parse_request", "render_error", "render_response"]


def parse_request(service: ServiceModel, match: Match, request: WireRequest) -> dict[str, Any]:
    """The operation's parameters: str, int, float, bool, bytes, aware datetimes, lists and dicts.

    What the request leaves out is absent. Raises WireError for a body or a value that cannot be read.
    """
    shape = match.operation.input
    if shape is None:
        return {}
    try:
        if match.protocol.startswith("rest"):
            return _parse_rest(match, shape, request)
        if match.protocol in QUERY_DIALECTS:
            return _parse_form(match, shape)
        body = _plain_body(match.operation, request)
        params: dict[str, Any] = read_body(match.protocol, shape, body) if body else {}
        return params
    except RecursionError:
        raise malformed("The request is nested too deeply") from None


def _parse_form(match: Match, shape: Shape) -> dict[str, Any]:
    try:
        return from_form(shape, match.form or {}, match.protocol)
    except WireError as error:
        # The same fault has another name in each of the form's dialects.
        code = "MalformedInput" if match.protocol == "query" else "InvalidParameterValue"
        raise WireError(code, error.message) from None


def _parse_rest(match: Match, shape: Shape, request: WireRequest) -> dict[str, Any]:
    plan = plan_of(shape)
    params: dict[str, Any] = {}
    read_labels(plan, match.labels, params)
    if request.query and (plan.query or plan.query_map):
        read_parameters(plan, read_query(request.query), match.operation.uri, params)
    if plan.by_name:
        read_headers(plan, request.headers, params)
    if plan.payload is not None:
        name, payload = plan.payload
        if payload.traits.eventstream:
            raise WireError(
                "UnsupportedOperationException", f"{match.operation.name}: event streams in are not served", 501
            )
        if payload.type == "blob":
            if request.body or payload.traits.streaming or name in (shape.traits.required or ()):
                params[name] = request.body
        elif request.body:
            params[name] = _text(request.body) if payload.type == "string" else _read(match, payload, request)
    elif plan.body and request.body:
        params.update(_read(match, shape, request))
    return params


def _read(match: Match, shape: Shape, request: WireRequest) -> Any:
    return read_body(match.protocol, shape, _plain_body(match.operation, request))


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise malformed("The body is not UTF-8") from None


def _plain_body(operation: Operation, request: WireRequest) -> bytes:
    """The body, decompressed where the operation takes compressed requests."""
    return inflate(request.body) if operation.compression and is_compressed(request) else request.body

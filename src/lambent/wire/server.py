"""The server's direction: requests to parameters, results and errors to responses.

Pure functions over a service model; who may call and what happens then is not decided here.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from lambent.wire.binding import plan_of, read_headers, read_labels, read_parameters, write_headers
from lambent.wire.body import read_body, write_body, write_json
from lambent.wire.form import from_form
from lambent.wire.model import Operation, ServiceModel
from lambent.wire.request import WireError, WireRequest, WireResponse
from lambent.wire.route import QUERY_DIALECTS, Match, read_query
from lambent.wire.scalar import malformed
from lambent.wire.shape import Shape

_MOST_INFLATED = 64 * 1024 * 1024


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
            return from_form(shape, match.form or {}, match.protocol)
        body = _inflated(match.operation, request)
        params: dict[str, Any] = read_body(match.protocol, shape, body) if body else {}
        return params
    except RecursionError:
        raise malformed("The request is nested too deeply") from None


def _parse_rest(match: Match, shape: Shape, request: WireRequest) -> dict[str, Any]:
    plan = plan_of(shape)
    params: dict[str, Any] = {}
    read_labels(plan, match.labels, params)
    if request.query and (plan.query or plan.query_map):
        read_parameters(plan, read_query(request.query), params)
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
    return read_body(match.protocol, shape, _inflated(match.operation, request))


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise malformed("The body is not UTF-8") from None


def _inflated(operation: Operation, request: WireRequest) -> bytes:
    """The body, decompressed where the operation takes compressed requests."""
    if not operation.compression or request.headers.get("content-encoding") != "gzip":
        return request.body
    inflater = zlib.decompressobj(wbits=31)
    try:
        body = inflater.decompress(request.body, _MOST_INFLATED)
    except zlib.error:
        raise malformed("The body is not valid gzip") from None
    if inflater.unconsumed_tail or not inflater.eof:
        raise malformed("The compressed body is truncated or too large")
    return body


def render_response(
    service: ServiceModel, operation: Operation, protocol: str, result: Mapping[str, Any], request_id: str
) -> WireResponse:
    """The response that carries `result`, members by the names of the operation's output.

    Members that are None are left out. Raises ValueError for a member that the model does not know.
    """
    return _render_rest(service, operation, protocol, result, request_id)


def _render_rest(
    service: ServiceModel, operation: Operation, protocol: str, result: Mapping[str, Any], request_id: str
) -> WireResponse:
    headers = [("x-amzn-RequestId", request_id)]
    shape = operation.output
    if shape is None:
        return WireResponse(operation.status, headers)
    plan = plan_of(shape)
    status = result.get(plan.status) or operation.status if plan.status else operation.status
    headers += write_headers(plan, result)
    body, kind = _rest_body(service, protocol, shape, result, status)
    if kind and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", kind))
    return WireResponse(status, headers, body)


def _rest_body(
    service: ServiceModel, protocol: str, shape: Shape, result: Mapping[str, Any], status: int
) -> tuple[bytes, str | None]:
    plan = plan_of(shape)
    if plan.payload is not None:
        name, payload = plan.payload
        value = result.get(name)
        if value is None:
            return b"", None
        if payload.type == "blob":
            # Lambda's payloads are JSON to every client, though the model does not say so.
            return bytes(value), "application/json" if service.service == "lambda" else "application/octet-stream"
        if payload.type == "string":
            return str(value).encode(), "text/plain"
        return write_body(protocol, payload, value), "application/json"
    if not plan.body or status == 204:
        return b"", None
    unknown = result.keys() - shape.members.keys()
    if unknown:
        raise ValueError(f"{shape.name} has no member {', '.join(sorted(unknown))}")
    return write_body(protocol, shape, {n: v for n, v in result.items() if n in plan.body}), "application/json"


def render_error(
    service: ServiceModel,
    operation: Operation | None,
    protocol: str,
    code: str,
    message: str,
    *,
    request_id: str,
    status: int | None = None,
    fields: Mapping[str, Any] | None = None,
) -> WireResponse:
    """The response that carries an error.

    `code` is the wire code or the name of the exception in the model; the model then gives status,
    the casing of the message member and the places of `fields`. Codes that no model knows get 400.
    """
    shape = service.errors.get(code)
    status = status or (shape.error_status if shape else 400)
    headers = [("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", code)]
    values = dict(fields or {})
    if shape is None:
        body = _unmodelled(code, message, values)
    else:
        values.setdefault(shape.message_member or "message", message)
        if "Type" in shape.members:
            values.setdefault("Type", "User" if status < 500 else "Service")
        plan = plan_of(shape)
        headers += write_headers(plan, values)
        body = write_body(protocol, shape, {n: v for n, v in values.items() if n in plan.body})
    headers.append(("Content-Type", "application/json"))
    return WireResponse(status, headers, body)


def _unmodelled(code: str, message: str, fields: Mapping[str, Any]) -> bytes:
    """The body of an error that is not in the model."""
    return write_json({"Message" if code in _CAPITAL_MESSAGE else "message": message, **fields})


_CAPITAL_MESSAGE = frozenset({"AccessDeniedException", "SerializationException"})

"""The client's direction: parameters to requests, responses to results and errors.

The same walkers as the server's, the other way. Signing and sending are the caller's; so is making
idempotency tokens random.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree.ElementTree import Element

from lambent.wire import frames
from lambent.wire.binding import plan_of, read_headers, write_headers, write_path, write_query
from lambent.wire.body import XML_PROTOCOLS, content_type, read_body, read_json, write_body
from lambent.wire.cbor import decode
from lambent.wire.events import decode_stream, open_stream
from lambent.wire.form import encode_form, to_form
from lambent.wire.model import CBOR, QUERY_DIALECTS, Operation, ServiceModel
from lambent.wire.request import WireError, WireRequest, WireResponse
from lambent.wire.shape import Shape
from lambent.wire.tree import from_tree
from lambent.wire.xmltree import children, from_xml, local_name, parse_xml

_FORM_TYPE = "application/x-www-form-urlencoded; charset=utf-8"


def render_request(
    service: ServiceModel,
    operation: Operation,
    params: Mapping[str, Any],
    endpoint: str,
    *,
    protocol: str | None = None,
    token: Callable[[], str] | None = None,
    prefix_host: bool = False,
) -> WireRequest:
    """The request for an operation at `endpoint` (`http://host:port`, perhaps with a path).

    Unsigned; header names in lower case, `host` among them. `protocol` None means the model's first.
    `token` makes the idempotency tokens that `params` leave out. `prefix_host` puts the operation's own
    prefix before the host, as AWS's own endpoints want it. Raises ValueError for a member that the
    model does not know and for a label of path or host without a fitting value.
    """
    protocol = protocol or service.protocol
    target = urlsplit(endpoint)
    operation = service.speaking(protocol).operations[operation.name]
    shape = operation.input
    params = {name: value for name, value in params.items() if value is not None}
    if shape is not None:
        if token is not None:
            params |= {n: token() for n, s in shape.members.items() if s.traits.idempotency_token and n not in params}
        if unknown := params.keys() - shape.members.keys():
            raise ValueError(f"{shape.name} has no member {', '.join(sorted(unknown))}")
    headers = {"host": (_host_prefix(operation, params) if prefix_host else "") + target.netloc}
    if protocol.startswith("rest"):
        path, query, body = _rest(service, operation, protocol, params, headers)
    else:
        path, query, body = _rpc(service, operation, protocol, params, headers)
    if body or operation.method in ("POST", "PUT", "PATCH"):
        headers["content-length"] = str(len(body))
    return WireRequest(operation.method, target.path.rstrip("/") + path, query, headers, body)


def _host_prefix(operation: Operation, params: Mapping[str, Any]) -> str:
    def fill(found: re.Match[str]) -> str:
        value = str(params.get(found.group(1)) or "")
        if not re.fullmatch(r"[A-Za-z0-9.-]+", value):
            raise ValueError(f"{found.group(1)} cannot be part of a host name")
        return value

    return re.sub(r"\{(\w+)\}", fill, operation.host_prefix)


def _rest(
    service: ServiceModel, operation: Operation, protocol: str, params: dict[str, Any], headers: dict[str, str]
) -> tuple[str, str, bytes]:
    shape = operation.input
    if shape is None:
        path, _, query = operation.uri.partition("?")
        return path, query, b""
    plan = plan_of(shape)
    headers |= {name.lower(): value for name, value in write_headers(plan, params)}
    body, kind = b"", content_type(service, protocol)
    if plan.payload is not None:
        name, payload = plan.payload
        value = params.get(name)
        if payload.type in ("blob", "string"):
            body, kind = (value.encode() if isinstance(value, str) else bytes(value or b"")), ""
        elif value is not None:
            body = write_body(protocol, payload, value, asking=True)
        elif protocol == "rest-json":
            body = b"{}"
    elif plan.body:
        values = {name: value for name, value in params.items() if name in plan.body}
        if values or protocol == "rest-json":
            body = write_body(protocol, shape, values, asking=True)
    if body and kind:
        headers.setdefault("content-type", kind)
    return write_path(operation.uri, plan, params), write_query(operation.uri, plan, params), body


def _rpc(
    service: ServiceModel, operation: Operation, protocol: str, params: dict[str, Any], headers: dict[str, str]
) -> tuple[str, str, bytes]:
    shape = operation.input
    if protocol in QUERY_DIALECTS:
        form = {"Action": operation.name, "Version": service.api_version}
        if shape is not None:
            form |= to_form(shape, params, protocol)
        headers["content-type"] = _FORM_TYPE
        return "/", "", encode_form(form)
    if service.query_compatible:
        headers["x-amzn-query-mode"] = "true"
    headers["content-type"] = content_type(service, protocol)
    if protocol == CBOR:
        streams = operation.output is not None and operation.output.event_stream is not None
        headers |= {"smithy-protocol": "rpc-v2-cbor", "accept": frames.CONTENT_TYPE if streams else "application/cbor"}
        path = f"/service/{quote(service.target_prefix or '', safe='')}/operation/{operation.name}"
        return path, "", write_body(protocol, shape, params) if shape else b""
    headers["x-amz-target"] = f"{service.target_prefix}.{operation.name}"
    return "/", "", write_body(protocol, shape, params) if shape else b"{}"


def parse_response(
    service: ServiceModel, operation: Operation, protocol: str, response: WireResponse
) -> dict[str, Any]:
    """The result in a successful response. An event stream is an iterator of `{kind: members}`.

    Raises WireError for a body that cannot be read.
    """
    operation = service.speaking(protocol).operations[operation.name]
    shape = operation.output
    if shape is None:
        return {}
    if protocol.startswith("rest"):
        return _parse_rest(operation, protocol, shape, response)
    if shape.event_stream is not None:
        return open_stream(protocol, shape, _chunks(response))
    body = _whole(response)
    if not body:
        return {}
    if protocol == "query":
        root = parse_xml(body)
        wrapper = shape.traits.result_wrapper or f"{operation.name}Result"
        found = children(root).get(wrapper)
        return from_xml(shape, found[0]) if found else {}
    result: dict[str, Any] = read_body(protocol, shape, body)
    return result


def _parse_rest(operation: Operation, protocol: str, shape: Shape, response: WireResponse) -> dict[str, Any]:
    plan = plan_of(shape)
    result: dict[str, Any] = {}
    if plan.status is not None:
        result[plan.status] = response.status
    read_headers(plan, {name.lower(): value for name, value in response.headers}, result)
    if plan.payload is not None:
        name, payload = plan.payload
        if payload.traits.eventstream:
            result[name] = decode_stream(protocol, payload, _chunks(response))
            return result
        body = _whole(response)
        if payload.type == "blob":
            result[name] = body
        elif payload.type == "string":
            result[name] = body.decode("utf-8", "replace")
        elif body:
            result[name] = read_body(protocol, payload, body)
        return result
    body = _whole(response)
    if body and operation.name == "GetBucketLocation":
        return {"LocationConstraint": parse_xml(body).text} if parse_xml(body).text else {}
    if body and plan.body:
        result |= read_body(protocol, shape, body)
    return result


def _chunks(response: WireResponse) -> Iterable[bytes]:
    if isinstance(response.body, bytes):
        return (response.body,)
    if isinstance(response.body, Iterable):
        return response.body
    raise ValueError("an asynchronous body must be collected before it is parsed")


def _whole(response: WireResponse) -> bytes:
    return b"".join(_chunks(response))


def parse_error(service: ServiceModel, protocol: str, response: WireResponse) -> tuple[str, str, dict[str, Any]]:
    """(code, message, further fields) of an error response. Never raises: a body that says nothing
    gives the status as the code.
    """
    body = _whole(response)
    headers = {name.lower(): value for name, value in response.headers}
    try:
        if protocol in XML_PROTOCOLS:
            return _xml_error(service, protocol, body, headers, response.status)
        tree = (decode(body) if protocol == CBOR else read_json(body)) if body else {}
    except WireError:
        return str(response.status), body.decode("utf-8", "replace")[:1024], {}
    if not isinstance(tree, dict):
        tree = {}
    code = str(headers.get("x-amzn-errortype") or tree.pop("__type", None) or response.status)
    code = code.partition(":")[0].rpartition("#")[2]
    message = tree.get("message") or tree.get("Message") or tree.get("errorMessage") or ""
    return code, str(message), _fields(service, code, headers, lambda shape: _lenient(shape, tree))


def _lenient(shape: Shape, tree: dict[str, Any]) -> dict[str, Any]:
    try:
        fields: dict[str, Any] = from_tree(shape, tree)
    except WireError:
        return {}
    return fields


def _xml_error(
    service: ServiceModel, protocol: str, body: bytes, headers: dict[str, str], status: int
) -> tuple[str, str, dict[str, Any]]:
    found = _error_element(parse_xml(body)) if body else None
    if found is None:
        return str(status), "", {}
    parts = children(found)
    code, message = (parts[name][0].text or "" if name in parts else "" for name in ("Code", "Message"))
    return code or str(status), message, _fields(service, code, headers, lambda shape: from_xml(shape, found))


def _error_element(root: Element) -> Element | None:
    return next((found for found in root.iter() if local_name(found.tag) == "Error"), None)


def _fields(
    service: ServiceModel, code: str, headers: dict[str, str], read: Callable[[Shape], dict[str, Any]]
) -> dict[str, Any]:
    shape = service.errors.get(code)
    if shape is None:
        return {}
    fields = read(shape)
    read_headers(plan_of(shape), headers, fields)
    fields.pop(shape.message_member or "", None)
    return fields

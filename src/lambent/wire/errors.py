"""Errors to responses, in every protocol: code, message and fields where the model puts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambent.wire import cbor
from lambent.wire.binding import Headers, plan_of, write_headers
from lambent.wire.body import content_type, write_json
from lambent.wire.model import CBOR, QUERY_DIALECTS, Operation, ServiceModel
from lambent.wire.request import WireResponse
from lambent.wire.response import XML_DECLARATION, identity
from lambent.wire.shape import Shape
from lambent.wire.tree import to_tree
from lambent.wire.xmltree import element, escape, members_xml

# Errors of AWS's common front end, in no model: some capitalise the member that holds the text.
_CAPITAL_MESSAGE = frozenset({"AccessDeniedException", "SerializationException"})


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

    `code` is the wire code or the name of an exception of the model, which then gives the status, the
    casing of the message member and the places of `fields`. A code that the model does not know gets
    400 unless `status` says otherwise, and `fields` as they are.
    """
    shape = _exception(service, operation, code)
    status = status or (shape.error_status if shape else 400)
    fault = "Receiver" if status >= 500 else "Sender"
    headers = identity(service, request_id)
    values = dict(fields or {})
    if protocol == "rest-xml" or protocol in QUERY_DIALECTS:
        body = _xml_body(service, protocol, shape, code, message, values, fault, request_id)
        headers += _bound(shape, values) if protocol == "rest-xml" else []
    else:
        name = shape.name if shape else code
        headers += _naming_headers(service, protocol, name, fault)
        tree = _tree(service, protocol, shape, name, message, values, status)
        if protocol == "rest-json":
            headers += _bound(shape, values)
        body = cbor.encode(tree) if protocol == CBOR else write_json(tree)
    headers.append(("Content-Type", content_type(service, protocol)))
    return WireResponse(status, headers, body)


def _exception(service: ServiceModel, operation: Operation | None, code: str) -> Shape | None:
    """The exception that `code` means: of those that the operation may raise first, for codes repeat."""
    for name in operation.error_names if operation else ():
        shape = service.errors.get(name)
        if shape is not None and code in (shape.name, shape.error_code):
            return shape
    return service.errors.get(code)


def _bound(shape: Shape | None, values: Mapping[str, Any]) -> Headers:
    return write_headers(plan_of(shape), values) if shape else []


def _naming_headers(service: ServiceModel, protocol: str, name: str, fault: str) -> Headers:
    headers: Headers = []
    if protocol == "rest-json":
        headers.append(("x-amzn-ErrorType", name))
    if protocol == CBOR:
        headers.append(("smithy-protocol", "rpc-v2-cbor"))
    if service.query_compatible:
        headers.append(("x-amzn-query-error", f"{service.query_code(name)};{fault}"))
    return headers


def _tree(
    service: ServiceModel,
    protocol: str,
    shape: Shape | None,
    name: str,
    message: str,
    values: dict[str, Any],
    status: int,
) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    if protocol != "rest-json":
        absolute = protocol == CBOR or service.query_compatible
        tree["__type"] = f"com.amazonaws.{service.service}#{name}" if absolute else name
    if shape is None:
        return {**tree, "Message" if name in _CAPITAL_MESSAGE else "message": message, **values}
    values = {shape.message_member or "message": message, **values}
    if service.service == "lambda" and "Type" in shape.members:
        values.setdefault("Type", "Service" if status >= 500 else "User")
    bound = plan_of(shape).by_name if protocol == "rest-json" else {}
    if shape.message_member is None:
        tree["message"] = values.pop("message")
    inner = {n: value for n, value in values.items() if n not in bound}
    members: dict[str, Any] = to_tree(shape, inner, native=protocol == CBOR)
    return tree | members


def _xml_body(
    service: ServiceModel,
    protocol: str,
    shape: Shape | None,
    code: str,
    message: str,
    values: dict[str, Any],
    fault: str,
    request_id: str,
) -> bytes:
    if protocol == "query":
        shape = service.speaking(protocol).errors.get(code)
    texts = element("Code", escape(shape.error_code if shape else code)) + element("Message", escape(message))
    more = _more(shape, values)
    name = element("RequestId", escape(request_id))
    if service.service == "s3":
        xml = element("Error", texts + more + name + element("HostId", escape(request_id)))
    elif protocol == "ec2":
        errors = element("Errors", element("Error", texts + more))
        xml = element("Response", errors + element("RequestID", escape(request_id)))
    else:
        inner = element("Error", element("Type", fault) + texts + more) + name
        xml = element("ErrorResponse", inner, service.speaking(protocol).xml_namespace)
    return (XML_DECLARATION + xml).encode()


def _more(shape: Shape | None, values: Mapping[str, Any]) -> str:
    """Further members; what the model does not know goes in as text (S3's BucketName, Resource, …)."""
    known = shape.members if shape else {}
    told = {n: v for n, v in values.items() if n in known and n != _message_member(shape) and known[n].location is None}
    written = members_xml(shape, told) if shape else ""
    return written + "".join(element(n, escape(str(v))) for n, v in values.items() if n not in known and v is not None)


def _message_member(shape: Shape | None) -> str | None:
    return shape.message_member if shape else None

"""Results to responses, in every protocol. Errors are `wire.errors`'s."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from lambent.wire import frames
from lambent.wire.binding import Headers, plan_of, write_headers
from lambent.wire.body import content_type, write_body
from lambent.wire.events import encode_stream, initial_response
from lambent.wire.model import CBOR, Operation, ServiceModel
from lambent.wire.request import WireResponse
from lambent.wire.s3_names import ROOTS
from lambent.wire.shape import Shape
from lambent.wire.xmltree import element, escape, members_xml

Body = bytes | Iterator[bytes] | AsyncIterator[bytes]
_JSON = ("Content-Type", "application/json")
XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def render_response(
    service: ServiceModel, operation: Operation, protocol: str, result: Mapping[str, Any], request_id: str
) -> WireResponse:
    """The response that carries `result`, members by the names of the operation's output.

    Members that are None are left out. A member that is an event stream takes an iterable, or an
    asynchronous one, of `{kind: members}`. Raises ValueError for a member that the model does not know.
    """
    if protocol.startswith("rest"):
        return _rest(service, operation, protocol, result, request_id)
    if protocol == "query":
        return _query(service, operation, result, request_id)
    if protocol == "ec2":
        return _ec2(service, operation, result, request_id)
    return _rpc(service, operation, protocol, result, request_id)


def identity(service: ServiceModel, request_id: str) -> Headers:
    """The headers that name the request."""
    if service.service == "s3":
        return [("x-amz-request-id", request_id), ("x-amz-id-2", request_id)]
    return [("x-amzn-RequestId", request_id)]


def _rest(
    service: ServiceModel, operation: Operation, protocol: str, result: Mapping[str, Any], request_id: str
) -> WireResponse:
    headers = identity(service, request_id)
    shape = operation.output
    if shape is None:
        return WireResponse(operation.status, headers)
    plan = plan_of(shape)
    status = operation.status
    if plan.all_in_body and protocol == "rest-json" and status != 204:  # most are like this
        headers.append(_JSON)
        return WireResponse(status, headers, write_body(protocol, shape, result))
    if plan.status is not None:
        status = result.get(plan.status) or status
    if plan.by_name:
        headers += write_headers(plan, result)
    body, kind = _rest_body(service, operation, protocol, shape, result, status)
    if kind and not (plan.may_name_type and any(name.lower() == "content-type" for name, _ in headers)):
        headers.append(("Content-Type", kind))
    return WireResponse(status, headers, body)


def _rest_body(
    service: ServiceModel, operation: Operation, protocol: str, shape: Shape, result: Mapping[str, Any], status: int
) -> tuple[Body, str | None]:
    plan = plan_of(shape)
    if not result.keys() <= shape.members.keys():
        raise ValueError(f"{shape.name} has no member {', '.join(sorted(result.keys() - shape.members.keys()))}")
    if plan.payload is not None:
        name, payload = plan.payload
        return _payload(service, protocol, payload, result.get(name))
    if not plan.body or status == 204:
        return b"", None
    values = {name: value for name, value in result.items() if name in plan.body}
    if protocol == "rest-json":
        return write_body(protocol, shape, values), content_type(service, protocol)
    root = ROOTS.get(operation.name, shape.name) if service.service == "s3" else (shape.wire_name or shape.name)
    if service.service == "s3" and operation.name == "GetBucketLocation":
        # The one answer whose only member is the root element itself.
        inner = escape(str(values.get("LocationConstraint") or ""))
    else:
        inner = members_xml(shape, values)
    return _document(element(root, inner, service.xml_namespace)), content_type(service, protocol)


def _payload(service: ServiceModel, protocol: str, payload: Shape, value: Any) -> tuple[Body, str | None]:
    if payload.traits.eventstream:
        return encode_stream(service, protocol, payload, value or ()), frames.CONTENT_TYPE
    if value is None:
        return b"", None
    if payload.type == "blob":
        # Lambda's payloads are JSON to every client, though the model does not say so.
        return bytes(value), "application/json" if service.service == "lambda" else "application/octet-stream"
    if payload.type == "string":
        return str(value).encode(), "text/plain"
    if protocol == "rest-json":
        return write_body(protocol, payload, value), content_type(service, protocol)
    root = payload.wire_name or payload.name
    if payload.traits.xml_namespace is not None:
        return XML_DECLARATION.encode() + write_body(protocol, payload, value, root), content_type(service, protocol)
    return _document(element(root, members_xml(payload, value), service.xml_namespace)), content_type(service, protocol)


def _document(xml: str) -> bytes:
    return (XML_DECLARATION + xml).encode()


def _query(service: ServiceModel, operation: Operation, result: Mapping[str, Any], request_id: str) -> WireResponse:
    shape = service.speaking("query").operations[operation.name].output
    namespace = service.speaking("query").xml_namespace
    inner = ""
    if shape is not None:
        wrapper = shape.traits.result_wrapper or f"{operation.name}Result"
        inner = element(wrapper, members_xml(shape, result))
    inner += element("ResponseMetadata", element("RequestId", escape(request_id)))
    return _xml_response(service, "query", element(f"{operation.name}Response", inner, namespace), request_id)


def _ec2(service: ServiceModel, operation: Operation, result: Mapping[str, Any], request_id: str) -> WireResponse:
    inner = element("requestId", escape(request_id))
    if operation.output is not None:
        inner += members_xml(operation.output, result)
    return _xml_response(service, "ec2", element(f"{operation.name}Response", inner, service.xml_namespace), request_id)


def _xml_response(service: ServiceModel, protocol: str, xml: str, request_id: str) -> WireResponse:
    headers = [*identity(service, request_id), ("Content-Type", content_type(service, protocol))]
    return WireResponse(200, headers, _document(xml))


def _rpc(
    service: ServiceModel, operation: Operation, protocol: str, result: Mapping[str, Any], request_id: str
) -> WireResponse:
    headers = identity(service, request_id)
    if protocol == CBOR:
        headers.append(("smithy-protocol", "rpc-v2-cbor"))
    shape = operation.output
    if shape is None:
        if protocol == "json":
            headers.append(("Content-Type", content_type(service, protocol)))
        return WireResponse(operation.status, headers)
    if shape.event_stream is not None:
        name, stream = shape.event_stream
        first = initial_response(service, protocol, shape, {n: v for n, v in result.items() if n != name})
        headers.append(("Content-Type", frames.CONTENT_TYPE))
        body = encode_stream(service, protocol, stream, result.get(name) or (), first)
        return WireResponse(operation.status, headers, body)
    headers.append(("Content-Type", content_type(service, protocol)))
    return WireResponse(operation.status, headers, write_body(protocol, shape, result))

"""One operation against botocore, in both directions and both roles.

Each check returns what differs as text, or None. botocore's serializers and parsers are used as its
client uses them; its event handlers (checksums, presigned copies, ...) are left out.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import ParseError, canonicalize

from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.handlers import parse_get_bucket_location
from botocore.loaders import Loader
from botocore.model import OperationModel, Shape
from botocore.model import ServiceModel as TheirService
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from lambent.wire import cbor
from lambent.wire.client import parse_error, parse_response, render_request
from lambent.wire.model import CBOR, Operation, ServiceModel, load
from lambent.wire.request import WireRequest, WireResponse
from lambent.wire.route import route
from lambent.wire.server import parse_request, render_error, render_response
from tests.protocol.generate import Generator

ENDPOINT = "http://127.0.0.1:4566"
SERVICES = """
    lambda iam sts kms s3 sqs sns events scheduler pipes logs cloudwatch xray secretsmanager
    dynamodb dynamodbstreams kinesis apigateway apigatewayv2 elbv2 cloudformation codedeploy ecr efs
    ec2 cloudfront application-autoscaling stepfunctions
""".split()  # noqa: SIM905 - twenty-eight words read better than twenty-eight literals


# Operations whose requests nothing in the message tells from another's, with the reason.
EXPLAINED = {
    ("s3", "GetBucketLifecycle"): "deprecated, with the URL of GetBucketLifecycleConfiguration",
    ("s3", "GetBucketNotification"): "deprecated, with the URL of GetBucketNotificationConfiguration",
    ("s3", "PutBucketLifecycle"): "deprecated, with the URL of PutBucketLifecycleConfiguration",
    ("s3", "PutBucketNotification"): "deprecated, with the URL of PutBucketNotificationConfiguration",
    ("s3", "ListDirectoryBuckets"): "differs from ListBuckets by its host (s3express-control) alone",
}


@cache
def theirs(service: str) -> TheirService:
    """botocore's model of a service, without what the SDK adds for itself (S3's Expires as a timestamp)."""
    loader = Loader(include_default_extras=False)
    return TheirService(loader.load_service_model(service, "service-2"), service)


def protocols(service: str) -> list[str]:
    """The protocols that botocore can speak to the service by its model."""
    model = theirs(service)
    return [name for name in load(service).protocols if not (name == "query" and model.service_name == "sqs")]


class Pair:
    """One operation in one protocol, as both sides know it."""

    def __init__(self, service: str, name: str, protocol: str) -> None:
        self.ours: ServiceModel = load(service)
        self.operation: Operation = self.ours.operations[name]
        self.theirs: OperationModel = theirs(service).operation_model(name)
        self.protocol = protocol

    def checks(self, seed: int, share: float) -> Iterator[str]:
        """What differs, one line each."""
        for check in (self.request, self.asking, self.response):
            try:
                problem = check(seed, share)
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            if problem:
                yield f"{check.__name__}: {problem}"
        for shape in self.theirs.error_shapes:
            try:
                problem = self.error(shape, seed, share)
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            if problem:
                yield f"error {shape.name}: {problem}"

    def params(self, seed: int, share: float) -> dict[str, Any]:
        """Parameters for the operation."""
        shape = self.theirs.input_shape
        return {} if shape is None else Generator(seed, share=share).value(shape)

    def their_request(self, params: dict[str, Any]) -> WireRequest:
        """What botocore sends."""
        spoken = create_serializer(self.protocol, include_validation=False).serialize_to_request(params, self.theirs)
        prepare_request_dict(spoken, ENDPOINT, context={})
        prepared = create_request_object(spoken).prepare()
        url = urlsplit(prepared.url)
        body = prepared.body or b""
        headers = {
            name.lower(): value if isinstance(value, str) else value.decode("latin-1")
            for name, value in prepared.headers.items()
        }
        raw = body.encode() if isinstance(body, str) else bytes(body)
        return WireRequest(prepared.method, url.path, url.query, headers, raw)

    def request(self, seed: int, share: float) -> str | None:
        """botocore asks, we understand."""
        params = self.params(seed, share)
        return self._understood(self.their_request(params), params)

    def asking(self, seed: int, share: float) -> str | None:
        """We ask as botocore asks, and understand ourselves."""
        params = self.params(seed, share)
        wanted = self.their_request(params)
        asked = render_request(self.ours, self.operation, params, ENDPOINT, protocol=self.protocol)
        if problem := self._understood(asked, params):
            return problem
        if (asked.method, asked.path) != (wanted.method, wanted.path):
            return f"asked {asked.method} {asked.path}, not {wanted.method} {wanted.path}"
        if (got := _query(asked.query)) != (expected := _query(wanted.query)):
            return differs(expected, got)
        for name, value in wanted.headers.items():
            if name.startswith(("x-amz", "smithy")) and asked.headers.get(name) != value:
                return f"header {name}: {asked.headers.get(name)!r}, not {value!r}"
        return differs(_plain(self.protocol, wanted.body), _plain(self.protocol, asked.body))

    def _understood(self, request: WireRequest, params: dict[str, Any]) -> str | None:
        match = route(self.ours, request)
        if match is None:
            return f"no route for {request.method} {request.path}?{request.query}"
        if match.operation.name != self.operation.name:
            return f"routed to {match.operation.name}"
        if match.protocol != self.protocol:
            return f"taken for {match.protocol}"
        parsed = parse_request(self.ours, match, request)
        bare = self.protocol in ("query", "ec2")
        return differs(without_empty(params) if bare else params, self._without_implied(parsed, params))

    def _without_implied(self, got: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
        """`got` without what a message says by existing: an empty body, its length and type, no header of a map."""
        asked, told = self.theirs.input_shape, self.theirs.output_shape
        members = {**(asked.members if asked else {}), **(told.members if told else {})}
        implied = {n for n, m in members.items() if m.serialization.get("name") in ("Content-Length", "Content-Type")}
        return {n: v for n, v in got.items() if n in wanted or (v not in (b"", "", {}) and n not in implied)}

    def response(self, seed: int, share: float) -> str | None:
        """We answer, botocore understands, and so do we."""
        shape = self.theirs.output_shape
        result = {} if shape is None else Generator(seed, share=share, fractions=True).value(shape)
        rendered = render_response(self.ours, self.operation, self.protocol, result, "request-1")
        if not isinstance(rendered.body, bytes):
            rendered = WireResponse(rendered.status, rendered.headers, b"".join(rendered.body))  # type: ignore[arg-type]
        parsed = self._their_parse(rendered, shape)
        metadata = parsed.pop("ResponseMetadata", {})
        if shape is not None and metadata.get("RequestId") != "request-1":
            return f"request id {metadata.get('RequestId')!r}"
        if problem := differs(result, self._without_implied(parsed, result)):
            return problem
        ours = parse_response(self.ours, self.operation, self.protocol, rendered)
        stream = shape.event_stream_name if shape is not None else None
        if stream:
            ours[stream] = list(ours[stream])
        return differs(result, self._without_implied(ours, result))

    def _their_parse(self, rendered: WireResponse, shape: Shape | None) -> dict[str, Any]:
        assert isinstance(rendered.body, bytes)
        streams = self.theirs.has_streaming_output or self.theirs.has_event_stream_output
        body: Any = _Raw(rendered.body) if streams else rendered.body
        heard = {
            "status_code": rendered.status,
            "headers": HeadersDict(dict(rendered.headers)),
            "body": body,
            "context": {"operation_name": self.operation.name},
        }
        parsed: dict[str, Any] = create_parser(self.protocol).parse(heard, shape)
        if self.operation.name == "GetBucketLocation" and shape is not None:
            parse_get_bucket_location(parsed, _Http(rendered.body))
            parsed = {name: value for name, value in parsed.items() if value is not None}
        return {name: _collected(value) for name, value in parsed.items()}

    def error(self, shape: Shape, seed: int, share: float) -> str | None:
        """We refuse, botocore understands, and so do we."""
        fields = Generator(seed, share=share, fractions=True).value(shape)
        fields = {name: value for name, value in fields.items() if not self._of_the_protocol(shape, name)}
        text = "why <not> & how"
        rendered = render_error(
            self.ours, self.operation, self.protocol, shape.name, text, request_id="request-1", fields=fields
        )
        heard = {
            "status_code": rendered.status,
            "headers": HeadersDict(dict(rendered.headers)),
            "body": rendered.body,
        }
        parser = create_parser(self.protocol)
        found = parser.parse(heard, self.theirs.output_shape)["Error"]
        code = self.ours.query_code(shape.name) if self.ours.query_compatible else shape.error_code
        if (found["Code"], found["Message"]) != (code, text):
            return f"botocore understood {found}"
        modelled = {n: v for n, v in parser.parse(heard, shape).items() if not self._of_the_protocol(shape, n)}
        modelled.pop("ResponseMetadata", None)
        expected = dict(fields)
        if self.ours.service == "lambda" and "Type" in shape.members:
            expected.setdefault("Type", "Service" if rendered.status >= 500 else "User")
        if problem := differs(expected, modelled):
            return problem
        got_code, got_text, got = parse_error(self.ours, self.protocol, rendered)
        if got_code not in (shape.name, shape.error_code) or got_text != text:
            return f"we understood {got_code}: {got_text}"
        return differs(expected, {n: v for n, v in got.items() if not self._of_the_protocol(shape, n)})

    @staticmethod
    def _of_the_protocol(shape: Shape, name: str) -> bool:
        """True for a member that the protocol itself fills: the code and the message, wherever they are."""
        member = shape.members.get(name)
        wire = member.serialization.get("name", name) if member else name
        return wire.lower() in ("message", "code", "x-amzn-errortype")


def unexplained(pair: Pair, seed: int, share: float) -> Iterator[str]:
    """What differs and has no entry in EXPLAINED."""
    known = (pair.ours.service, pair.operation.name) in EXPLAINED
    return (problem for problem in pair.checks(seed, share) if not (known and _is_confusion(problem)))


def _is_confusion(problem: str) -> bool:
    # Two members of the deprecated notification shape share the element `Event`.
    return "routed to" in problem or ".TopicConfiguration.Event" in problem


class _Raw:
    """A body that is read as a stream."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content

    def read(self) -> bytes:
        return self._content

    def close(self) -> None:
        pass


class _Http:
    def __init__(self, content: bytes) -> None:
        self.raw = io.BytesIO(content)
        self.content = content


def _collected(value: Any) -> Any:
    if isinstance(value, _Raw):
        return value.read()
    return list(value) if type(value).__name__ == "EventStream" else value


def without_empty(value: Any) -> Any:
    """A value without what a form cannot say: structures and maps with nothing in them."""
    if isinstance(value, dict):
        kept = {name: without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item != {}}
    if isinstance(value, list) and value:
        # An element that says nothing has no number; a list of none but such is not there at all.
        return [item for item in map(without_empty, value) if item != {}] or {}
    return value


def _query(text: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(text, keep_blank_values=True))


def _plain(protocol: str, body: bytes) -> Any:
    """A body without the freedoms of its format."""
    if protocol in ("query", "ec2"):
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    try:
        if protocol == CBOR:
            return cbor.decode(body) if body else None
        return canonicalize(body.decode()) if protocol == "rest-xml" else json.loads(body)
    except (ValueError, ParseError):
        return body


def differs(wanted: Any, got: Any, path: str = "") -> str | None:
    """Where and how two values differ first; None if they are equal."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name in [*wanted, *(name for name in got if name not in wanted)]:
            if name not in got or name not in wanted:
                side = "wanted" if name in wanted else "got"
                return f"{path}.{name} only in {side}: {wanted.get(name, got.get(name))!r}"
            if problem := differs(wanted[name], got[name], f"{path}.{name}"):
                return problem
        return None
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, (one, other) in enumerate(zip(wanted, got, strict=True)):
            if problem := differs(one, other, f"{path}[{index}]"):
                return problem
        return None
    same = wanted == got and isinstance(wanted, bool) == isinstance(got, bool)
    return None if same else f"{path}: wanted {wanted!r}, got {got!r}"

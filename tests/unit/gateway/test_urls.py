"""The doors of functions: who gets in, what the function is told, what the caller hears."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lambent.bus.memory import MemoryBus
from lambent.clock import RandomIds
from lambent.context import Context
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.authorize import Authorizer
from lambent.gateway.signing import Key
from lambent.gateway.url_answers import FORBIDDEN
from lambent.gateway.urls import Urls
from lambent.http.message import Request, Response
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.model.errors import ApiError
from lambent.model.function_url import FunctionUrl
from lambent.model.invocation import InvocationResult
from lambent.policy.document import Use, parse
from lambent.policy.index import PolicySet
from lambent.services.access import UNGUARDED, Guarded, Need
from lambent.services.iam.api import IamApi
from lambent.services.iam.repository import Repository as IamRepository
from lambent.services.lambda_.access import LambdaAccess
from lambent.services.lambda_.repository import Repository
from lambent.services.operation import Params, Result
from lambent.store.memory import MemoryStore

ID = "a" * 32
OPEN = FunctionUrl(ID, "123456789012", "eu-west-1", "f", "", "NONE", 1.0, 1.0)
PATH = f"/_lambent/url/{ID}"
BOTH = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "lambda:InvokeFunctionUrl",
            "Resource": OPEN.function_arn,
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        },
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "lambda:InvokeFunction",
            "Resource": OPEN.function_arn,
            "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
        },
    ],
}


class Door:
    """The doors over one address, an Invoke that answers as it is told, and a policy."""

    def __init__(self, authenticator: Authenticator, clock: Any) -> None:
        self.url = OPEN
        self.policy: dict[str, Any] | None = BOTH
        self.events: list[tuple[Context, Any]] = []
        self.answer: Result = {"StatusCode": 200, "Payload": b'{"statusCode": 201, "body": "made"}'}
        self.failure: Exception | None = None
        self.statuses: list[int] = []
        store, bus = MemoryStore(), MemoryBus()
        self.access = LambdaAccess(Repository(store, bus))
        authorizer = Authorizer(IamApi(IamRepository(store, bus)).identities, clock)
        self.urls = Urls(
            self.find, self.invoke, self.stream, self, authenticator, authorizer, clock, RandomIds(), self.told
        )

    def told(self, url: FunctionUrl, status: int, ms: float) -> None:
        assert url is self.url
        assert ms >= 0
        self.statuses.append(status)

    async def find(self, url_id: str) -> FunctionUrl | None:
        return self.url if url_id == ID else None

    def needs(self, operation: str, at: Any, params: Params) -> list[Need]:
        return list(self.access.needs(operation, at, params))

    async def guard(self, need: Need) -> Guarded:
        if self.policy is None:
            return UNGUARDED
        return Guarded(PolicySet([parse(json.dumps(self.policy), Use.RESOURCE, "policy")]))

    async def invoke(self, ctx: Context, params: Params) -> Result:
        assert params["FunctionName"] == self.url.function_arn
        self.events.append((ctx, json.loads(params["Payload"])))
        if self.failure is not None:
            raise self.failure
        return self.answer

    async def stream(self, ctx: Context, params: Params) -> StreamedAnswer:
        answer = StreamedAnswer("1")
        answer.begin("text/plain")
        answer.end(InvocationResult(json.loads(params["Payload"])["rawPath"].encode(), "1"))
        return answer

    async def call(self, request: Request) -> tuple[int, bytes]:
        asked = self.urls.asked(request)
        assert asked is not None
        response = await self.urls.handle(request, asked)
        assert "x-amzn-RequestId" in dict(response.headers)
        assert isinstance(response.body, bytes)
        assert (self.statuses == [response.status]) is (asked.id == ID)
        self.statuses.clear()
        return response.status, response.body


@pytest.fixture
def door(authenticator: Authenticator, clock: Any) -> Door:
    return Door(authenticator, clock)


def plain(method: str = "GET", body: bytes = b"", **headers: str) -> Request:
    fields = {"Host": "127.0.0.1:4566", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Request.of(method, f"{PATH}/x?y=z", fields.items(), body)


def forbidden(found: tuple[int, bytes]) -> bool:
    return found == (403, json.dumps({"Message": FORBIDDEN}).encode())


async def test_anybody_where_the_policy_says_so(door: Door) -> None:
    assert await door.call(plain("POST", b"body", x_amzn_trace_id=f"Root=1-{'a' * 8}-{'b' * 24}")) == (201, b"made")
    ((ctx, event),) = door.events
    assert (event["rawPath"], event["body"], event["requestContext"]["accountId"]) == ("/x", "Ym9keQ==", "anonymous")
    assert (ctx.account, ctx.region) == ("123456789012", "eu-west-1")
    assert event["requestContext"]["requestId"] == ctx.request_id
    assert event["headers"]["x-amzn-trace-id"] == ctx.trace_id
    assert str(ctx.trace_id).startswith(f"Root=1-{'a' * 8}-{'b' * 24}")


@pytest.mark.parametrize("kept", [0, 1])
async def test_one_permission_is_not_enough(door: Door, kept: int) -> None:
    door.policy = BOTH | {"Statement": [BOTH["Statement"][kept]]}  # type: ignore[index]
    assert forbidden(await door.call(plain()))
    door.policy = None
    assert forbidden(await door.call(plain()))
    assert door.events == []


async def test_only_who_signs(door: Door, sign: Any) -> None:
    door.url = msgspec.structs.replace(OPEN, auth_type="AWS_IAM")
    door.policy = None
    assert (await door.call(sign("POST", f"{PATH}/x?y=z", b"{}")))[0] == 201
    ((_, event),) = door.events
    assert event["requestContext"]["authorizer"]["iam"]["userArn"] == "arn:aws:iam::123456789012:root"
    assert forbidden(await door.call(plain()))
    assert forbidden(await door.call(sign("GET", PATH, key=Key("AKIAROOT", "wrong"))))
    assert forbidden(await door.call(sign("GET", PATH, service="s3")))
    assert len(door.events) == 1


async def test_by_path_a_browser_gives_the_answer_an_origin_of_its_own(door: Door) -> None:
    by_path, by_name = plain(), Request.of("GET", "/x", [("Host", f"{ID}.lambda-url.eu-west-1.localhost:4566")])
    found = []
    for request in (by_path, by_name):
        asked = door.urls.asked(request)
        assert asked is not None
        response = await door.urls.handle(request, asked)
        found.append([value for name, value in response.headers if name == "Content-Security-Policy"])
    assert found == [["sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads"], []]


async def test_an_address_that_nobody_has(door: Door) -> None:
    assert forbidden(await door.call(Request.of("GET", f"/_lambent/url/{'b' * 32}/", [("Host", "h")])))


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (ApiError("TooManyRequestsException", "Rate Exceeded."), (429, b'{"Message": "Rate Exceeded."}')),
        (ApiError("ResourceConflictException", "Pending"), (502, b"Internal Server Error")),
        (RuntimeError("ours"), (502, b"Internal Server Error")),
    ],
)
async def test_failures(door: Door, failure: Exception, expected: tuple[int, bytes]) -> None:
    door.failure = failure
    assert await door.call(plain()) == expected


async def test_a_function_that_fails(door: Door) -> None:
    door.answer = {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'{"errorMessage": "secret"}'}
    assert await door.call(plain()) == (502, b"Internal Server Error")


async def test_what_is_too_long(door: Door) -> None:
    text = b'{"Message": "Request must be smaller than 6291456 bytes"}'
    assert await door.call(plain("POST", b"x" * 6_291_457)) == (413, text)


async def test_pages_elsewhere(door: Door) -> None:
    door.url = msgspec.structs.replace(OPEN, cors={"AllowOrigins": ["https://a.example"]})
    door.policy = None
    asked = plain("OPTIONS", origin="https://a.example", access_control_request_method="GET")
    assert await door.call(asked) == (200, b"")
    assert door.events == []
    door.policy = BOTH

    async def answered(request: Request) -> Response:
        return await door.urls.handle(request, door.urls.asked(request))  # type: ignore[arg-type]

    headers = dict((await answered(plain(origin="https://a.example"))).headers)
    assert headers["access-control-allow-origin"] == "https://a.example"
    assert "access-control-allow-origin" not in dict((await answered(plain(origin="https://b.example"))).headers)


def test_other_requests_are_for_other_doors(door: Door) -> None:
    assert door.urls.asked(Request.of("GET", "/2015-03-31/functions", [("Host", "localhost")])) is None


async def test_an_answer_that_is_streamed(door: Door) -> None:
    door.url = msgspec.structs.replace(OPEN, invoke_mode="RESPONSE_STREAM")
    request = plain()
    response = await door.urls.handle(request, door.urls.asked(request))  # type: ignore[arg-type]
    assert (response.status, dict(response.headers)["content-type"]) == (200, "text/plain")
    assert not isinstance(response.body, bytes)
    assert [piece async for piece in response.body] == [b"/x"]

"""The seven steps, and the one way out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.bus.memory import MemoryBus
from lambent.clock import RandomIds
from lambent.context import Context
from lambent.gateway.admin import Admin, Sources
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.authorize import Authorizer
from lambent.gateway.credentials import Keyring
from lambent.gateway.dispatch import Service, Services
from lambent.gateway.gateway import Gateway
from lambent.gateway.signing import Key
from lambent.http.body import ClientGone, RequestError
from lambent.http.message import Request, Response
from lambent.model.errors import ApiError, PlatformError
from lambent.services.iam.access import IamAccess
from lambent.services.iam.api import IamApi
from lambent.services.iam.repository import Repository as IamRepository
from lambent.services.lambda_.access import LambdaAccess
from lambent.services.lambda_.repository import Repository
from lambent.services.operation import Params, Result, TooLong, operation, operations
from lambent.store.memory import MemoryStore
from lambent.wire.model import load
from tests.unit.gateway.test_credentials import FUNCTION

FUNCTIONS = "/2015-03-31/functions"


def refuse_x(params: Params) -> None:
    if params.get("Handler") == "x":
        raise ApiError("InvalidParameterValueException", "no x")


class Lambda:
    """Operations that remember, or fail as they are told."""

    def __init__(self) -> None:
        self.seen: list[tuple[Context, Params]] = []
        self.failure: Exception | None = None

    @operation("GetFunction")
    async def get(self, ctx: Context, params: Params) -> Result:
        self.seen.append((ctx, params))
        if self.failure is not None:
            raise self.failure
        return {"Tags": {"a": "b"}}

    @operation("Invoke", body_limit=100, too_long=TooLong("RequestEntityTooLargeException", "too long"))
    async def invoke(self, ctx: Context, params: Params) -> Result:
        self.seen.append((ctx, params))
        return {"StatusCode": 200, "Payload": params["Payload"]}

    @operation("CreateFunction", body_limit=3 * 1024 * 1024, precheck=refuse_x)
    async def create(self, ctx: Context, params: Params) -> Result:
        self.seen.append((ctx, params))
        return {"FunctionName": params["FunctionName"]}

    @operation("DeleteFunction")
    async def delete(self, ctx: Context, params: Params) -> Result:
        return {"StatusCode": 204}


class Gone(Request):
    """A request whose body never comes."""

    def whole(self, limit: int) -> bytes | None:
        return None

    async def read(self, limit: int | None = None) -> bytes:
        raise ClientGone


class Iam:
    @operation("ListUsers")
    async def list_users(self, ctx: Context, params: Params) -> Result:
        return {"Users": [], "IsTruncated": False}


@pytest.fixture
def code() -> Lambda:
    return Lambda()


@pytest.fixture
def gateway(code: Lambda, authenticator: Authenticator, clock: Any) -> Gateway:
    store, bus = MemoryStore(), MemoryBus()
    served = [
        Service(load("lambda"), operations(code), LambdaAccess(Repository(store, bus))),
        Service(load("iam"), operations(Iam()), IamAccess()),
    ]
    authorizer = Authorizer(IamApi(IamRepository(store, bus)).identities, clock)
    sources = Sources("1", None, list, list, *[None] * 10)  # type: ignore[arg-type]
    admin = Admin(sources, authenticator, clock, RandomIds(), region="us-east-1")
    return Gateway(Services(served), authenticator, authorizer, admin, region="us-east-1", clock=clock, ids=RandomIds())


def header(response: Response, name: str) -> str | None:
    return next((value for key, value in response.headers if key.lower() == name), None)


def refusal(response: Response) -> tuple[int, str | None, str]:
    """Status, code and text of a rest-json error."""
    assert isinstance(response.body, bytes)
    tree = json.loads(response.body)
    return response.status, header(response, "x-amzn-errortype"), tree.get("message") or tree["Message"]


async def test_all_the_way(gateway: Gateway, code: Lambda, sign: Any) -> None:
    request = sign("GET", f"{FUNCTIONS}/f?Qualifier=%24LATEST", headers={"X-Amzn-Trace-Id": "Root=1-2-3"})
    response = await gateway.handle(request)
    assert (response.status, response.body) == (200, b'{"Tags":{"a":"b"}}')
    ctx, params = code.seen[0]
    assert params == {"FunctionName": "f", "Qualifier": "$LATEST"}
    assert (ctx.account, ctx.region, ctx.principal.is_root) == ("123456789012", "eu-west-1", True)
    assert (ctx.endpoint, ctx.trace_id) == ("http://127.0.0.1:4566", "Root=1-2-3")
    assert header(response, "x-amzn-requestid") == ctx.request_id


async def test_no_content(gateway: Gateway, sign: Any) -> None:
    response = await gateway.handle(sign("DELETE", f"{FUNCTIONS}/f"))
    assert (response.status, response.body) == (204, b"")


async def test_a_query_service(gateway: Gateway, sign: Any) -> None:
    body = b"Action=ListUsers&Version=2010-05-08"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await gateway.handle(sign("POST", "/", body, headers, service="iam"))
    assert response.status == 200
    assert b"<ListUsersResult>" in response.body  # type: ignore[operator]
    wrong = await gateway.handle(sign("POST", "/", body, headers, service="iam", key=Key("AKIAROOT", "wrong")))
    assert wrong.status == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in wrong.body  # type: ignore[operator]
    other = await gateway.handle(sign("POST", "/", b"Action=CreateUser&UserName=a", headers, service="iam"))
    assert other.status == 400
    assert b"<Message>The operation CreateUser of the service iam is not supported by Lambent yet.</Message>" in (
        other.body  # type: ignore[operator]
    )


@pytest.mark.parametrize(
    ("key", "code_", "text"),
    [
        (
            Key("AKIANOBODY", "s"),
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (Key("AKIAROOT", "wrong"), "InvalidSignatureException", "The request signature we calculated does not match"),
    ],
)
async def test_strangers(gateway: Gateway, code: Lambda, sign: Any, key: Key, code_: str, text: str) -> None:
    status, name, message = refusal(await gateway.handle(sign("GET", f"{FUNCTIONS}/f", key=key)))
    assert (status, name, message[: len(text)]) == (403, code_, text)
    assert code.seen == []


async def test_unsigned(gateway: Gateway) -> None:
    response = await gateway.handle(Request.of("GET", f"{FUNCTIONS}/f", [("Host", "h")]))
    assert refusal(response) == (403, "MissingAuthenticationTokenException", "Missing Authentication Token")


async def test_a_strangers_body_is_not_read(gateway: Gateway, sign: Any) -> None:
    signed = sign("POST", f"{FUNCTIONS}/f/invocations", b"{}", key=Key("AKIANOBODY", "s"))
    unread = Gone.of("POST", signed.target, signed.headers.items())
    assert refusal(await gateway.handle(unread))[1] == "UnrecognizedClientException"


async def test_a_function_of_ours(gateway: Gateway, keyring: Keyring, sign: Any) -> None:
    made = keyring.for_function(FUNCTION)
    key = Key(made.access_key_id, made.secret_access_key, made.session_token)
    status, code, message = refusal(await gateway.handle(sign("DELETE", f"{FUNCTIONS}/f", key=key)))
    assert (status, code) == (403, "AccessDeniedException")
    assert message.startswith(
        "User: arn:aws:sts::123456789012:assumed-role/worker/f is not authorized to perform: lambda:DeleteFunction on"
        " resource: arn:aws:lambda:eu-west-1:123456789012:function:f"
    )


async def test_constraints_of_the_model(gateway: Gateway, code: Lambda, sign: Any) -> None:
    body = json.dumps({"FunctionName": "f", "Role": "x", "Code": {}, "Timeout": 0}).encode()
    status, name, message = refusal(await gateway.handle(sign("POST", FUNCTIONS, body)))
    assert (status, name) == (400, "ValidationException")
    assert message.startswith("2 validation errors detected: ")
    assert (
        "Value 'x' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: " in message
    )
    assert code.seen == []


async def test_a_precheck_speaks_before_the_model(gateway: Gateway, sign: Any) -> None:
    body = json.dumps({"FunctionName": "f", "Role": "x", "Code": {}, "Handler": "x"}).encode()
    response = await gateway.handle(sign("POST", FUNCTIONS, body))
    assert refusal(response) == (400, "InvalidParameterValueException", "no x")


async def test_a_body_that_cannot_be_read(gateway: Gateway, sign: Any) -> None:
    status, name, _ = refusal(await gateway.handle(sign("POST", FUNCTIONS, b"{")))
    assert (status, name) == (400, "SerializationException")


@pytest.mark.parametrize(("size", "status"), [(100, 200), (101, 413)])
async def test_limits_of_an_operation(gateway: Gateway, sign: Any, size: int, status: int) -> None:
    response = await gateway.handle(sign("POST", f"{FUNCTIONS}/f/invocations", b"1" * size))
    assert response.status == status
    if status == 413:
        assert refusal(response) == (413, "RequestEntityTooLargeException", "too long")


async def test_limits_of_everything_else(gateway: Gateway, sign: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambent.gateway.gateway.BODY_BYTES", 10)
    response = await gateway.handle(sign("GET", f"{FUNCTIONS}/f", b"x" * 11))
    expected = (413, "RequestEntityTooLargeException", "Request must be smaller than 10 bytes")
    assert refusal(response) == expected


async def test_a_large_body_is_parsed_all_the_same(gateway: Gateway, code: Lambda, sign: Any) -> None:
    role = "arn:aws:iam::123456789012:role/r"
    body = json.dumps({"FunctionName": "f", "Role": role, "Code": {"ZipFile": "A" * 2_000_000}}).encode()
    assert (await gateway.handle(sign("POST", FUNCTIONS, body))).status == 201
    assert len(code.seen[0][1]["Code"]["ZipFile"]) == 1_500_000


@pytest.mark.parametrize(
    ("target", "status", "code_", "text"),
    [
        (
            f"{FUNCTIONS}/f/aliases",
            404,
            "UnknownOperationException",
            "The operation ListAliases of the service lambda is not supported by Lambent yet.",
        ),
        ("/2015-03-31/nonsense", 404, "UnknownOperationException", "No operation at GET /2015-03-31/nonsense"),
    ],
)
async def test_unknown_operations(gateway: Gateway, sign: Any, target: str, status: int, code_: str, text: str) -> None:
    found = refusal(await gateway.handle(sign("GET", target)))
    assert (found[0], found[1], found[2][: len(text)]) == (status, code_, text)


async def test_unknown_services(gateway: Gateway, sign: Any) -> None:
    request = sign("POST", "/", b"{}", {"X-Amz-Target": "AmazonSQS.SendMessage"}, service="sqs")
    response = await gateway.handle(request)
    assert json.loads(response.body) == {  # type: ignore[arg-type]
        "__type": "UnknownOperationException",
        "message": "The operation SendMessage of the service sqs is not supported by Lambent yet.",
    }
    nonsense = refusal(await gateway.handle(sign("GET", "/", service="nonsense")))
    expected = (403, "AccessDeniedException", "Unable to determine service/operation name to be authorized")
    assert nonsense == expected


async def test_a_services_refusal(gateway: Gateway, code: Lambda, sign: Any) -> None:
    code.failure = ApiError("ResourceNotFoundException", "Function not found: f", fields={"Type": "User"})
    response = await gateway.handle(sign("GET", f"{FUNCTIONS}/f"))
    assert refusal(response) == (404, "ResourceNotFoundException", "Function not found: f")


@pytest.mark.parametrize("failure", [PlatformError("disk"), KeyError("bug")])
async def test_our_own_failures_show_the_request_id_and_nothing_else(
    gateway: Gateway, code: Lambda, sign: Any, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    code.failure = failure
    response = await gateway.handle(sign("GET", f"{FUNCTIONS}/f"))
    request_id = header(response, "x-amzn-requestid")
    message = f"Lambent failed internally. Its log tells why under request id {request_id}."
    assert refusal(response) == (500, "ServiceException", message)
    assert str(request_id) in caplog.text
    assert str(failure) in caplog.text


async def test_a_client_that_went_away_is_the_servers_business(gateway: Gateway, sign: Any) -> None:
    signed = sign("POST", f"{FUNCTIONS}/f/invocations", b"{}")
    with pytest.raises(RequestError):
        await gateway.handle(Gone.of("POST", signed.target, signed.headers.items()))


async def test_own_addresses(gateway: Gateway) -> None:
    assert (await gateway.handle(Request.of("GET", "/_lambent/health"))).status == 200

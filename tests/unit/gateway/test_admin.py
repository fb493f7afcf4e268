"""Lambent's own addresses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from lambent.clock import MovableClock, RandomIds
from lambent.gateway.admin import Admin, Sources
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.credentials import Keyring
from lambent.gateway.signing import Key
from lambent.http.message import Request, Response
from lambent.invoke.asynchronous.drain import Drain
from lambent.invoke.asynchronous.journal import Step
from lambent.model.errors import ApiError, PlatformError
from lambent.observe.bill.prices import load as load_prices
from lambent.observe.prometheus.exposition import Family
from lambent.queue.memory import MemoryQueue
from lambent.services.access import Place
from lambent.services.events.steps import Step as BusStep
from lambent.services.events.steps import Steps
from lambent.services.lambda_.logs import LogLine
from tests.unit.gateway.test_credentials import FUNCTION

DIGEST = "ab" * 32


class Environment(msgspec.Struct):
    id: str


class AnyBill:
    """A bill that tells what it was asked for."""

    prices = load_prices(None)

    async def shown(self, account: str, wanted: dict[str, str]) -> dict[str, Any]:
        return {"account": account, "wanted": wanted}

    async def file(self, account: str, wanted: dict[str, str]) -> str:
        return "a,b\r\n"


class Told:
    """Sources that remember what they were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.buses = Steps()
        self.bill: Any = AnyBill()
        self.drain = Drain(MemoryQueue(), None, MovableClock(), places=1)  # type: ignore[arg-type]

    async def logs(
        self, account: str, region: str, function: str, start_ms: int | None, follow: bool
    ) -> AsyncIterator[LogLine]:
        self.asked.append((account, region, function, start_ms, follow))
        if function == "nobody":
            raise ApiError("ResourceNotFoundException", "Function not found: nobody", status=404)
        return self._lines()

    async def _lines(self) -> AsyncIterator[LogLine]:
        yield LogLine(1, "one", "s")
        yield LogLine(2, "two\nthree", "s")

    async def trail(self, account: str, *, limit: int, request_id: str | None) -> list[dict[str, Any]]:
        self.asked.append((account, limit, request_id))
        return [{"a": 1}, {"b": 2}]

    async def peek(self, at: Place, name: str, limit: int) -> list[Any]:
        return [f"{at.account} {at.region} {name} {limit}"]

    async def measure(self) -> list[Family]:
        return [Family("up", "gauge", "Up.", [("", {}, 1.0)])]

    async def access(self, account: str, region: str, function: str) -> dict[str, Any]:
        self.asked.append((account, region, function))
        return {"Role": "r"}

    async def package(self, digest: str, ticket: str) -> bytes:
        if digest != DIGEST:
            raise PlatformError("no such blob")
        return b"PK"

    async def certificate(self, name: str) -> bytes | None:
        return b"PEM" if name == "one.pem" else None


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def admin(told: Told, authenticator: Authenticator, clock: Any) -> Admin:
    sources = Sources(
        "1.2",
        told.logs,
        lambda: [Environment("e")],
        lambda: ["python3.12"],
        told.package,
        told.trail,
        told.access,
        told.drain,
        told.buses,
        told.bill,
        lambda *asked: told.asked.append(asked),
        told.certificate,
        told.peek,
        told.measure,
    )
    options: Any = {"movable": True, "metrics_token": "s3cret"}
    return Admin(sources, authenticator, clock, RandomIds(), region="us-east-1", **options)


def tree(response: Response) -> Any:
    assert isinstance(response.body, bytes)
    return json.loads(response.body)


async def test_health_wants_no_signature(admin: Admin) -> None:
    response = await admin.handle(Request.of("GET", "/_lambent/health"))
    assert (response.status, tree(response)) == (200, {"status": "running", "version": "1.2"})


async def test_certificates_want_none_either(admin: Admin) -> None:
    response = await admin.handle(Request.of("GET", "/_lambent/certificates/one.pem"))
    assert (response.status, response.body) == (200, b"PEM")
    response = await admin.handle(Request.of("GET", "/_lambent/certificates/two.pem"))
    assert (response.status, tree(response)["message"]) == (404, "There is no such certificate")


async def test_metrics_want_a_signature_or_the_token(admin: Admin, sign: Any) -> None:
    borne = Request.of("GET", "/_lambent/metrics", [("Host", "h"), ("Authorization", "Bearer s3cret")])
    for request in (borne, sign("GET", "/_lambent/metrics")):
        response = await admin.handle(request)
        assert (response.status, response.body) == (200, b"# HELP up Up.\n# TYPE up gauge\nup 1\n")
        assert ("Content-Type", "text/plain; version=0.0.4; charset=utf-8") in response.headers
    for path, token in (("metrics", "Bearer s3cre"), ("metrics", "Bearer "), ("environments", "Bearer s3cret")):
        request = Request.of("GET", f"/_lambent/{path}", [("Host", "h"), ("Authorization", token)])
        assert (await admin.handle(request)).status == 403
    admin._metrics_token = ""
    request = Request.of("GET", "/_lambent/metrics", [("Host", "h"), ("Authorization", "Bearer ")])
    assert (await admin.handle(request)).status == 403


@pytest.mark.parametrize("path", ["logs?function=f", "environments", "runtimes", "clock", f"code/{DIGEST}", "else"])
async def test_everything_else_does(admin: Admin, path: str) -> None:
    response = await admin.handle(Request.of("GET", f"/_lambent/{path}", [("Host", "h")]))
    assert (response.status, tree(response)["__type"]) == (403, "MissingAuthenticationTokenException")


async def test_and_the_root_keys(admin: Admin, keyring: Keyring, sign: Any) -> None:
    made = keyring.for_function(FUNCTION)
    key = Key(made.access_key_id, made.secret_access_key, made.session_token)
    response = await admin.handle(sign("GET", "/_lambent/environments", key=key))
    assert (response.status, tree(response)["__type"]) == (403, "AccessDeniedException")


async def test_listings(admin: Admin, sign: Any) -> None:
    assert tree(await admin.handle(sign("GET", "/_lambent/environments"))) == {"Environments": [{"id": "e"}]}
    assert tree(await admin.handle(sign("GET", "/_lambent/runtimes"))) == {"Runtimes": ["python3.12"]}


async def test_logs(admin: Admin, told: Told, sign: Any) -> None:
    response = await admin.handle(sign("GET", "/_lambent/logs?function=f&start=5&follow=true"))
    assert told.asked == [("123456789012", "eu-west-1", "f", 5, True)]
    assert not isinstance(response.body, bytes)
    lines = b"".join([piece async for piece in response.body]).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"timestamp": 1, "message": "one", "stream": "s"},
        {"timestamp": 2, "message": "two\nthree", "stream": "s"},
    ]
    await admin.handle(sign("GET", "/_lambent/logs?function=f"))
    assert told.asked[-1] == ("123456789012", "eu-west-1", "f", None, False)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("logs?function=nobody", 404, "ResourceNotFoundException"),
        ("logs", 400, "InvalidParameterValueException"),
        ("logs?function=f&start=soon", 400, "InvalidParameterValueException"),
        ("code/" + "cd" * 32, 404, "ResourceNotFoundException"),
        (f"code/{DIGEST}/a+b=", 404, "ResourceNotFoundException"),
        (f"code/{DIGEST}/../x", 404, "ResourceNotFoundException"),
        ("code/..%2Fcredentials.json", 404, "ResourceNotFoundException"),
        ("code/../credentials.json", 404, "ResourceNotFoundException"),
        ("else", 404, "UnknownOperationException"),
    ],
)
async def test_refusals(admin: Admin, sign: Any, path: str, status: int, code: str) -> None:
    response = await admin.handle(sign("GET", f"/_lambent/{path}"))
    assert (response.status, tree(response)["__type"]) == (status, code)


async def test_the_clock_moves(admin: Admin, clock: Any, sign: Any) -> None:
    before = tree(await admin.handle(sign("GET", "/_lambent/clock")))["Now"]
    assert before == clock.at
    moved = await admin.handle(sign("POST", "/_lambent/clock", b'{"advance": -5}'))
    assert tree(moved) == {"Now": before - 5}
    assert clock.at == before - 5


@pytest.mark.parametrize("body", [b"", b"5", b"{}", b'{"advance": "x"}'])
async def test_the_clock_wants_seconds(admin: Admin, clock: Any, sign: Any, body: bytes) -> None:
    response = await admin.handle(sign("POST", "/_lambent/clock", body))
    assert (response.status, clock.at) == (400, 1_790_000_000.0)


async def test_asynchronous_events(admin: Admin, told: Told, sign: Any) -> None:
    told.drain.counters.of("a/r/f").received += 1
    shown = tree(await admin.handle(sign("GET", "/_lambent/async")))
    assert (shown["Counts"]["a/r/f"]["received"], shown["Waiting"]) == (1, {})
    for event in "ab":
        told.drain.journal.tell(Step(1.5, event, "f", "accepted"))
    response = await admin.handle(sign("GET", "/_lambent/events?event=b"))
    assert [json.loads(line) async for line in response.body] == [  # type: ignore[union-attr]
        {"time": 1.5, "event": "b", "function": "f", "what": "accepted"}
    ]


async def test_events_on_a_bus(admin: Admin, told: Told, sign: Any) -> None:
    arns = [f"arn:aws:events:eu-west-1:123456789012:event-bus/{name}" for name in ("default", "b")]
    for arn in arns:
        told.buses.tell(BusStep(time=1.5, event="e", bus=arn, what="put"))
    for given in ("b", arns[1]):
        response = await admin.handle(sign("GET", f"/_lambent/events?bus={given}"))
        assert [json.loads(line)["bus"] async for line in response.body] == arns[1:]  # type: ignore[union-attr]


async def test_a_package(admin: Admin, sign: Any) -> None:
    response = await admin.handle(sign("GET", f"/_lambent/code/{DIGEST}"))
    assert (response.status, response.body) == (200, b"PK")


async def test_a_failure_of_ours_is_logged_and_told_with_its_id(
    admin: Admin, told: Told, sign: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "_lines", None)
    response = await admin.handle(sign("GET", "/_lambent/logs?function=f"))
    assert (response.status, tree(response)["__type"]) == (500, "ServiceException")
    assert "failed" in caplog.text


async def test_the_audit_trail(admin: Admin, told: Told, sign: Any) -> None:
    response = await admin.handle(sign("GET", "/_lambent/trail?limit=7&request=r"))
    assert response.body == b'{"a":1}\n{"b":2}\n'
    assert told.asked == [("123456789012", 7, "r")]
    assert (await admin.handle(sign("GET", "/_lambent/trail?limit=0"))).status == 400


async def test_what_a_role_was_used_for(admin: Admin, told: Told, sign: Any) -> None:
    response = await admin.handle(sign("GET", "/_lambent/access?function=f"))
    assert json.loads(response.body) == {"Role": "r"}
    assert told.asked == [("123456789012", "eu-west-1", "f")]


async def test_the_bill_and_its_prices(admin: Admin, told: Told, sign: Any) -> None:
    response = await admin.handle(sign("GET", "/_lambent/cost?by=day"))
    assert json.loads(response.body) == {"account": "123456789012", "wanted": {"by": "day"}}
    response = await admin.handle(sign("GET", "/_lambent/cost?format=csv"))
    assert (response.body, dict(response.headers)["Content-Type"]) == (b"a,b\r\n", "text/csv")
    response = await admin.handle(sign("GET", "/_lambent/prices"))
    assert json.loads(response.body)["currency"] == "USD"


async def test_a_real_clock_is_not_moved(told: Told, authenticator: Authenticator, clock: Any, sign: Any) -> None:
    sources = Sources(
        "1",
        told.logs,
        list,
        list,
        told.package,
        told.trail,
        told.access,
        told.drain,
        told.buses,
        told.bill,
        print,
        told.certificate,
        told.peek,
        told.measure,
    )
    admin = Admin(sources, authenticator, clock, RandomIds(), region="us-east-1")
    before = clock.at
    response = await admin.handle(sign("POST", "/_lambent/clock", b'{"advance": 1}'))
    assert response.status == 400
    assert b"start the server with --test-clock" in response.body
    assert clock.at == before


async def test_a_debugger_is_let_in_and_out(admin: Admin, told: Told, sign: Any) -> None:
    for port in (5678, None):
        body = json.dumps({"function": "f", "port": port}).encode()
        assert tree(await admin.handle(sign("POST", "/_lambent/debug", body))) == {}
        assert told.asked[-1][1:] == ("eu-west-1", "f", port)


@pytest.mark.parametrize(
    "body", [b"", b'{"function": "f"}', b'{"function": "f", "port": 80}', b'{"function": 1, "port": null}']
)
async def test_a_debuggers_port_is_checked(admin: Admin, told: Told, sign: Any, body: bytes) -> None:
    response = await admin.handle(sign("POST", "/_lambent/debug", body))
    assert response.status == 400
    assert "with a port from 1024 to 65535, or null" in str(tree(response))
    assert told.asked == []


async def test_a_look_into_a_queue(admin: Admin, sign: Any) -> None:
    response = await admin.handle(sign("GET", "/_lambent/queue?name=work&limit=3"))
    assert tree(response) == {"Messages": ["123456789012 eu-west-1 work 3"]}
    response = await admin.handle(sign("GET", "/_lambent/queue?name=work&limit=0"))
    assert (response.status, tree(response)["message"]) == (400, "limit must be a number from 1 to 99999")

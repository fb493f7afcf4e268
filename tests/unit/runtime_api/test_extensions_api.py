"""The Extensions API, request by request, and what the platform awaits. No sockets: see tests/contract."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest

from lambent.http.message import Request, Response
from lambent.model.invocation import ExitStatus, Invocation
from lambent.runtime_api.extensions import Failure, ShutdownReason
from lambent.runtime_api.extensions_api import BASE, ENDED, ExtensionsApi, FunctionFacts

INVOCATION = Invocation("request-1", b"{}", 4_102_444_800_000, "arn:f")
UNKNOWN = "00000000-0000-4000-8000-ffffffffffff"


@pytest.fixture
def api() -> ExtensionsApi:
    """An API whose identifiers count up."""
    numbers = itertools.count(1)
    facts = FunctionFacts("my-func", "$LATEST", "app.handler", "123456789012")
    return ExtensionsApi(facts, lambda: f"00000000-0000-4000-8000-{next(numbers):012}")


def request(method: str, path: str, identifier: str = "", body: bytes = b"", **headers: str) -> Request:
    """A request; header names with underscores."""
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    if identifier:
        fields.append(("Lambda-Extension-Identifier", identifier))
    return Request.of(method, BASE + path, fields, body)


async def register(api: ExtensionsApi, name: str, *events: str) -> str:
    """Register; the identifier."""
    body = json.dumps({"events": events}).encode()
    response = await api.handle(request("POST", "register", body=body, Lambda_Extension_Name=name))
    assert response.status == 200, response.body
    return dict(response.headers)["Lambda-Extension-Identifier"]


async def ask(api: ExtensionsApi, identifier: str) -> asyncio.Task[Response]:
    """A request for the next event that waits now."""
    task = asyncio.ensure_future(api.handle(request("GET", "event/next", identifier)))
    await turns()
    return task


async def turns() -> None:
    """Let everything that can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


def error(response: Response) -> tuple[int, str, str]:
    """(status, type, text) of a refusal."""
    assert isinstance(response.body, bytes)
    body = json.loads(response.body)
    return response.status, body["errorType"], body["errorMessage"]


def event(response: Response) -> Any:
    """The event in an answer."""
    assert response.status == 200
    assert isinstance(response.body, bytes)
    return json.loads(response.body)


async def test_what_a_registration_answers(api: ExtensionsApi) -> None:
    api.expect(["ext"])
    plain = await api.handle(request("POST", "register", body=b"{}", Lambda_Extension_Name="internal"))
    assert event(plain) == {"functionName": "my-func", "functionVersion": "$LATEST", "handler": "app.handler"}
    for features, told in [("accountId", True), ("other, accountId ,", True), ("accountid", False)]:
        answer = await api.handle(
            request(
                "POST",
                "register",
                body=b"null",
                Lambda_Extension_Name=f"{features}",
                Lambda_Extension_Accept_Feature=features,
            )
        )
        assert ("accountId" in event(answer)) is told
    assert dict(plain.headers)["Content-Type"] == "application/json"


async def test_a_life(api: ExtensionsApi) -> None:
    api.expect(["ext"])
    registered = asyncio.ensure_future(api.registered())
    identifier = await register(api, "ext", "INVOKE", "SHUTDOWN")
    assert await registered is None
    initialized = asyncio.ensure_future(api.initialized())
    api.close_registration()
    first = await ask(api, identifier)
    assert await initialized is None
    api.invoke(INVOCATION)
    answer = await first
    assert event(answer)["requestId"] == "request-1"
    assert dict(answer.headers)["Lambda-Extension-Event-Identifier"]
    settled = asyncio.ensure_future(api.settled())
    await turns()
    assert not settled.done()
    second = await ask(api, identifier)
    assert await settled is None
    api.shutdown(ShutdownReason.SPINDOWN, 42)
    gone = asyncio.ensure_future(api.gone())
    assert event(await second) == {"eventType": "SHUTDOWN", "deadlineMs": 42, "shutdownReason": "spindown"}
    assert not gone.done()
    api.exited("ext", ExitStatus(code=0))
    await gone


async def test_names_are_utf8_and_what_is_not_is_the_same_on_both_sides(api: ExtensionsApi) -> None:
    api.expect(["größe", b"\xff!".decode("utf-8", "surrogateescape")])
    await register(api, "größe".encode().decode("latin-1"), "SHUTDOWN")
    await register(api, b"\xff!".decode("latin-1"), "SHUTDOWN")
    assert await api.registered() is None
    api.exited(b"\xff!".decode("utf-8", "surrogateescape"), ExitStatus(code=1))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "unexpected end of JSON input"),
        (b"{", "truncated"),
        (b"[]", "Expected `object | null`"),
        (b'{"events": "INVOKE"}', "Expected `array | null`"),
        (b'{"events": [1]}', "Expected `str`"),
        (b'{"configurationKeys": ["K"]}', "configurationKeys are deprecated; use environment variables instead"),
        (b'{"x":' + b"[" * 30_000, ""),
        (b'{"events": ["\\ud800"]}', ""),
        (b"\xff\xfe", ""),
    ],
)
async def test_bodies_that_are_none(api: ExtensionsApi, body: bytes, message: str) -> None:
    answer = await api.handle(request("POST", "register", body=body, Lambda_Extension_Name="a"))
    assert error(answer)[:2] == (403, "InvalidRequestFormat")
    assert message in error(answer)[2]
    assert api.host.infos() == []


async def test_a_huge_body(api: ExtensionsApi) -> None:
    answer = await api.handle(request("POST", "register", body=b" " * 100_000, Lambda_Extension_Name="a"))
    assert error(answer)[:2] == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize(("method", "path"), [("GET", "event/next"), ("POST", "init/error"), ("POST", "exit/error")])
@pytest.mark.parametrize(
    ("identifier", "error_type", "message"),
    [
        ("", "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"),
        ("nonsense", "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"),
        ("{" + "-" * 36 + "}", "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"),
        (UNKNOWN, "Extension.UnknownExtensionIdentifier", None),
    ],
)
async def test_identifiers(
    api: ExtensionsApi, method: str, path: str, identifier: str, error_type: str, message: str | None
) -> None:
    asked = request(method, path, identifier, Lambda_Extension_Function_Error_Type="Extension.A")
    if message is None:
        message = f"Unknown extension {UNKNOWN}" if method == "GET" else "Unknown Lambda-Extension-Identifier"
    assert error(await api.handle(asked)) == (403, error_type, message)


async def test_identifiers_in_other_spellings(api: ExtensionsApi) -> None:
    identifier = await register(api, "a")
    for spelling in (identifier.upper(), identifier.replace("-", ""), f"{{{identifier}}}", f"urn:uuid:{identifier}"):
        asked = request("POST", "init/error", spelling, Lambda_Extension_Function_Error_Type="Extension.A")
        assert (await api.handle(asked)).status == 202


@pytest.mark.parametrize(("path", "fatal"), [("init/error", "InitError"), ("exit/error", "ExitError")])
async def test_reports(api: ExtensionsApi, path: str, fatal: str) -> None:
    api.expect(["ext"])
    identifier = await register(api, "ext")
    assert error(await api.handle(request("POST", path, identifier))) == (
        403,
        "Extension.MissingHeader",
        "Lambda-Extension-Function-Error-Type not found",
    )
    initialized = asyncio.ensure_future(api.initialized())
    reported = await api.handle(request("POST", path, identifier, Lambda_Extension_Function_Error_Type="Extension.A"))
    assert (reported.status, reported.body) == (202, b'{"status":"OK"}')
    await turns()
    assert not initialized.done()
    api.exited("ext", ExitStatus(code=1))
    assert await initialized == Failure(f"Extension.{fatal}", "exit status 1")


async def test_two_that_ask_at_once(api: ExtensionsApi) -> None:
    identifier = await register(api, "a", "INVOKE")
    first = await ask(api, identifier)
    second = await ask(api, identifier)
    assert error(await second)[:2] == (403, "Extension.InvalidExtensionState")
    api.close_registration()
    api.invoke(INVOCATION)
    assert event(await first)["eventType"] == "INVOKE"


async def test_a_client_that_went_away_gets_its_event_when_it_asks_again(api: ExtensionsApi) -> None:
    identifier = await register(api, "a", "INVOKE")
    gone = request("GET", "event/next", identifier)
    lost = asyncio.ensure_future(api.handle(gone))
    await turns()
    gone.lose()
    again = await ask(api, identifier)  # in the same turn as the loss is told
    assert (await lost).status == 500
    api.close_registration()
    api.invoke(INVOCATION)
    assert event(await again)["requestId"] == "request-1"


async def test_a_client_that_is_cut_off_and_comes_back_later(api: ExtensionsApi) -> None:
    identifier = await register(api, "a", "INVOKE")
    lost = await ask(api, identifier)
    lost.cancel()
    await turns()
    api.close_registration()
    api.invoke(INVOCATION)
    assert event(await (await ask(api, identifier)))["requestId"] == "request-1"


async def test_an_exit_error_answers_the_request_that_waits(api: ExtensionsApi) -> None:
    identifier = await register(api, "a", "INVOKE")
    waiting = await ask(api, identifier)
    await api.handle(request("POST", "exit/error", identifier, Lambda_Extension_Function_Error_Type="E"))
    assert error(await waiting) == (
        403,
        "Extension.InvalidExtensionState",
        f"State transition from ExitError to Ready failed for extension {identifier}. "
        "Error: Concurrent state modification",
    )


async def test_a_crash_ends_every_wait(api: ExtensionsApi) -> None:
    api.expect(["a", "b"])
    waits = [asyncio.ensure_future(wait()) for wait in (api.registered, api.initialized)]
    await turns()
    api.exited("b", ExitStatus(signal=9))
    assert [await wait for wait in waits] == [Failure("Extension.Crash", "signal: killed")] * 2
    assert await api.settled() == Failure("Extension.Crash", "signal: killed")


async def test_a_launch_that_fails(api: ExtensionsApi) -> None:
    api.expect(["a"])
    waiting = asyncio.ensure_future(api.registered())
    await turns()
    api.not_launched("a", "UnknownError", "fork/exec /opt/extensions/a: exec format error")
    assert await waiting == Failure("Extension.LaunchError", "fork/exec /opt/extensions/a: exec format error")


async def test_closing_answers_everyone(api: ExtensionsApi) -> None:
    identifier = await register(api, "a", "INVOKE")
    waiting = await ask(api, identifier)
    initialized = asyncio.ensure_future(api.initialized())
    await turns()
    api.close()
    api.close()
    assert error(await waiting) == (500, "InternalServerError", "Internal Server Error")
    assert await initialized == ENDED
    assert (await api.handle(request("GET", "event/next", identifier))).status == 500


async def test_paths_and_methods(api: ExtensionsApi) -> None:
    for method, path in [("GET", "register"), ("POST", "event/next"), ("PUT", "init/error"), ("GET", "exit/error")]:
        assert (await api.handle(request(method, path))).status == 405
    for path in ("", "event", "event/next/", "register/x"):
        answer = await api.handle(request("GET", path))
        assert (answer.status, answer.body) == (404, b"404 page not found\n")

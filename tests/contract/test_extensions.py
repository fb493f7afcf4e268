"""Whole lives of environments with extensions, over real sockets: hand-written clients against the door.

Each life is told for a runtime that speaks the Runtime API here, and for managed Python, which does not. The platform's
side is what `invoke.environment` does; what it must see is asserted with what extensions see.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from lambent.model.invocation import ExitStatus
from lambent.runtime_api import telemetry_records as records
from lambent.runtime_api.extensions import Failure, ShutdownReason
from lambent.runtime_api.http_api import HttpSession
from lambent.runtime_api.telemetry_records import Category
from tests.contract.extension_world import ID, RUNTIME, World, collector


@pytest.fixture(params=["runtime over HTTP", "managed Python"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A world whose door is open."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = World(listener, HttpSession() if request.param == "runtime over HTTP" else None)
        await made.door.open(listener)
        yield made
        await made.hub.close()
        await made.door.close()
        for writer in made.writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in made.writers), return_exceptions=True)


async def test_a_life_with_external_and_internal_extensions(world: World) -> None:
    world.extensions.expect(["external"])
    registered = asyncio.ensure_future(world.extensions.registered())
    external, internal = await world.extension(), await world.extension()
    answer = await external.register("external", "INVOKE", "SHUTDOWN")
    assert answer.json == {"functionName": "f", "functionVersion": "7", "handler": "app.handler"}
    assert await registered is None
    assert (await internal.register("internal", "INVOKE")).status == 200
    internal.ask()
    external.ask()
    client = await world.initialize()
    for _ in range(3):
        await world.invoke(client)
        for extension in (external, internal):
            event = await extension.event()
            assert (event["eventType"], event["requestId"]) == ("INVOKE", ID)
            assert event["tracing"] == {"type": "X-Amzn-Trace-Id", "value": "Root=1"}
        internal.ask()
        settled = asyncio.ensure_future(world.extensions.settled())
        await asyncio.wait({settled}, timeout=0.01)
        assert not settled.done()  # the runtime has answered, but one extension still works
        external.ask()
        assert await settled is None
    world.extensions.shutdown(ShutdownReason.SPINDOWN, 1234)
    assert await external.event() == {"eventType": "SHUTDOWN", "deadlineMs": 1234, "shutdownReason": "spindown"}
    assert world.extensions.host.leaving == {"external"}
    world.extensions.exited("external", ExitStatus(code=0))
    await world.extensions.gone()


async def test_telemetry_from_the_first_record_to_the_last(world: World) -> None:
    async with collector() as (port, events):
        world.extensions.expect(["external"])
        world.hub.emit(records.init_start(initialization_type="on-demand", phase="init"))
        external = await world.extension()
        await external.register("external", "INVOKE")
        answer = await external.subscribe(
            "/2022-07-01/telemetry", port, "2022-12-13", "platform", "function", "extension"
        )
        assert (answer.status, answer.json) == (200, "OK")
        assert world.lines == ["platform.telemetrySubscription"]
        external.ask()
        client = await world.initialize()
        world.hub.close_subscriptions()
        for info in world.extensions.host.infos():
            world.hub.emit(records.extension(info.name, state=info.state, events=info.events))
        await world.invoke(client)
        world.hub.emit(records.start(ID, version="7"))
        world.hub.write(Category.FUNCTION, ["hello"])
        world.hub.write(Category.EXTENSION, ["from me"])
        got = [await asyncio.wait_for(events.get(), 10) for _ in range(6)]
        assert [event["type"] for event in got] == [
            "platform.initStart",
            "platform.telemetrySubscription",
            "platform.extension",
            "platform.start",
            "function",
            "extension",
        ]
        assert [event["record"] for event in got[2:]] == [
            {"name": "external", "state": "Ready", "events": ["INVOKE"]},
            {"requestId": ID, "version": "7"},
            "hello",
            "from me",
        ]
        refused = await (await world.extension()).subscribe("/2022-07-01/telemetry", port, "2022-07-01", "platform")
        assert refused.error == (403, "Extension.MissingExtensionIdentifier")
        await external.event()
        late = await external.subscribe("/2022-07-01/telemetry", port, "2022-07-01", "platform")
        assert late.error == (403, "Telemetry.SubscriptionClosed")
        world.hub.emit(records.end(ID))
        world.hub.emit(records.report(ID, status="success", duration_ms=1, billed_ms=1, memory_mb=128, max_memory_mb=1))
        assert await world.hub.flush(10)
        assert (await events.get())["type"] == "platform.report"


async def test_the_older_logs_api(world: World) -> None:
    async with collector() as (port, events):
        extension = await world.extension()
        await extension.register("internal")
        answer = await extension.subscribe("/2020-08-15/logs", port, "2020-08-15", "platform")
        assert (answer.status, answer.body) == (200, b'"OK"')
        again = await extension.subscribe("/2022-07-01/telemetry", port, "2022-07-01", "platform")
        assert again.error == (400, "ValidationError")
        world.hub.emit(records.end(ID))
        assert [(await asyncio.wait_for(events.get(), 10))["type"] for _ in range(2)] == [
            "platform.logsSubscription",
            "platform.end",
        ]


async def test_an_init_error(world: World) -> None:
    world.extensions.expect(["external"])
    external = await world.extension()
    await external.register("external", "INVOKE")
    assert (await external.fail("init")).json == {"status": "OK"}
    external.ask()
    assert (await external.answer()).error == (403, "Extension.InvalidExtensionState")
    world.extensions.exited("external", ExitStatus(code=1))
    assert await world.extensions.initialized() == Failure("Extension.InitError", "exit status 1")


async def test_an_exit_error_in_an_invocation(world: World) -> None:
    world.extensions.expect(["external"])
    external = await world.extension()
    await external.register("external", "INVOKE")
    external.ask()
    client = await world.initialize()
    await world.invoke(client)
    await external.event()
    assert (await external.fail("exit")).status == 202
    world.extensions.exited("external", ExitStatus(code=0))
    assert await world.extensions.settled() == Failure("Extension.ExitError", "exit code 0")


async def test_a_crash_while_others_wait(world: World) -> None:
    world.extensions.expect(["a", "b"])
    a, b = await world.extension(), await world.extension()
    await a.register("a", "INVOKE", "SHUTDOWN")
    await b.register("b", "INVOKE")
    a.ask()
    b.ask()
    client = await world.initialize()
    await world.invoke(client)
    await a.event()
    world.extensions.exited("b", ExitStatus(signal=9))
    assert await world.extensions.settled() == Failure("Extension.Crash", "signal: killed")
    world.extensions.shutdown(ShutdownReason.FAILURE, 1)
    a.ask()
    assert (await a.event())["shutdownReason"] == "failure"


async def test_registering_eleven(world: World) -> None:
    statuses = []
    for number in range(11):
        statuses.append((await (await world.extension()).register(f"e{number}", "INVOKE")).status)
    assert statuses == [200] * 10 + [403]
    eleventh = await (await world.extension()).register("one more")
    assert eleventh.error == (403, "Extension.TooManyExtensions")


async def test_who_was_not_launched_is_internal(world: World) -> None:
    world.extensions.expect(["external"])
    forger = await world.extension()
    assert (await forger.register("External", "SHUTDOWN")).error == (403, "Extension.InvalidEventType")
    assert (await forger.register("External", "INVOKE")).status == 200
    assert not world.extensions.host.registered


async def test_next_twice_at_once(world: World) -> None:
    first, second = await world.extension(), await world.extension()
    await first.register("a", "INVOKE")
    second.identifier = first.identifier
    first.ask()
    client = await world.initialize()
    second.ask()
    assert (await second.answer()).error == (403, "Extension.InvalidExtensionState")
    await world.invoke(client)
    assert (await first.event())["eventType"] == "INVOKE"


async def test_an_extension_that_lost_its_connection(world: World) -> None:
    first = await world.extension()
    await first.register("a", "INVOKE")
    first.ask()
    client = await world.initialize()
    first.writer.close()
    await first.writer.wait_closed()
    again = await world.extension()
    again.identifier = first.identifier
    async with asyncio.timeout(10):
        while True:  # until the loss is known, it is asking twice
            again.ask()
            answering = asyncio.ensure_future(again.answer())
            done, _ = await asyncio.wait({answering}, timeout=0.02)
            if not done:
                break
            assert answering.result().status == 403
    await world.invoke(client)
    assert (await answering).json["requestId"] == ID


async def test_wrong_identifiers(world: World) -> None:
    extension = await world.extension()
    await extension.register("a", "INVOKE")
    for identifier, kind in [
        ("", "Missing"),
        ("x" * 36, "Invalid"),
        ("8f5a2f9e-0000-4000-8000-00000000000g", "Invalid"),
        (ID, "Unknown"),
    ]:
        extension.identifier = identifier
        extension.ask()
        assert (await extension.answer()).error == (403, f"Extension.{kind}ExtensionIdentifier")
        assert (await extension.fail("init")).error == (403, f"Extension.{kind}ExtensionIdentifier")
    assert world.extensions.host.fatal is None


async def test_forged_calls_of_the_runtime_api(world: World) -> None:
    client = await world.initialize()
    forger = await world.client()
    expected = 404 if world.runtime is None else 400
    answer = await forger.call("POST", f"{RUNTIME}/invocation/{ID}/response", b"forged")
    assert answer.status == expected
    await world.invoke(client)


async def test_huge_bodies_are_refused_and_harm_nobody(world: World) -> None:
    other = await world.extension()
    await other.register("other", "INVOKE")
    for path, method in [("/2020-01-01/extension/register", "POST"), ("/2022-07-01/telemetry", "PUT")]:
        client = await world.extension()
        headers = {"Lambda_Extension_Name": "huge", "Lambda_Extension_Identifier": other.identifier}
        client.send(method, path, b" " * 2_000_000, **headers)
        assert (await client.answer()).status == 413
    chunked = await world.client()
    chunked.writer.write(
        b"POST /2020-01-01/extension/register HTTP/1.1\r\nHost: x\r\nLambda-Extension-Name: huge\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b" " * 65_536 + b"\r\n10000\r\n" + b" " * 65_536
    )
    assert (await chunked.answer()).status == 413
    other.ask()
    world.extensions.close_registration()
    assert await world.extensions.initialized() is None


async def test_the_metadata_endpoint(world: World) -> None:
    client = await world.client()
    path = "/2026-01-15/metadata/execution-environment"
    answer = await client.call("GET", path, Authorization="Bearer secret")
    assert answer.json == {"AvailabilityZoneID": "use1-az1"}
    assert answer.headers["cache-control"] == "private, max-age=43200, immutable"
    assert (await client.call("GET", path, Authorization="Bearer guess")).status == 401
    assert (await client.call("POST", path, Authorization="Bearer secret")).status == 405

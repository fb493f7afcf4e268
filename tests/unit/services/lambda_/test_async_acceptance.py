"""Events on their way into the drain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lambent.invoke.asynchronous.event import AsyncEvent
from lambent.services.lambda_.limits import ASYNC_PAYLOAD_BYTES

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


@pytest.fixture
async def accepted(world: World) -> list[AsyncEvent]:
    """What the drain was given; there is a function `f`."""
    found: list[AsyncEvent] = []

    async def accept(event: AsyncEvent) -> None:
        found.append(event)

    world.asynchronous.open_to(accept)
    await world.create()
    await world.settled()
    return found


async def test_an_event_is_accepted_as_it_was_sent(world: World, accepted: list[AsyncEvent]) -> None:
    ctx = world.ctx(trace_id="Root=1-00000001-000000000000000000000001")
    answer = await world.call("Invoke", ctx, FunctionName="f", InvocationType="Event", Payload=b'{"a": 1}')
    assert answer == {"StatusCode": 202}
    (event,) = accepted
    assert (event.request_id, event.name, event.qualifier, event.payload) == (ctx.request_id, "f", None, b'{"a": 1}')
    assert (event.accepted, event.trace_id) == (world.clock.at, ctx.trace_id)
    assert world.invoker.invoked == []
    await world.call("InvokeAsync", FunctionName="f", InvokeArgs=b"1")
    assert accepted[1].payload == b"1"
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", accepted[1].trace_id or "")  # one trace for all attempts


async def test_what_is_refused_is_not_accepted(world: World, accepted: list[AsyncEvent]) -> None:
    asked = {"FunctionName": "f", "InvocationType": "Event"}
    assert (await world.refused("Invoke", **asked, Payload=b"{"))[0] == "InvalidRequestContentException"
    large = b'"' + b"x" * ASYNC_PAYLOAD_BYTES + b'"'
    assert await world.refused("Invoke", **asked, Payload=large) == (
        "RequestEntityTooLargeException",
        "1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
    )
    assert (await world.refused("Invoke", FunctionName="g", InvocationType="Event"))[0] == "ResourceNotFoundException"
    assert accepted == []

"""What the drain asks of the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from lambent.context import Context, Principal
from lambent.invoke.asynchronous.event import AsyncEvent, Delivery
from lambent.model.errors import ApiError
from lambent.services.lambda_.async_invocations import AsyncWork
from tests.unit.services.lambda_.conftest import ACCOUNT, ARN, ROLE

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
EVENT = AsyncEvent("r", ACCOUNT, "us-east-1", "f", None, b"{}", 1.0, lineage="1:2", tenant_id="t")


class Neighbours:
    """Remembers calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str, Mapping[str, Any]]] = []

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        self.calls.append((ctx.principal.arn, service, operation, params))
        return {"QueueUrl": "u"}


@pytest.fixture
def neighbours() -> Neighbours:
    return Neighbours()


@pytest.fixture
async def work(world: World, neighbours: Neighbours) -> AsyncWork:
    """There is a function `f` with an alias `live`."""
    await world.create(Publish=True)
    await world.settled(qualifier="1")
    await world.settled()
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    return AsyncWork(
        world.repository,
        world.api.invocations,
        world.api.event_configs,
        world.invoker,
        neighbours,
        lambda function: Principal(ACCOUNT, f"session of {function.role}", ""),
        world.clock,
        world.ids,
    )


async def test_what_an_event_means_now(world: World, work: AsyncWork) -> None:
    prepared = await work.prepare(EVENT)
    assert prepared is not None
    assert (prepared.function.version, prepared.request.invoked_arn) == ("$LATEST", f"{ARN}f")
    assert (prepared.request.lineage, prepared.request.tenant_id) == ("1:2", "t")
    assert not prepared.zero_concurrency
    aliased = await work.prepare(AsyncEvent("r", ACCOUNT, "us-east-1", "f", "live", b"{}", 1.0))
    assert aliased is not None
    assert (aliased.function.version, aliased.request.invoked_arn) == ("1", f"{ARN}f:live")
    await world.call("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=0)
    again = await work.prepare(EVENT)
    assert again is not None
    assert again.zero_concurrency
    for name, qualifier in (("g", None), ("f", "none")):
        assert await work.prepare(AsyncEvent("r", ACCOUNT, "us-east-1", name, qualifier, b"{}", 1.0)) is None


async def test_it_runs_under_its_own_request_id(world: World, work: AsyncWork) -> None:
    prepared = await work.prepare(EVENT)
    assert prepared is not None
    assert await work.invoke(EVENT, prepared) is world.invoker.answer
    assert world.invoker.invoked == [(prepared.function, prepared.request)]


async def test_records_are_delivered_in_the_roles_name(work: AsyncWork, neighbours: Neighbours) -> None:
    await work.deliver(Delivery(f"{ARN}f:live", "f", ACCOUNT, "us-east-1", ROLE, QUEUE, b"{}"))
    assert [call[:3] for call in neighbours.calls] == [
        (f"session of {ROLE}", "sqs", "SendMessage"),
    ]
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    await work.deliver(Delivery(f"{ARN}f:1", "f", ACCOUNT, "us-east-1", ROLE, bus, b"{}", succeeded=True))
    (entry,) = neighbours.calls[-1][3]["Entries"]
    assert (entry["Source"], entry["DetailType"], entry["Resources"]) == (
        "lambda",
        "Lambda Function Invocation Result - Success",
        [f"{ARN}f:1", bus],
    )
    with pytest.raises(ApiError, match="Function not found"):
        await work.deliver(Delivery(f"{ARN}g:1", "g", ACCOUNT, "us-east-1", ROLE, QUEUE, b"{}"))

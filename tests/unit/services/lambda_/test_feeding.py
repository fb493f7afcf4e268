"""Functions as pollers see them: whose name they call in, and what becomes of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lambent.context import Context, Principal
from lambent.model.errors import ApiError, PlatformError
from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.model.function import FunctionVersion
from lambent.model.invocation import InvocationResult
from lambent.services.lambda_.feeding import Feeding
from lambent.services.operation import Params, Result
from lambent.sources import base

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

HERE = ("000000000000", "us-east-1")
MAPPING = EventSourceMapping("u1", *HERE, SourceKind.SQS, "f", "", "arn:q", True, MappingState.ENABLED, 1.0)
ROLE = "arn:aws:sts::000000000000:assumed-role/r/"


def acting(function: FunctionVersion) -> Principal:
    return Principal(function.account, f"{ROLE}{function.version}", "", role=function.role)


@pytest.fixture
async def feeding(world: World) -> Feeding:
    """With a function `f`, its version 1 and its alias `live`."""
    await world.create(Publish=True)
    await world.settled("f", "1")
    await world.settled()
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    made = Feeding(world.repository, acting, world.clock, world.ids)
    made.open_to(world.operations["Invoke"].handler)
    return made


async def test_in_the_name_of_what_is_fed(feeding: Feeding) -> None:
    for qualifier, version in (("", "$LATEST"), ("1", "1"), ("live", "1")):
        ctx = await feeding.context(msgspec.structs.replace(MAPPING, qualifier=qualifier))
        assert (ctx.account, ctx.region, ctx.principal.arn) == (*HERE, ROLE + version)
    for change in ({"function_name": "g"}, {"qualifier": "2"}, {"qualifier": "dead"}):
        gone = msgspec.structs.replace(MAPPING, **change)
        with pytest.raises(ApiError, match="Function not found"):
            await feeding.context(gone)
        assert await feeding.invoke(gone, b"{}") == base.Outcome(base.Result.LATER)


async def test_what_becomes_of_an_event(world: World, feeding: Feeding) -> None:
    world.invoker.answer = InvocationResult(b'{"a": 1}', "1")
    live = msgspec.structs.replace(MAPPING, qualifier="live")
    done = await feeding.invoke(live, b'{"Records":[]}', ["t", "u"])
    assert (done.result, done.payload, done.version, done.error) == (base.Result.DONE, b'{"a": 1}', "1", "")
    function, request = world.invoker.invoked[0]
    assert (function.version, request.payload) == ("1", b'{"Records":[]}')
    assert (request.trace_id, request.links) == ("t", ("u",))
    assert request.invoked_arn == live.function_arn
    world.invoker.answer = InvocationResult(b"{}", "1", function_error="Unhandled")
    failed = await feeding.invoke(live, b"{}")
    assert (failed.result, failed.version, failed.error) == (base.Result.FAILED, "1", "Unhandled")
    assert failed.request_id not in ("", done.request_id)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (ApiError("TooManyRequestsException", "Rate Exceeded."), base.Result.LATER),
        (ApiError("RecursiveInvocationException", "a loop"), base.Result.FAILED),
        (PlatformError("no room"), base.Result.LATER),
    ],
)
async def test_what_keeps_a_function_from_running(feeding: Feeding, failure: Exception, expected: base.Result) -> None:
    async def refuse(ctx: Context, params: Params) -> Result:
        raise failure

    feeding.open_to(refuse)
    assert (await feeding.invoke(MAPPING, b"{}")).result is expected

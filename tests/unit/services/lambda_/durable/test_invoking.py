"""One invocation of a durable function."""

from __future__ import annotations

import msgspec

from lambent.model.errors import ApiError
from lambent.services.lambda_.durable.invoking import Invoking
from lambent.services.lambda_.durable.machine import Answer
from tests.unit.services.lambda_.durable.conftest import DONE, Stage
from tests.unit.services.lambda_.durable.making import execution


async def test_what_can_come_of_it(stage: Stage) -> None:
    world = stage.world
    invoking = Invoking(world.repository, world.invoker, world.clock, world.ids)
    made = execution(function="d", invocation="r", tenant_id="t", trace_id="x")
    event = b'{"DurableExecutionArn": ""}'
    broken = ApiError("InvalidRuntimeException", "no such runtime")
    stage.acts = [([], DONE), ([], ApiError("TooManyRequestsException", "full")), ([], broken)]
    assert await invoking.invoke(made, event) == Answer("SUCCEEDED", '"done"')
    assert await invoking.invoke(made, event) is None
    refused = await invoking.invoke(made, event)
    assert refused is not None
    assert refused.problem == {"ErrorMessage": "no such runtime", "ErrorType": "InvalidRuntimeException"}
    assert refused.crashed
    gone = await invoking.invoke(msgspec.structs.replace(made, function="x"), event)
    assert gone is not None
    assert not gone.crashed
    _, request = world.invoker.invoked[0]
    assert (request.tenant_id, request.trace_id, request.payload) == ("t", "x", event)

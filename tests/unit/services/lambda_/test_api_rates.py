"""The control plane as seldom as on AWS: each account and region for itself, invocations not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.api_rates import ApiRates

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def test_so_many_calls_in_a_second(world: World) -> None:
    now = [0.0]
    operations = ApiRates(lambda: now[0]).over(world.operations)
    await world.create()
    await world.settled()

    async def called(name: str, times: int, **params: Any) -> int:
        """How many of so many calls were answered."""
        region = params.pop("region", "us-east-1")
        answered = 0
        for _ in range(times):
            try:
                await operations[name].handler(world.ctx(region), params)
                answered += 1
            except ApiError as error:
                if error.status != 429:
                    raise
                assert error.fields == {"Type": "User", "Reason": "CallerRateLimitExceeded"}
                assert error.headers == {"Retry-After": "1"}
        return answered

    assert await called("ListFunctions", 20) == 15
    assert await called("ListLayers", 1) == 0, "they share it"
    assert await called("ListFunctions", 20, region="eu-west-1") == 15
    assert await called("GetFunction", 120, FunctionName="f") == 100
    assert await called("Invoke", 40, FunctionName="f") == 40
    now[0] += 0.2
    assert await called("ListFunctions", 20) == 3


def test_what_is_asked_of_an_operation_stays(world: World) -> None:
    operations = ApiRates(lambda: 0.0).over(world.operations)
    assert [each.mark for each in operations.values()] == [each.mark for each in world.operations.values()]
    assert operations["Invoke"] is world.operations["Invoke"]
    with pytest.raises(KeyError):
        operations["Nothing"]

"""Which tenant an invocation is of, and what does not go together with tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

CONFIG = {"TenantIsolationMode": "PER_TENANT"}
CODE = "InvalidParameterValueException"


@pytest.mark.parametrize("more", [{}, {"InvocationType": "DryRun"}])
async def test_the_tenant_must_be_named_where_there_are_tenants_and_only_there(
    world: World, more: dict[str, str]
) -> None:
    made = await world.create("f", TenancyConfig=CONFIG)
    assert made["TenancyConfig"] == CONFIG
    assert "TenancyConfig" not in await world.create("g")
    await world.settled("f")
    await world.settled("g")
    missing = "enabled with tenancy configuration. Add a valid tenant ID in your request and try again."
    assert await world.refused("Invoke", FunctionName="f", **more) == (CODE, f"The invoked function is {missing}")
    unwanted = "not enabled with tenancy configuration. Remove the tenant ID from your request and try again."
    refusal = await world.refused("Invoke", FunctionName="g", TenantId="t", **more)
    assert refusal == (CODE, f"The invoked function is {unwanted}")
    await world.call("Invoke", FunctionName="f", TenantId="t", **more)
    await world.call("Invoke", FunctionName="g", **more)
    if not more:
        assert [request.tenant_id for _, request in world.invoker.invoked] == ["t", None]


async def test_versions_keep_it_and_nothing_is_initialized_for_nobody(world: World) -> None:
    await world.create("f", TenancyConfig=CONFIG, Publish=True)
    assert (await world.settled("f", "1"))["TenancyConfig"] == CONFIG
    refusal = await world.refused(
        "PutProvisionedConcurrencyConfig", FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1
    )
    assert refusal == (CODE, "Provisioned Concurrency is not supported for functions with tenant isolation mode")
    queue = "arn:aws:sqs:us-east-1:000000000000:q"
    refusal = await world.refused("CreateEventSourceMapping", FunctionName="f", EventSourceArn=queue)
    assert refusal == (CODE, "Event source mapping is not supported for functions with tenant isolation mode")

"""Provisioned concurrency: what may be asked, what the data plane is told, what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
PUT, GET = "PutProvisionedConcurrencyConfig", "GetProvisionedConcurrencyConfig"
DELETE, LIST = "DeleteProvisionedConcurrencyConfig", "ListProvisionedConcurrencyConfigs"


@pytest.fixture
async def published(world: World, zipped: Any) -> World:
    """Versions 1 and 2 of `f`, and the alias `live` for 1."""
    await world.create(Publish=True)
    await world.settled("f", "1")
    await world.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("new"), Publish=True)
    await world.settled("f", "2")
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    return world


async def put(world: World, qualifier: str, count: int) -> Any:
    return await world.call(PUT, FunctionName="f", Qualifier=qualifier, ProvisionedConcurrentExecutions=count)


async def refused(world: World, qualifier: str, count: int = 1) -> tuple[str, str]:
    return await world.refused(PUT, FunctionName="f", Qualifier=qualifier, ProvisionedConcurrentExecutions=count)


async def test_put_get_list_delete(published: World) -> None:
    shown = await put(published, "2", 3)
    assert shown == {
        "RequestedProvisionedConcurrentExecutions": 3,
        "AllocatedProvisionedConcurrentExecutions": 1,
        "AvailableProvisionedConcurrentExecutions": 0,
        "Status": "IN_PROGRESS",
        "LastModified": "2026-09-21T14:13:20.123+0000",
    }
    assert await published.call(GET, FunctionName="f", Qualifier="2") == shown
    assert await published.call(GET, FunctionName=f"{ARN}:2", Qualifier="2") == shown
    await put(published, "live", 4)
    assert published.invoker.shares == {f"{ARN}:2": [("2", 3)], f"{ARN}:live": [("1", 4)]}
    page = await published.call(LIST, FunctionName="f", MaxItems=1)
    assert page["ProvisionedConcurrencyConfigs"] == [{"FunctionArn": f"{ARN}:2"} | shown]
    rest = await published.call(LIST, FunctionName="f", Marker=page["NextMarker"])
    assert [item["FunctionArn"] for item in rest["ProvisionedConcurrencyConfigs"]] == [f"{ARN}:live"]
    assert "NextMarker" not in rest
    for _ in range(2):
        assert await published.call(DELETE, FunctionName="f", Qualifier="2") == {}
    assert published.invoker.shares == {f"{ARN}:live": [("1", 4)]}
    missing = (
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
    )
    assert await published.refused(GET, FunctionName="f", Qualifier="2") == missing


async def test_only_for_what_does_not_change(published: World) -> None:
    code = "InvalidParameterValueException"
    unpublished = (code, "Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    assert await refused(published, "$LATEST") == unpublished
    needs = (code, "The function resource provided must be an alias or a published version.")
    for operation in (GET, DELETE):
        assert await published.refused(operation, FunctionName="f", Qualifier="$LATEST") == needs
    await published.call("CreateAlias", FunctionName="f", Name="newest", FunctionVersion="$LATEST")
    assert await refused(published, "newest") == unpublished
    await put(published, "live", 1)
    update = await published.refused("UpdateAlias", FunctionName="f", Name="live", FunctionVersion="$LATEST")
    assert update == unpublished


@pytest.mark.parametrize("operation", [PUT, GET, DELETE])
async def test_nobody(published: World, operation: str) -> None:
    async def asked(name: str, qualifier: str) -> tuple[str, str]:
        return await published.refused(
            operation, FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=1
        )

    code = "ResourceNotFoundException"
    assert await asked("g", "1") == (code, f"Function not found: {ARN[:-1]}g:1")
    assert await asked("f", "3") == (code, f"Function not found: {ARN}:3")
    assert await asked("f", "dead") == (code, f"Cannot find alias arn: {ARN}:dead")
    assert await published.refused(LIST, FunctionName="g") == (code, f"Function not found: {ARN[:-1]}g")


async def test_the_same_environments_cannot_be_provisioned_twice(published: World) -> None:
    await put(published, "live", 1)
    code = "ResourceConflictException"
    assert await refused(published, "1") == (code, "Version is pointed by a Provisioned Concurrency alias")
    await published.call(DELETE, FunctionName="f", Qualifier="live")
    await put(published, "1", 1)
    text = "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
    assert await refused(published, "live") == (code, text)


async def test_a_version_that_is_not_active(published: World, zipped: Any) -> None:
    published.gate.clear()
    await published.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("newer"), Publish=True)
    text = "The operation cannot be performed at this time. The function is currently in the following state: Pending"
    assert await refused(published, "3") == ("ResourceConflictException", text)
    published.gate.set()


async def test_within_the_reservation_and_the_account(published: World) -> None:
    code = "InvalidParameterValueException"
    least = "decreases account's UnreservedConcurrentExecution below its minimum value of [100]."
    assert await refused(published, "2", 901) == (code, f"Specified ConcurrentExecutions for function {least}")
    await published.call("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=5)
    await put(published, "live", 3)
    text = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
    assert await refused(published, "2", 3) == (code, text)
    await put(published, "2", 2)
    text = "ReservedConcurrentExecutions 4 should not be lower than function's total provisioned concurrency [5]."
    less = await published.refused("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=4)
    assert less == (code, text)
    await published.call("DeleteFunctionConcurrency", FunctionName="f")
    limits = (await published.call("GetAccountSettings"))["AccountLimit"]
    assert limits["UnreservedConcurrentExecutions"] == 995


async def test_an_alias_takes_it_along(published: World) -> None:
    await put(published, "live", 4)
    await published.call("UpdateAlias", FunctionName="f", Name="live", Description="no move")
    await published.call("UpdateAlias", FunctionName="f", Name="live", FunctionVersion="2")
    assert published.invoker.shares == {f"{ARN}:live": [("2", 4)]}
    routing = {"AdditionalVersionWeights": {"1": 0.25}}
    await published.call("UpdateAlias", FunctionName="f", Name="live", RoutingConfig=routing)
    assert published.invoker.shares == {f"{ARN}:live": [("2", 3), ("1", 1)]}
    text = "Alias with weights can not be used with Provisioned Concurrency"
    assert await refused(published, "live") == ("InvalidParameterValueException", text)
    await published.call("DeleteAlias", FunctionName="f", Name="live")
    assert published.invoker.shares == {}
    assert (await published.call(LIST, FunctionName="f"))["ProvisionedConcurrencyConfigs"] == []


async def test_it_ends_with_the_version_and_the_function(published: World) -> None:
    await put(published, "2", 1)
    await published.call("DeleteFunction", FunctionName="f", Qualifier="2")
    assert published.invoker.shares == {}
    await put(published, "live", 1)
    await published.call("DeleteFunction", FunctionName="f")
    assert published.invoker.shares == {}
    await published.create(Publish=True)
    assert (await published.call(LIST, FunctionName="f"))["ProvisionedConcurrencyConfigs"] == []


async def test_what_cannot_be_written_is_not_kept_in_force(published: World, monkeypatch: Any) -> None:
    async def broken(*writes: object) -> None:
        raise OSError("disk")

    await put(published, "2", 1)
    with monkeypatch.context() as patched:
        patched.setattr(published.repository, "commit", broken)
        for qualifier in ("2", "live"):
            with pytest.raises(OSError):
                await put(published, qualifier, 7)
    assert published.invoker.shares == {f"{ARN}:2": [("2", 1)]}

"""Every listing of the API: how what it lists is made, and deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from lambent.model.invocation import InvocationResult
from tests.unit.services.lambda_.conftest import ROLE, package

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

COUNT = 5


class Listed:
    """What one operation lists: `make` another (by number), `drop` one (by its item), and say which it is."""

    def __init__(
        self,
        params: dict[str, Any],
        make: Callable[[World, int], Awaitable[Any]],
        drop: Callable[[World, Any], Awaitable[Any]] | None,
        which: str,
    ) -> None:
        self.params, self.make, self.drop, self.which = params, make, drop, which


async def function(world: World, number: int, **more: Any) -> None:
    await world.create(f"f{number}", **more)
    await world.settled(f"f{number}")


async def of_f(world: World, number: int) -> None:
    """Another version of `f`."""
    if number == 0:
        await world.create("f")
    await world.settled()
    await world.call("UpdateFunctionCode", FunctionName="f", ZipFile=package(str(number)), Publish=True)
    await world.settled()


async def alias(world: World, number: int) -> None:
    if number == 0:
        await of_f(world, 0)
    await world.call("CreateAlias", FunctionName="f", Name=f"a{number}", FunctionVersion="1")


async def event_config(world: World, number: int) -> None:
    await alias(world, number)
    await world.call("PutFunctionEventInvokeConfig", FunctionName="f", Qualifier=f"a{number}", MaximumRetryAttempts=1)


async def url(world: World, number: int) -> None:
    await alias(world, number)
    await world.call("CreateFunctionUrlConfig", FunctionName="f", Qualifier=f"a{number}", AuthType="NONE")


async def provisioned(world: World, number: int) -> None:
    await of_f(world, number)
    given = {"Qualifier": str(number + 1), "ProvisionedConcurrentExecutions": 1}
    await world.call("PutProvisionedConcurrencyConfig", FunctionName="f", **given)


async def layer(world: World, number: int, name: str = "") -> None:
    content = {"ZipFile": package(str(number))}
    await world.call("PublishLayerVersion", LayerName=name or f"l{number}", Content=content)


async def signing(world: World, number: int) -> str:
    profile = f"arn:aws:signer:us-east-1:000000000000:/signing-profiles/p{number}/abcdefghij"
    made = await world.call("CreateCodeSigningConfig", AllowedPublishers={"SigningProfileVersionArns": [profile]})
    return str(made["CodeSigningConfig"]["CodeSigningConfigArn"])


async def signed(world: World, number: int) -> None:
    if number == 0:
        SIGNED.params["CodeSigningConfigArn"] = await signing(world, 0)
    await function(world, number)
    await world.call("PutFunctionCodeSigningConfig", FunctionName=f"f{number}", **SIGNED.params)


async def mapping(world: World, number: int) -> None:
    if number == 0:
        await world.create("f")
    source = f"arn:aws:sqs:us-east-1:000000000000:q{number}"
    made = await world.call("CreateEventSourceMapping", FunctionName="f", EventSourceArn=source)
    await world.mapped(made["UUID"])


async def provider(world: World, number: int) -> None:
    place = {
        "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": []},
        "PermissionsConfig": {"CapacityProviderOperatorRoleArn": ROLE},
    }
    await world.call("CreateCapacityProvider", CapacityProviderName=f"p{number}", **place)


async def managed(world: World, number: int) -> None:
    if number == 0:
        await provider(world, 0)
    instances = {"CapacityProviderArn": "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p0"}
    config = {"LambdaManagedInstancesCapacityProviderConfig": instances}
    await function(world, number, Runtime="python3.13", MemorySize=2048, CapacityProviderConfig=config)


async def execution(world: World, number: int) -> Any:
    if number == 0:
        await world.create("d", DurableConfig={"ExecutionTimeout": 60})
        await world.settled("d")
        world.invoker.answer = ENDS
    world.clock.at += 1
    return await world.call("Invoke", FunctionName="d", Qualifier="$LATEST", Payload=str(number).encode())


async def past(world: World, number: int) -> None:
    """The events of one execution, which has a step more with each."""
    if number == COUNT - 1:
        made = await execution(world, 0)
        PAST.params["DurableExecutionArn"] = made["DurableExecutionArn"]


def without(operation: str, member: str, **more: str) -> Callable[[World, Any], Awaitable[Any]]:
    """Deletes an item by `operation`: members of its request, as they are called in the item."""

    async def drop(world: World, item: Any) -> None:
        given = {name: item[of].rpartition(":")[2] if of.endswith("Arn") else item[of] for name, of in more.items()}
        await world.call(operation, **({member: "f"} if member else {}), **given)

    return drop


async def drop_layer(world: World, item: Any) -> None:
    await world.call("DeleteLayerVersion", LayerName=item["LayerName"], VersionNumber=1)


async def drop_layer_version(world: World, item: Any) -> None:
    await world.call("DeleteLayerVersion", LayerName="l", VersionNumber=item["Version"])


async def drop_mapping(world: World, item: Any) -> None:
    await world.call("DeleteEventSourceMapping", UUID=item["UUID"])
    await world.mapped(item["UUID"])


async def drop_function(world: World, item: Any) -> None:
    name = item if isinstance(item, str) else item["FunctionArn"]
    await world.call("DeleteFunction", FunctionName=name.split(":function:")[1].split(":")[0])


async def drop_signing(world: World, item: Any) -> None:
    await world.call("DeleteCodeSigningConfig", CodeSigningConfigArn=item["CodeSigningConfigArn"])


async def drop_execution(world: World, item: Any) -> None:
    await world.call("DeleteDurableExecution", DurableExecutionArn=item["DurableExecutionArn"])


ENDS = InvocationResult(b'{"Status": "SUCCEEDED", "Result": "1"}', "$LATEST")
SIGNED = Listed({}, signed, drop_function, "")
PAST = Listed({}, past, None, "EventId")
F = {"FunctionName": "f"}
LISTED = {
    "ListFunctions": Listed({}, function, drop_function, "FunctionName"),
    "ListVersionsByFunction": Listed(
        F, of_f, without("DeleteFunction", "FunctionName", Qualifier="Version"), "Version"
    ),
    "ListAliases": Listed(F, alias, without("DeleteAlias", "FunctionName", Name="Name"), "Name"),
    "ListFunctionEventInvokeConfigs": Listed(
        F,
        event_config,
        without("DeleteFunctionEventInvokeConfig", "FunctionName", Qualifier="FunctionArn"),
        "FunctionArn",
    ),
    "ListFunctionUrlConfigs": Listed(
        F, url, without("DeleteFunctionUrlConfig", "FunctionName", Qualifier="FunctionArn"), "FunctionArn"
    ),
    "ListProvisionedConcurrencyConfigs": Listed(
        F,
        provisioned,
        without("DeleteProvisionedConcurrencyConfig", "FunctionName", Qualifier="FunctionArn"),
        "FunctionArn",
    ),
    "ListLayers": Listed({}, layer, drop_layer, "LayerArn"),
    "ListLayerVersions": Listed(
        {"LayerName": "l"}, lambda world, number: layer(world, number, "l"), drop_layer_version, "Version"
    ),
    "ListCodeSigningConfigs": Listed(
        {},
        signing,
        drop_signing,
        "CodeSigningConfigArn",
    ),
    "ListFunctionsByCodeSigningConfig": SIGNED,
    "ListEventSourceMappings": Listed({}, mapping, drop_mapping, "UUID"),
    "ListCapacityProviders": Listed(
        {},
        provider,
        without("DeleteCapacityProvider", "", CapacityProviderName="CapacityProviderArn"),
        "CapacityProviderArn",
    ),
    "ListFunctionVersionsByCapacityProvider": Listed(
        {"CapacityProviderName": "p0"}, managed, drop_function, "FunctionArn"
    ),
    "ListDurableExecutionsByFunction": Listed({"FunctionName": "d"}, execution, drop_execution, "DurableExecutionArn"),
    "GetDurableExecutionHistory": PAST,
}

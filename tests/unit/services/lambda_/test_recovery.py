"""A new start goes on where a killed server stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lambent.model.event_source import MappingState
from lambent.sandbox.snapshot import Snapshot, blank
from lambent.services.lambda_.recovery import recover
from tests.unit.sandbox.test_snapshot import Launcher

if TYPE_CHECKING:
    from lambent.model.function import FunctionVersion
    from tests.unit.services.lambda_.conftest import World


async def recovered(world: World, resumed: list[FunctionVersion] | None = None) -> set[str]:
    """Recover; returns the digests that were live. `resumed` gets versions that have a snapshot."""
    found: set[str] = set()

    async def sweep(live: set[str]) -> None:
        found.update(live)

    await recover(
        world.repository,
        world.states,
        world.mapping_states,
        world.allocations,
        world.runs,
        world.invoker.reserve,
        (resumed if resumed is not None else []).append,
        sweep,
        world.layer_trees.sweep,
    )
    return found


async def test_what_was_pending_becomes_active(world: World, zipped: Any) -> None:
    world.gate.clear()
    await world.create("pending", Publish=True)
    await world.create("other", Code={"ZipFile": zipped("other")})
    await world.call("DeleteFunction", FunctionName="other")
    second = world.after_a_crash()
    async with second.states:
        assert len(await recovered(second)) == 1
        assert (await second.settled("pending"))["State"] == "Active"
        assert (await second.settled("pending", "1"))["State"] == "Active"


async def test_the_account_of_snapshots_goes_on(world: World) -> None:
    world.snapshots.outcome = Snapshot(blank(), Launcher())
    for name, wanted in (("f", "PublishedVersions"), ("g", "None")):
        await world.create(name, Publish=True, Runtime="python3.12", SnapStart={"ApplyOn": wanted})
        await world.settled(name, "1")
    second, resumed = world.after_a_crash(), []
    async with second.states:
        await recovered(second, resumed)
    assert [(version.name, version.version) for version in resumed] == [("f", "1")]


async def test_an_update_in_progress_is_ended_and_what_serves_is_live(world: World, zipped: Any) -> None:
    await world.create()
    old = await world.settled()
    world.gate.clear()
    await world.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("new"))
    second = world.after_a_crash()
    async with second.states:
        assert len(await recovered(second)) == 2
        done = await second.settled()
    assert done["LastUpdateStatus"] == "Successful"
    assert done["CodeSha256"] != old["CodeSha256"]


async def test_reservations_are_told_again(world: World) -> None:
    await world.create()
    await world.create("g")
    await world.call("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=5)
    second = world.after_a_crash()
    async with second.states:
        await recovered(second)
    assert second.invoker.reserved == {"arn:aws:lambda:us-east-1:000000000000:function:f": 5}


async def test_layers_are_live_as_long_as_anybody_has_them(world: World, zipped: Any) -> None:
    arns = []
    for name in ("kept", "used", "gone"):
        content = {"ZipFile": zipped(name, "python/x.py")}
        arns.append((await world.call("PublishLayerVersion", LayerName=name, Content=content))["LayerVersionArn"])
    await world.create(Layers=arns[:2])
    await world.create("g", Layers=[arns[1], arns[0]])
    for name in ("f", "g"):
        await world.settled(name)
    await world.call("DeleteFunction", FunctionName="g")
    for name in ("used", "gone"):
        await world.call("DeleteLayerVersion", LayerName=name, VersionNumber=1)
    assert len(list((world.directory / "layers").iterdir())) == 2
    second = world.after_a_crash()
    async with second.states:
        assert len(await recovered(second)) == 3
    assert len(list((world.directory / "layers").iterdir())) == 1


async def test_what_was_provisioned_is_again(world: World) -> None:
    for name in "fg":
        await world.create(name, Publish=True)
        await world.settled(name, "1")
    await world.call("CreateAlias", FunctionName="g", Name="live", FunctionVersion="1")
    for name, qualifier, count in (("f", "1", 2), ("g", "live", 3)):
        config = {"Qualifier": qualifier, "ProvisionedConcurrentExecutions": count}
        await world.call("PutProvisionedConcurrencyConfig", FunctionName=name, **config)
    second = world.after_a_crash()
    async with second.states:
        await recovered(second)
    root = "arn:aws:lambda:us-east-1:000000000000:function:"
    assert second.invoker.shares == {f"{root}f:1": [("1", 2)], f"{root}g:live": [("1", 3)]}


async def test_what_was_mapped_is_read_again_and_what_was_being_deleted_is_gone(world: World) -> None:
    await world.create()
    world.pollers.gate.clear()
    queue = "arn:aws:sqs:us-east-1:000000000000:"
    made = [
        (await world.call("CreateEventSourceMapping", FunctionName="f", EventSourceArn=queue + name))["UUID"]
        for name in ("kept", "dropped")
    ]
    kept = await world.mappings.mapping(world.ctx(), made[1])
    assert kept is not None
    await world.mappings.change(kept, msgspec.structs.replace(kept.value, enabled=False, state=MappingState.DELETING))
    second = world.after_a_crash()
    async with second.states, second.mapping_states:
        await recovered(second)
        assert await second.mapped(made[1]) is None
        shown = await second.mapped(made[0])
    assert shown is not None
    assert shown["State"] == "Enabled"
    assert [(each.uuid, each.enabled) for each in second.pollers.applied] == [(made[0], True), (made[1], False)]

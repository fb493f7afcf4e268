"""The first thing after a start: go on where the last run of the server stood."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from lambent.model.function import FunctionVersion, State
from lambent.services.lambda_ import event_source_repository, layer_repository, provisioned_repository
from lambent.services.lambda_.allocations import Allocations
from lambent.services.lambda_.durable import repository as durable_repository
from lambent.services.lambda_.durable.repository import as_execution
from lambent.services.lambda_.durable.runs import Runs
from lambent.services.lambda_.durable.values import Execution
from lambent.services.lambda_.event_source_repository import as_mapping
from lambent.services.lambda_.layer_repository import as_layer_version
from lambent.services.lambda_.managed import is_kept
from lambent.services.lambda_.mapping_states import MappingStates
from lambent.services.lambda_.names import function_arn
from lambent.services.lambda_.provisioned_repository import Provision, as_provision
from lambent.services.lambda_.repository import Repository, World, as_head, as_version
from lambent.services.lambda_.states import States, unsettled

Combination = tuple[str, ...]
"""The packages of a function's layers, by their digests."""


async def recover(
    repository: Repository,
    states: States,
    mappings: MappingStates,
    allocations: Allocations,
    runs: Runs,
    reserve: Callable[[str, int | None], None],
    resume: Callable[[FunctionVersion], None],
    sweep: Callable[[set[str]], Awaitable[object]],
    sweep_layers: Callable[[set[Combination]], Awaitable[object]],
) -> None:
    """Settle what was left Pending or InProgress, `reserve` what was reserved (by function ARN), provision what was
    provisioned, `resume` the account of versions that have a snapshot, read what is mapped, go on with durable
    executions, and `sweep` away the packages that no version refers to, of functions or layers, and the layer trees
    that none uses.

    Only while no request is served: a package that is being added has no version yet.
    """
    packages: set[str] = set()
    combinations: set[Combination] = set()
    kept: list[FunctionVersion] = []
    provisions: list[tuple[World, Provision]] = []
    executions: list[Execution] = []
    async for world, kind, record in repository.everything():
        match kind:
            case "version" | "serving":
                version = as_version(record)
                packages.add(version.code.stored)
                if combination := tuple(layer.code.digest for layer in version.layers if not layer.built_in):
                    packages.update(combination)
                    combinations.add(combination)
                if unsettled(version):
                    states.settle(version)
                elif is_kept(version) and version.state is State.ACTIVE:
                    kept.append(version)
                if kind == "version" and version.optimized:
                    resume(version)
            case "function":
                head = as_head(record)
                if head.reserved_concurrency is not None:
                    reserve(function_arn(world, head.name), head.reserved_concurrency)
            case durable_repository.KIND:
                executions.append(as_execution(record))
            case event_source_repository.KIND:
                mappings.settle(as_mapping(record))
            case provisioned_repository.KIND:
                provisions.append((world, as_provision(record)))
            case layer_repository.KIND:
                packages.add(as_layer_version(record).code.digest)
    for version in kept:
        await allocations.managed.keep(version)
    for world, provision in provisions:
        await allocations.renew(world, provision)
    for execution in executions:
        runs.resume(execution)
    await sweep(packages)
    await sweep_layers(combinations)

"""The service put together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lambent.services.lambda_.api import RESOURCES, LambdaApi
from lambent.services.lambda_.durable.runs import Durable
from lambent.services.operation import marks
from lambent.wire.model import load

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


def test_every_resource_is_part_of_it(world: World, tmp_path: Path) -> None:
    api = LambdaApi(
        repository=world.repository,
        layers=world.layers,
        code=world.code,
        states=world.states,
        idleness=world.idleness,
        invoker=world.invoker,
        seals=world.seals,
        trusts=None,
        architecture="x86_64",
        choose_runtime=world.runtimes.get,
        allocations=world.allocations,
        mappings=world.mappings,
        mapping_states=world.mapping_states,
        pollers=world.pollers,
        urls=world.urls,
        events=world.events,
        asynchronous=world.asynchronous,
        neighbours=world.neighbours,
        durable=Durable(world.executions, world.runs, world.execution_keys),
        admission=world.admission,
        shows_layers=True,
        concurrency_limit=1000,
        unreserved_minimum=100,
    )
    assert set(api.operations) == {mark.name for resource in RESOURCES for mark in marks(resource)}
    assert api.operations.keys() == world.operations.keys()
    assert api.operations.keys() <= load("lambda").operations.keys()


def test_the_operations_of_the_first_issue_are_there() -> None:
    carried = {mark.name for resource in RESOURCES for mark in marks(resource)}
    assert carried >= {
        "CreateFunction",
        "GetFunction",
        "GetFunctionConfiguration",
        "ListFunctions",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
        "DeleteFunction",
        "PublishVersion",
        "ListVersionsByFunction",
        "Invoke",
    }

"""The data plane: what runs functions."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from lambent.assembly.doors import open_session
from lambent.assembly.ground import Ground
from lambent.assembly.identity import Identity
from lambent.assembly.logs import log_store
from lambent.assembly.observed import Observed
from lambent.invoke.dispatcher import Dispatcher
from lambent.invoke.room import ServeEndpoint
from lambent.neighbours.base import Neighbours
from lambent.observe.logs import LogStore
from lambent.runtimes.choose import Chooser
from lambent.runtimes.discover import discover
from lambent.runtimes.library import Library
from lambent.runtimes.places import Places
from lambent.sandbox import choose as sandboxes
from lambent.sandbox.stock import Sizes
from lambent.services.lambda_.customer_keys import CustomerKeys
from lambent.services.lambda_.sealed_code import CodeTrees
from lambent.services.lambda_.sealed_variables import Unsealing
from lambent.store.code import CodeStore
from lambent.store.layers import LayerTrees


@dataclass(frozen=True, slots=True)
class Held:
    """What environments show and write: code, layers, logs."""

    code: CodeStore
    layer_trees: LayerTrees
    logs: LogStore


async def open_held(stack: AsyncExitStack, ground: Ground, identity: Identity) -> Held:
    """All of it, in the data directory."""
    logs = await stack.enter_async_context(log_store(ground, identity))
    code = CodeStore(ground.data)
    await code.shut()
    stack.push_async_callback(code.shut)
    return Held(code, LayerTrees(ground.data, code), logs)


@dataclass(frozen=True, slots=True)
class Plane:
    """`shows_layers` is False where layers cannot be shown at /opt."""

    dispatcher: Dispatcher
    code_trees: CodeTrees
    chooser: Chooser
    shows_layers: bool


async def open_plane(
    stack: AsyncExitStack,
    ground: Ground,
    identity: Identity,
    held: Held,
    observed: Observed,
    neighbours: Neighbours,
    serve_endpoint: ServeEndpoint,
    address: str,
) -> Plane:
    """Everything that runs functions, which reach us at `address`. Raises PlatformError."""
    settings, data = ground.settings, ground.data
    code_trees = CodeTrees(held.code, CustomerKeys(neighbours), identity.acting.as_service)
    chooser = Chooser(
        discover(Places.of(settings), data / "runtime" / "versions.json"), strict=settings.strict_runtimes
    )
    sandbox = await sandboxes.choose(
        settings.sandbox,
        data=data,
        library=Library(data / "runtime"),
        endpoint_url=address,
        prepared=Sizes(),
        network=settings.network,
    )
    dispatcher = await stack.enter_async_context(
        Dispatcher(
            sandbox=await stack.enter_async_context(sandbox),
            open_session=open_session,
            serve_endpoint=serve_endpoint,
            runtime_for=chooser,
            code_tree=code_trees.tree,
            layer_tree=held.layer_trees.tree_of,
            unseal=Unsealing(neighbours, identity.acting.as_role).variables,
            credentials=identity.keyring.for_function,
            logs=held.logs,
            clock=ground.clock,
            ids=ground.ids,
            settings=settings,
            observers=observed.observers,
        )
    )
    return Plane(dispatcher, code_trees, chooser, sandbox.name == "isolated")

"""Traces: kept, sampled, and served by X-Ray."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from lambent.assembly.ground import Ground
from lambent.assembly.identity import Identity
from lambent.gateway.dispatch import Service
from lambent.model.function import FunctionVersion
from lambent.neighbours.base import Neighbours
from lambent.observe.traces.functions import FunctionTraces
from lambent.observe.traces.sampling import FunctionSampling
from lambent.observe.traces.store import TraceStore
from lambent.services.xray.access import XrayAccess
from lambent.services.xray.api import XrayApi
from lambent.services.xray.repository import Repository
from lambent.wire.model import load


@dataclass(frozen=True, slots=True)
class Traces:
    """The store, what fills it of functions' invocations, and which of them."""

    store: TraceStore
    functions: FunctionTraces
    samples: FunctionSampling


async def open_traces(stack: AsyncExitStack, ground: Ground) -> Traces:
    """Traces, in a file of their own. Raises PlatformError."""
    store = await stack.enter_async_context(TraceStore(ground.data / "traces.db", ground.clock))
    functions = await stack.enter_async_context(FunctionTraces(ground.ids))
    return Traces(store, functions, FunctionSampling(ground.clock, ground.ids))


def xray_of(ground: Ground, traces: Traces, identity: Identity, neighbours: Neighbours) -> Service:
    """X-Ray, which functions send their segments to in the name of their roles."""

    async def send(function: FunctionVersion, documents: Sequence[str]) -> None:
        ctx = identity.acting.as_role(function.role, function.name, function.region)
        await neighbours.call(ctx, "xray", "PutTraceSegments", {"TraceSegmentDocuments": list(documents)})

    traces.functions.open_to(send)
    repository = Repository(ground.store)
    return Service(load("xray"), XrayApi(traces.store, repository).operations, XrayAccess(repository))

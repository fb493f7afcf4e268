"""Traces: kept, sampled, and served by X-Ray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from lambent.assembly.ground import Ground
from lambent.assembly.identity import Identity
from lambent.gateway.dispatch import Service
from lambent.model.function import FunctionVersion
from lambent.neighbours.base import Neighbours
from lambent.observe.traces.functions import FunctionTraces
from lambent.observe.traces.proxy import SamplingProxy
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
    proxy: SamplingProxy


async def open_traces(stack: AsyncExitStack, ground: Ground) -> Traces:
    """Traces, in a file of their own. Raises PlatformError."""
    store = await stack.enter_async_context(TraceStore(ground.data / "traces.db", ground.clock))
    functions = await stack.enter_async_context(FunctionTraces(ground.ids, ground.clock))
    sampling, proxy = FunctionSampling(ground.clock, ground.ids), SamplingProxy(load("xray"), ground.ids)
    return Traces(store, functions, sampling, proxy)


def xray_of(ground: Ground, traces: Traces, identity: Identity, neighbours: Neighbours) -> Service:
    """X-Ray, which functions send their segments to in the name of their roles."""

    async def send(function: FunctionVersion, documents: Sequence[str]) -> None:
        await ask(function, "PutTraceSegments", {"TraceSegmentDocuments": list(documents)})

    async def ask(function: FunctionVersion, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        ctx = identity.acting.as_role(function.role, function.name, function.region)
        return await neighbours.call(ctx, "xray", operation, params)

    traces.functions.open_to(send)
    traces.proxy.open_to(ask)
    repository = Repository(ground.store)
    return Service(load("xray"), XrayApi(traces.store, repository).operations, XrayAccess(repository))

"""Metrics: what is counted, and where it is kept."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from lambent.assembly.ground import Ground
from lambent.observe.metrics.functions import FunctionMetrics
from lambent.observe.metrics.store import MetricStore


@dataclass(frozen=True, slots=True)
class Metrics:
    """The store, and the counter of invocations that fills it."""

    store: MetricStore
    functions: FunctionMetrics


async def open_metrics(stack: AsyncExitStack, ground: Ground) -> Metrics:
    """Metrics, in a file of their own. Raises PlatformError."""
    store = await stack.enter_async_context(MetricStore(ground.data / "metrics.db", ground.clock))
    return Metrics(store, await stack.enter_async_context(FunctionMetrics(store, ground.clock)))

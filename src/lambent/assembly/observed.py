"""All that is known of invocations afterwards: metrics, the bill, traces."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from lambent.assembly.bill import open_usage
from lambent.assembly.ground import Ground
from lambent.assembly.metrics import Metrics, open_metrics
from lambent.assembly.traces import Traces, open_traces
from lambent.invoke.witness import Everybody, Observers
from lambent.observe.bill.usage import Usage
from lambent.observe.logs import LogStore
from lambent.observe.otlp.exporter import Exporter
from lambent.observe.prometheus.invocations import InvocationTotals


@dataclass(frozen=True, slots=True)
class Observed:
    """Each in a file of its own; `observers` fill them."""

    metrics: Metrics
    usage: Usage
    traces: Traces
    totals: InvocationTotals
    exporter: Exporter | None
    observers: Observers


async def open_observed(stack: AsyncExitStack, ground: Ground, logs: LogStore) -> Observed:
    """Raises PlatformError."""
    metrics, usage = await open_metrics(stack, ground, logs), await open_usage(stack, ground)
    traces = await open_traces(stack, ground)
    exporter = None
    if ground.settings.otlp_endpoint is not None:
        exporter = await stack.enter_async_context(Exporter(ground.settings.otlp_endpoint, ground.clock))
        traces.store.watch(exporter.add)
        logs.copy(exporter.copy)
        metrics.store.copy(exporter.copy_metrics)
        stack.push_async_callback(metrics.store.flush)  # what is last goes along
        stack.push_async_callback(logs.flush)
    totals = InvocationTotals()
    sending = () if exporter is None else (exporter,)
    witness = Everybody(metrics.functions, usage, traces.functions, totals, *sending)
    observers = Observers(witness, traces.samples, traces.functions.add, traces.proxy.answer, usage)
    return Observed(metrics, usage, traces, totals, exporter, observers)

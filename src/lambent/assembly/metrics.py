"""Metrics: what is counted, and where it is kept."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from lambent.assembly.ground import Ground
from lambent.gateway.dispatch import Service
from lambent.neighbours.acting import Acting
from lambent.neighbours.base import Neighbours
from lambent.observe.logs import LogStore
from lambent.observe.metrics.durable import DurableMetrics
from lambent.observe.metrics.embedded import MARK
from lambent.observe.metrics.functions import FunctionMetrics
from lambent.observe.metrics.incidents import IncidentMetrics
from lambent.observe.metrics.lines import EmbeddedMetrics
from lambent.observe.metrics.mappings import MappingMetrics
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.urls import UrlMetrics
from lambent.queue.sqlite import SqliteQueue
from lambent.services.cloudwatch.access import CloudWatchAccess
from lambent.services.cloudwatch.alarm_actions import AlarmActions
from lambent.services.cloudwatch.alarm_watch import AlarmWatch
from lambent.services.cloudwatch.api import CloudWatchApi
from lambent.services.cloudwatch.repository import Repository
from lambent.wire.model import load


@dataclass(frozen=True, slots=True)
class Metrics:
    """The store, and the counters that fill it."""

    store: MetricStore
    functions: FunctionMetrics
    mappings: MappingMetrics
    urls: UrlMetrics
    incidents: IncidentMetrics
    durable: DurableMetrics
    embedded: EmbeddedMetrics


async def open_metrics(stack: AsyncExitStack, ground: Ground, logs: LogStore) -> Metrics:
    """Metrics, in a file of their own, and those that lines of `logs` carry. Raises PlatformError."""
    store = await stack.enter_async_context(MetricStore(ground.data / "metrics.db", ground.clock))
    functions = await stack.enter_async_context(FunctionMetrics(store, ground.clock))
    embedded = await stack.enter_async_context(EmbeddedMetrics(store, ground.clock))
    logs.tap(MARK, embedded.take)
    stack.push_async_callback(logs.flush)  # what functions write last counts, too
    mappings, urls = MappingMetrics(store, ground.clock), UrlMetrics(store, ground.clock)
    durable = DurableMetrics(store, ground.clock)
    return Metrics(store, functions, mappings, urls, IncidentMetrics(store, ground.clock), durable, embedded)


async def open_cloudwatch(
    stack: AsyncExitStack, ground: Ground, metrics: Metrics, acting: Acting, neighbours: Neighbours
) -> Service:
    """CloudWatch, with its alarms watched. Raises PlatformError."""
    repository = Repository(ground.store)
    queue = await stack.enter_async_context(SqliteQueue(ground.data / "alarms.db"))
    actions = AlarmActions(repository, neighbours, acting, queue, ground.clock)
    await stack.enter_async_context(actions.outbox)
    watch = await stack.enter_async_context(AlarmWatch(repository, metrics.store, actions, ground.clock))
    api = CloudWatchApi(metrics.store, repository, watch)
    return Service(load("cloudwatch"), api.operations, CloudWatchAccess(repository))

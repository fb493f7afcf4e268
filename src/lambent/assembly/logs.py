"""CloudWatch Logs: the store of all lines, and the service over it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from lambent.assembly.ground import Ground
from lambent.assembly.identity import Identity
from lambent.gateway.dispatch import Service
from lambent.gateway.log_permission import LogPermission
from lambent.neighbours.base import Neighbours
from lambent.observe.log_permits import Permits
from lambent.observe.logs import LogStore
from lambent.observe.metrics.store import MetricStore
from lambent.services.logs.access import LogsAccess
from lambent.services.logs.api import LogsApi
from lambent.services.logs.archive import Archive
from lambent.services.logs.deliveries import Deliveries
from lambent.services.logs.destinations import Destinations
from lambent.services.logs.exports import Exports
from lambent.services.logs.live_tail import LiveTail
from lambent.services.logs.metric_filters import MetricFilters
from lambent.services.logs.metric_values import MetricValues
from lambent.services.logs.queries import Queries
from lambent.services.logs.repository import Repository
from lambent.services.logs.retention import Retention
from lambent.services.logs.subscriptions import Subscriptions
from lambent.wire.model import load

FOLDER = "logs"
"""In the data directory: the log files."""


@dataclass(frozen=True, slots=True)
class Logs:
    """`live_tail` must be told when the server is about to end."""

    service: Service
    live_tail: LiveTail


def log_store(ground: Ground, identity: Identity) -> LogStore:
    """The store, to be opened by the caller. Where nobody need say who they are, every role may write."""
    if not ground.settings.auth:
        return LogStore(ground.data / FOLDER, ground.clock)
    access = LogsAccess(Repository(ground.store))
    permission = LogPermission(identity.authorizer, access, identity.keyring.in_role)
    return LogStore(ground.data / FOLDER, ground.clock, Permits(permission.judge, ground.clock))


async def open_logs(
    stack: AsyncExitStack,
    ground: Ground,
    identity: Identity,
    store: LogStore,
    neighbours: Neighbours,
    metrics: MetricStore,
) -> Logs:
    """The service. Raises PlatformError."""
    repository = Repository(ground.store)
    archive = Archive(store, repository, ground.clock)
    await stack.enter_async_context(Retention(archive))
    destinations = Destinations(neighbours, identity.acting, identity.trusts)
    deliveries = await stack.enter_async_context(Deliveries(archive, destinations, ground.ids))
    exports = await stack.enter_async_context(Exports(archive, neighbours, identity.acting))
    values = await stack.enter_async_context(MetricValues(archive, metrics))
    live_tail = LiveTail(archive)
    api = LogsApi(
        archive,
        forget=(deliveries.end_group, values.end_group),
        subscriptions=Subscriptions(archive, deliveries, destinations),
        metric_filters=MetricFilters(archive, values),
        live_tail=live_tail,
        queries=await stack.enter_async_context(Queries(archive, ground.data / FOLDER)),
        exports=exports,
    )
    return Logs(Service(load("logs"), api.operations, LogsAccess(repository)), live_tail)

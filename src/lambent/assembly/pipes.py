"""Pipes, read by the pollers of event sources."""

from __future__ import annotations

from contextlib import AsyncExitStack

from lambent.assembly.ground import Ground
from lambent.assembly.identity import Identity
from lambent.gateway.dispatch import Service
from lambent.model.event_source import SourceKind
from lambent.neighbours.calls import Calls
from lambent.services.pipes.access import PipesAccess
from lambent.services.pipes.api import PipesApi
from lambent.services.pipes.checks import Checks
from lambent.services.pipes.flow import Flow
from lambent.services.pipes.repository import Repository
from lambent.services.pipes.settling import Settling
from lambent.sources.base import Source
from lambent.sources.brokers import Brokers
from lambent.sources.kafka import KafkaSource
from lambent.sources.polling import Polling
from lambent.sources.rabbit import RabbitSource
from lambent.sources.sqs import SqsSource
from lambent.wire.model import load


async def open_pipes(stack: AsyncExitStack, ground: Ground, identity: Identity, neighbours: Calls) -> Service:
    """Pipes, which go on flowing as the last run of the server left them. Raises PlatformError."""
    repository = Repository(ground.store)
    flow = Flow(neighbours, identity.acting.as_role, identity.trusts, ground.clock)
    pollers = await stack.enter_async_context(_polling(ground, neighbours, flow))
    settling = await stack.enter_async_context(Settling(repository, pollers, flow))
    await settling.recover()
    checks = Checks(identity.trusts, neighbours.reaches)
    return Service(load("pipes"), PipesApi(repository, checks, settling).operations, PipesAccess(repository))


def _polling(ground: Ground, neighbours: Calls, flow: Flow) -> Polling:
    """The pollers of every kind of source."""
    brokers = Brokers(neighbours, flow, ground.settings.brokers)
    sources: dict[SourceKind, Source] = {SourceKind.SQS: SqsSource(neighbours, flow, ground.clock)}
    polling = Polling(sources, ground.clock)
    topics = KafkaSource(brokers, neighbours, flow, ground.clock, polling.tell)
    sources |= {
        SourceKind.MSK: topics,
        SourceKind.KAFKA: topics,
        SourceKind.MQ: RabbitSource(brokers, flow, ground.clock, polling.tell),
    }
    return polling

"""The Lambda service, over the data plane that runs what it manages."""

from __future__ import annotations

import platform
from contextlib import AsyncExitStack
from dataclasses import dataclass

from lambent.assembly.data_plane import Held, Plane
from lambent.assembly.ground import Ground
from lambent.assembly.identity import Identity
from lambent.assembly.observed import Observed
from lambent.context import Principal
from lambent.invoke.asynchronous.drain import Drain
from lambent.model.event_source import SourceKind
from lambent.model.function import FunctionVersion
from lambent.neighbours.acting import Acting
from lambent.neighbours.base import Neighbours
from lambent.queue.sqlite import SqliteQueue
from lambent.services.lambda_.allocations import Allocations
from lambent.services.lambda_.api import LambdaApi
from lambent.services.lambda_.api_rates import ApiRates
from lambent.services.lambda_.async_acceptance import Asynchronous
from lambent.services.lambda_.async_invocations import AsyncWork
from lambent.services.lambda_.capacity_repository import CapacityRepository
from lambent.services.lambda_.code_admission import CodeAdmission
from lambent.services.lambda_.code_signing_repository import CodeSigningRepository
from lambent.services.lambda_.customer_keys import CustomerKeys
from lambent.services.lambda_.durable.chained import ChainedInvokes
from lambent.services.lambda_.durable.invoking import Invoking
from lambent.services.lambda_.durable.keys import ExecutionKeys
from lambent.services.lambda_.durable.repository import DurableRepository
from lambent.services.lambda_.durable.runs import Durable, Runs
from lambent.services.lambda_.event_invoke_repository import EventInvokeRepository
from lambent.services.lambda_.event_source_repository import EventSourceRepository
from lambent.services.lambda_.feeding import Feeding
from lambent.services.lambda_.idleness import Idleness
from lambent.services.lambda_.layer_repository import LayerRepository
from lambent.services.lambda_.managed import Managed
from lambent.services.lambda_.mapping_states import MappingStates
from lambent.services.lambda_.poller_logs import PollerLogs
from lambent.services.lambda_.provisioned_repository import ProvisionedRepository
from lambent.services.lambda_.recovery import recover
from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.sealed_code import Locate, SealedPackages
from lambent.services.lambda_.sealed_filters import FilterUnsealing
from lambent.services.lambda_.signing_profiles import SigningProfiles
from lambent.services.lambda_.states import States
from lambent.services.lambda_.url_repository import UrlRepository
from lambent.sources.base import Source
from lambent.sources.brokers import Brokers
from lambent.sources.kafka import KafkaSource
from lambent.sources.polling import Polling
from lambent.sources.rabbit import RabbitSource
from lambent.sources.sqs import SqsSource


@dataclass(frozen=True, slots=True)
class Inside:
    """What the Lambda service is made over, besides the ground."""

    repository: Repository
    urls: UrlRepository
    held: Held
    plane: Plane
    neighbours: Neighbours
    asynchronous: Asynchronous
    locate: Locate
    observed: Observed


async def open_lambda(stack: AsyncExitStack, ground: Ground, inside: Inside, identity: Identity) -> LambdaApi:
    """The Lambda service, after it has taken up what the last run of the server left."""
    settings, store, clock, ids = ground.settings, ground.store, ground.clock, ground.ids
    repository, code, incidents = inside.repository, inside.held.code, inside.observed.metrics.incidents
    dispatcher, chooser = inside.plane.dispatcher, inside.plane.chooser
    managed = Managed(repository, CapacityRepository(store), dispatcher, settings.managed_environments)
    allocations = Allocations(repository, ProvisionedRepository(store), managed, dispatcher)
    trees, snapshots = inside.held.layer_trees.tree_of, dispatcher.snapshots
    states = await stack.enter_async_context(
        States(
            *(repository, inside.plane.code_trees.tree, inside.plane.code_trees.is_here, trees, chooser),
            *(managed, allocations.settled, snapshots, clock, ids),
        )
    )
    provisions = allocations.provisions
    idleness = await stack.enter_async_context(
        Idleness(repository, provisions, states, dispatcher, clock, ids, settings.inactive_seconds)
    )
    feeding = Feeding(repository, identity.keyring.principal_of, clock, ids)
    pollers = await stack.enter_async_context(_polling(ground, inside, feeding, identity.acting))
    mappings = EventSourceRepository(store)
    mapping_states = await stack.enter_async_context(MappingStates(mappings, pollers))
    durable = await _durable(stack, ground, inside, identity.acting)
    api = LambdaApi(
        repository=repository,
        durable=durable,
        layers=LayerRepository(store),
        allocations=allocations,
        mappings=mappings,
        mapping_states=mapping_states,
        pollers=pollers,
        urls=inside.urls,
        events=EventInvokeRepository(store),
        asynchronous=inside.asynchronous,
        neighbours=inside.neighbours,
        admission=CodeAdmission(
            CodeSigningRepository(store),
            *(SigningProfiles(settings.signing_profiles), code.blobs.read, clock, incidents.unsigned),
        ),
        code=code,
        states=states,
        idleness=idleness,
        invoker=dispatcher,
        seals=SealedPackages(CustomerKeys(inside.neighbours), identity.acting.as_service, inside.locate),
        trusts=identity.trusts,
        architecture=_architecture(),
        choose_runtime=chooser,
        shows_layers=inside.plane.shows_layers,
        concurrency_limit=settings.concurrency_limit,
        unreserved_minimum=settings.unreserved_minimum,
        rates=ApiRates(clock.monotonic) if settings.api_rates else None,
        incident=incidents.count,
    )
    feeding.open_to(api.invoke)
    await recover(
        repository,
        states,
        mapping_states,
        allocations,
        durable.runs,
        dispatcher.reserve,
        snapshots.resume,
        code.sweep,
        inside.held.layer_trees.sweep,
    )
    return api


async def drain_events(
    stack: AsyncExitStack, ground: Ground, inside: Inside, identity: Identity, api: LambdaApi
) -> Drain:
    """Asynchronous invocation, which takes up what was left. Raises PlatformError."""
    clock, keyring = ground.clock, identity.keyring

    def act_as(function: FunctionVersion) -> Principal:
        return keyring.principal_of(function) if ground.settings.auth else keyring.root_principal

    configs, neighbours = api.event_configs, inside.neighbours
    work = AsyncWork(
        inside.repository, api.invocations, configs, inside.plane.dispatcher, neighbours, act_as, clock, ground.ids
    )
    queue = await stack.enter_async_context(SqliteQueue(ground.data / "events.db"))
    places = max(1, ground.settings.concurrency_limit // 2)
    drain = await stack.enter_async_context(Drain(queue, work, clock, places=places))
    inside.asynchronous.open_to(drain.accept)
    return drain


def _polling(ground: Ground, inside: Inside, feeding: Feeding, acting: Acting) -> Polling:
    """The pollers of every kind of source."""
    clock, neighbours, count = ground.clock, inside.neighbours, inside.observed.metrics.mappings.count
    brokers = Brokers(neighbours, feeding, ground.settings.brokers)
    sources: dict[SourceKind, Source] = {SourceKind.SQS: SqsSource(neighbours, feeding, clock, count)}
    unsealing = FilterUnsealing(CustomerKeys(neighbours), acting.as_service)
    polling = Polling(sources, clock, unsealing.opened)
    written = PollerLogs(inside.repository, inside.held.logs).write
    topics = KafkaSource(brokers, neighbours, feeding, clock, polling.tell, count=count, write=written)
    sources |= {
        SourceKind.MSK: topics,
        SourceKind.KAFKA: topics,
        SourceKind.MQ: RabbitSource(brokers, feeding, clock, polling.tell),
    }
    return polling


async def _durable(stack: AsyncExitStack, ground: Ground, inside: Inside, acting: Acting) -> Durable:
    """Durable executions, which are driven as soon as they are resumed or begun."""
    clock, ids = ground.clock, ground.ids
    keys = ExecutionKeys(CustomerKeys(inside.neighbours), acting.as_service, clock)
    repository = DurableRepository(ground.store, keys)
    invoking = Invoking(inside.repository, inside.plane.dispatcher, clock, ids)
    chained = ChainedInvokes(inside.repository, inside.neighbours, clock, ids)
    runs = await stack.enter_async_context(
        Runs(repository, invoking, chained, clock, ids, inside.observed.metrics.durable)
    )
    return Durable(repository, runs, keys)


def _architecture() -> str:
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"

"""The composition root: the whole program, visible. Everything is made here, in the order in which it needs
each other, and ended in the opposite order.

The only file that names concrete backends. No rule of any API is here.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import platform
import resource
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import uvloop

from lambent import __version__
from lambent.bus.base import Bus
from lambent.bus.memory import MemoryBus
from lambent.clock import MovableClock, RandomIds
from lambent.context import Clock, Ids, Principal
from lambent.gateway import credentials
from lambent.gateway.admin import Admin, Sources
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.authorize import Authorizer
from lambent.gateway.credentials import Keyring
from lambent.gateway.dispatch import Service, Services
from lambent.gateway.downloads import Downloads
from lambent.gateway.gateway import Gateway
from lambent.gateway.inner import InnerDoor
from lambent.gateway.signing import Key, sign
from lambent.gateway.urls import Urls
from lambent.gateway.user_keys import UserKeys
from lambent.http import tls
from lambent.http.client import HttpClient
from lambent.http.limits import MIB, Limits
from lambent.http.message import Request, Response
from lambent.http.server import Listener, Server
from lambent.http.sockets import bind_tcp
from lambent.invoke.asynchronous.drain import Drain
from lambent.invoke.dispatcher import Dispatcher
from lambent.model.errors import PlatformError
from lambent.model.event_source import SourceKind
from lambent.model.function import FunctionVersion
from lambent.neighbours.base import Neighbours
from lambent.neighbours.calls import Calls
from lambent.neighbours.external import External
from lambent.observe.logs import LogStore
from lambent.observe.trail import Trail, TrailFiles
from lambent.queue.sqlite import SqliteQueue
from lambent.runtime_api.framed import FramedSession
from lambent.runtime_api.http_api import HttpSession
from lambent.runtime_api.session import RuntimeSession
from lambent.runtimes.choose import Chooser
from lambent.runtimes.discover import discover
from lambent.runtimes.library import Library
from lambent.runtimes.places import Places
from lambent.sandbox import choose as sandboxes
from lambent.sandbox.base import Environment, RuntimeProcess
from lambent.sandbox.stock import Sizes
from lambent.services.iam.access import IamAccess
from lambent.services.iam.api import IamApi
from lambent.services.iam.repository import Repository as IamRepository
from lambent.services.iam.usage import Usage
from lambent.services.kms.access import KmsAccess
from lambent.services.kms.api import KmsApi
from lambent.services.kms.keyring import Keyring as KeyStore
from lambent.services.kms.repository import Repository as KmsRepository
from lambent.services.lambda_.access import LambdaAccess
from lambent.services.lambda_.access_report import AccessReport
from lambent.services.lambda_.allocations import Allocations
from lambent.services.lambda_.api import LambdaApi
from lambent.services.lambda_.api_rates import ApiRates
from lambent.services.lambda_.async_acceptance import Asynchronous
from lambent.services.lambda_.async_invocations import AsyncWork
from lambent.services.lambda_.capacity_repository import CapacityRepository
from lambent.services.lambda_.code_admission import CodeAdmission
from lambent.services.lambda_.code_signing_repository import CodeSigningRepository
from lambent.services.lambda_.durable.chained import ChainedInvokes
from lambent.services.lambda_.durable.invoking import Invoking
from lambent.services.lambda_.durable.repository import DurableRepository
from lambent.services.lambda_.durable.runs import Durable, Runs
from lambent.services.lambda_.event_invoke_repository import EventInvokeRepository
from lambent.services.lambda_.event_source_repository import EventSourceRepository
from lambent.services.lambda_.feeding import Feeding
from lambent.services.lambda_.idleness import Idleness
from lambent.services.lambda_.layer_repository import LayerRepository
from lambent.services.lambda_.logs import FunctionLogs
from lambent.services.lambda_.managed import Managed
from lambent.services.lambda_.mapping_states import MappingStates
from lambent.services.lambda_.provisioned_repository import ProvisionedRepository
from lambent.services.lambda_.recovery import recover
from lambent.services.lambda_.repository import Repository, is_secret
from lambent.services.lambda_.roles import Trusts
from lambent.services.lambda_.signing_profiles import SigningProfiles
from lambent.services.lambda_.states import States
from lambent.services.lambda_.url_repository import UrlRepository
from lambent.services.sqs.access import SqsAccess
from lambent.services.sqs.api import SqsApi
from lambent.services.sqs.mailbox import Mailbox
from lambent.services.sqs.moves import Moves
from lambent.services.sqs.post import PostOffice
from lambent.services.sqs.repository import Repository as QueueRepository
from lambent.services.sts.access import StsAccess
from lambent.services.sts.api import StsApi
from lambent.settings import Settings
from lambent.sources.polling import Polling
from lambent.sources.sqs import SqsSource
from lambent.store.base import Store
from lambent.store.code import CodeStore
from lambent.store.layers import LayerTrees
from lambent.store.seal import Seal, master_key
from lambent.store.sealed import SealedStore
from lambent.store.sqlite import SqliteStore
from lambent.wire.model import load

READY = "Lambent ready: "
"""What a started server says on standard output, followed by its address."""

ENDPOINT_FILE = "endpoint"
"""In the data directory while a server runs there: its address."""

DRAIN_SECONDS = 8.0
"""How long requests in work may go on after SIGTERM."""

ENDPOINT_CONNECTIONS = 128
"""How many connections at once the functions of one environment may have to us; beyond, they are cut off."""

_LIMITS = Limits(header_bytes=MIB, body_bytes=16 * MIB)
_INNER_LIMITS = replace(_LIMITS, connections=4096)
_LOG = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status. What forbids a start is said on standard error."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    # An environment takes about seven descriptors, and the usual soft limit is 1,024.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve_until_signalled(settings))
    except (PlatformError, OSError, tls.TlsError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        print(f"lambent: {said}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


async def _serve_until_signalled(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, stop=stop, ready=lambda address: print(READY + address, flush=True))  # noqa: T201


async def serve(settings: Settings, *, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
    """The program: open everything, tell `ready` the address, run until `stop` is set, end everything.

    Raises PlatformError, OSError or TlsError for what forbids a start.
    """
    data = settings.data.resolve()
    clock, ids = MovableClock(), RandomIds()
    async with AsyncExitStack() as stack:
        # What is durable, and who may come in.
        stack.enter_context(_lock(data))
        seal = Seal(master_key(settings.master_key, settings.master_key_file or data.with_name(data.name + ".key")))
        store = await stack.enter_async_context(SealedStore(SqliteStore(data / "state.db"), seal, is_secret))
        bus = await stack.enter_async_context(MemoryBus())
        ground = _Ground(settings, data, clock, ids, store, bus, seal)
        identity = await _identity(stack, ground)
        logs = await stack.enter_async_context(LogStore(data / "logs", clock))
        code = CodeStore(data)
        layer_trees = LayerTrees(data, code)

        # Where we listen: bound first, since functions are told their endpoint; open last.
        doors = await _bind(stack, settings, data, clock.now())

        async def enter(request: Request) -> Response:
            asked = urls.asked(request)
            return await (gateway.handle(request) if asked is None else urls.handle(request, asked))

        server = await stack.enter_async_context(Server(enter, limits=_LIMITS))
        inner = await stack.enter_async_context(Server(enter, limits=_INNER_LIMITS))  # functions cannot fill the other

        # The data plane: what runs functions.
        chooser = Chooser(
            discover(Places.of(settings), data / "runtime" / "versions.json"), strict=settings.strict_runtimes
        )
        sandbox = await sandboxes.choose(
            settings.sandbox,
            data=data,
            library=Library(data / "runtime"),
            endpoint_url=doors.inner_address,
            prepared=Sizes(),
            network=settings.network,
        )
        dispatcher = await stack.enter_async_context(
            Dispatcher(
                sandbox=await stack.enter_async_context(sandbox),
                open_session=_open_session,
                serve_endpoint=partial(inner.listen_socket, connections=ENDPOINT_CONNECTIONS),
                runtime_for=chooser,
                code_tree=code.ensure_tree,
                layer_tree=layer_trees.tree_of,
                credentials=identity.keyring.for_function,
                logs=logs,
                clock=clock,
                ids=ids,
                settings=settings,
            )
        )

        neighbours = await _neighbours(stack, settings)

        # The services: what is said of functions.
        repository = Repository(store, bus)
        function_urls = UrlRepository(store, repository)
        shows_layers = sandbox.name == "isolated"
        inside = _Inside(
            repository, function_urls, code, layer_trees, dispatcher, chooser, neighbours, Asynchronous(), shows_layers
        )
        lambda_api = await _lambda(stack, ground, inside, identity)
        function_logs = FunctionLogs(repository, logs)

        # The front door.
        trail = await stack.enter_async_context(Trail(TrailFiles(data / "trail"), clock))
        access = LambdaAccess(repository)
        served = [Service(load("lambda"), lambda_api.operations, access), *identity.services]
        services = Services([*served, await _sqs(stack, ground)])
        neighbours.open_to(InnerDoor(services, identity.authorizer, trail.record))
        drain = await _drain_events(stack, ground, inside, identity, lambda_api)
        sources = Sources(
            version=__version__,
            logs=function_logs.lines,
            environments=dispatcher.environments,
            runtimes=chooser.listing,
            package=code.blobs.read,
            trail=trail.events,
            access=identity.report(repository).of,
            drain=drain,
            debug=dispatcher.debugging.set,
        )
        gateway = _gateway(services, identity, sources, trail, settings, clock, ids)
        urls = _urls(function_urls, lambda_api, access, identity, clock, ids)
        listeners = [await server.listen_socket(sock, context) for sock, context in doors.sockets]
        stack.enter_context(_announced(data / ENDPOINT_FILE, doors.address))
        _settle(settings, doors.address)
        ready(doors.address)

        await stop.wait()
        _LOG.info("stopping")
        function_logs.close()
        await _drain(listeners)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What everything stands on."""

    settings: Settings
    data: Path
    clock: MovableClock
    ids: Ids
    store: Store
    bus: Bus
    seal: Seal


@dataclass(frozen=True, slots=True)
class _Inside:
    """What the Lambda service is made over, besides the ground."""

    repository: Repository
    urls: UrlRepository
    code: CodeStore
    layer_trees: LayerTrees
    dispatcher: Dispatcher
    chooser: Chooser
    neighbours: Neighbours
    asynchronous: Asynchronous
    shows_layers: bool


@dataclass(frozen=True, slots=True)
class _Identity:
    """Who may come in, and what they may do. `trusts` is None where nobody need say who they are."""

    keyring: Keyring
    iam: IamApi
    repository: IamRepository
    usage: Usage
    authenticator: Authenticator
    authorizer: Authorizer
    trusts: Trusts | None
    services: list[Service]

    def report(self, functions: Repository) -> AccessReport:
        """What functions' roles were used for."""
        return AccessReport(functions, self.repository, self.iam.identities, self.usage)


async def _identity(stack: AsyncExitStack, ground: _Ground) -> _Identity:
    """Keys, identities, and the services that manage them. Raises PlatformError."""
    settings, clock, ids, store, bus = ground.settings, ground.clock, ground.ids, ground.store, ground.bus
    stored = credentials.load(ground.data, ids)
    keyring = Keyring(credentials.root_key(settings, stored), stored.session_secret, settings.account, clock, ids)
    repository = IamRepository(store, bus)
    iam = IamApi(repository)
    usage = await stack.enter_async_context(Usage(store))
    user_keys = await stack.enter_async_context(UserKeys(repository, clock))
    key_store = KeyStore(KmsRepository(store, bus), ground.seal)
    sts = StsApi(iam.identities, keyring.for_role, keyring.for_caller, repository, settings.oidc_keys)
    return _Identity(
        keyring=keyring,
        iam=iam,
        repository=repository,
        usage=usage,
        # By the machine's clock, as clients sign: the server's may be moved.
        authenticator=Authenticator(keyring, user_keys.find, MovableClock(), enforced=settings.auth),
        authorizer=Authorizer(iam.identities, clock, usage.note),
        trusts=iam.identities.trusts if settings.auth else None,
        services=[
            Service(load("iam"), iam.operations, IamAccess()),
            Service(load("sts"), sts.operations, StsAccess(iam.identities)),
            Service(load("kms"), KmsApi(key_store).operations, KmsAccess(key_store)),
        ],
    )


async def _neighbours(stack: AsyncExitStack, settings: Settings) -> Calls:
    """How everything calls AWS APIs: at the endpoints of the settings, else in this process, once that is there."""
    http = await stack.enter_async_context(HttpClient())
    key_id, secret = settings.neighbour_access_key_id, settings.neighbour_secret_access_key
    if key_id is None or secret is None:
        return Calls(External(http, settings.endpoints, None))
    key = Key(key_id, secret, settings.neighbour_session_token)

    def signed(
        method: str, url: str, headers: Mapping[str, str], body: bytes, region: str, service: str
    ) -> dict[str, str]:
        return sign(method, url, headers, body, key=key, region=region, service=service, now=time.time())

    return Calls(External(http, settings.endpoints, signed))


async def _lambda(stack: AsyncExitStack, ground: _Ground, inside: _Inside, identity: _Identity) -> LambdaApi:
    """The Lambda service, after it has taken up what the last run of the server left."""
    settings, store, clock = ground.settings, ground.store, ground.clock
    repository, dispatcher, chooser, code = inside.repository, inside.dispatcher, inside.chooser, inside.code
    managed = Managed(repository, CapacityRepository(store), dispatcher, settings.managed_environments)
    allocations = Allocations(repository, ProvisionedRepository(store), managed, dispatcher)
    trees, snapshots = inside.layer_trees.tree_of, dispatcher.snapshots
    states = await stack.enter_async_context(
        States(repository, code.ensure_tree, trees, chooser, allocations.settled, snapshots, clock, ground.ids)
    )
    provisions = allocations.provisions
    idleness = await stack.enter_async_context(
        Idleness(repository, provisions, states, dispatcher, clock, ground.ids, settings.inactive_seconds)
    )
    feeding = Feeding(repository, identity.keyring.principal_of, clock, ground.ids)
    queues = SqsSource(inside.neighbours, feeding, clock)
    pollers = await stack.enter_async_context(Polling({SourceKind.SQS: queues}, clock))
    mappings = EventSourceRepository(store)
    mapping_states = await stack.enter_async_context(MappingStates(mappings, pollers))
    durable = await _durable(stack, ground, inside)
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
            CodeSigningRepository(store), SigningProfiles(settings.signing_profiles), code.blobs.read, clock
        ),
        code=code,
        states=states,
        idleness=idleness,
        invoker=dispatcher,
        locate_code=Downloads(identity.keyring, clock).locate,
        trusts=identity.trusts,
        architecture=_architecture(),
        choose_runtime=chooser,
        shows_layers=inside.shows_layers,
        concurrency_limit=settings.concurrency_limit,
        unreserved_minimum=settings.unreserved_minimum,
        rates=ApiRates(clock.monotonic) if settings.api_rates else None,
    )
    feeding.open_to(api.invoke)
    await recover(
        repository,
        states,
        mapping_states,
        allocations,
        durable.runs,
        dispatcher.reserve,
        code.sweep,
        inside.layer_trees.sweep,
    )
    return api


async def _drain_events(
    stack: AsyncExitStack, ground: _Ground, inside: _Inside, identity: _Identity, api: LambdaApi
) -> Drain:
    """Asynchronous invocation, which takes up what was left. Raises PlatformError."""
    clock, keyring = ground.clock, identity.keyring

    def act_as(function: FunctionVersion) -> Principal:
        return keyring.principal_of(function) if ground.settings.auth else keyring.root_principal

    configs, neighbours = api.event_configs, inside.neighbours
    work = AsyncWork(
        inside.repository, api.invocations, configs, inside.dispatcher, neighbours, act_as, clock, ground.ids
    )
    queue = await stack.enter_async_context(SqliteQueue(ground.data / "events.db"))
    places = max(1, ground.settings.concurrency_limit // 2)
    drain = await stack.enter_async_context(Drain(queue, work, clock, places=places))
    inside.asynchronous.open_to(drain.accept)
    return drain


async def _durable(stack: AsyncExitStack, ground: _Ground, inside: _Inside) -> Durable:
    """Durable executions, which are driven as soon as they are resumed or begun."""
    repository, clock, ids = DurableRepository(ground.store), ground.clock, ground.ids
    invoking = Invoking(inside.repository, inside.dispatcher, clock, ids)
    chained = ChainedInvokes(inside.repository, inside.neighbours, clock, ids)
    return Durable(repository, await stack.enter_async_context(Runs(repository, invoking, chained, clock, ids)))


async def _sqs(stack: AsyncExitStack, ground: _Ground) -> Service:
    """Queues, with their messages in a file of their own. Raises PlatformError."""
    queues = QueueRepository(ground.store, ground.bus)
    post = PostOffice(queues, await stack.enter_async_context(Mailbox(ground.data / "sqs.db")), ground.seal)
    moves = await stack.enter_async_context(Moves(post))
    return Service(load("sqs"), SqsApi(post, moves).operations, SqsAccess(queues))


def _gateway(
    services: Services,
    identity: _Identity,
    sources: Sources,
    trail: Trail,
    settings: Settings,
    clock: MovableClock,
    ids: Ids,
) -> Gateway:
    """The front door of AWS's APIs and of Lambent's own addresses."""
    return Gateway(
        services,
        identity.authenticator,
        identity.authorizer,
        Admin(sources, identity.authenticator, clock, ids, region=settings.region, movable=settings.test_clock),
        region=settings.region,
        clock=clock,
        ids=ids,
        tell=trail.record,
    )


def _urls(
    urls: UrlRepository, api: LambdaApi, access: LambdaAccess, identity: _Identity, clock: Clock, ids: Ids
) -> Urls:
    """The doors of functions."""
    return Urls(urls.called, api.invoke, api.stream, access, identity.authenticator, identity.authorizer, clock, ids)


@dataclass(frozen=True, slots=True)
class _Doors:
    """Bound sockets with what secures them, and the addresses that they have for clients and for functions."""

    sockets: list[tuple[socket.socket, ssl.SSLContext | None]]
    address: str
    inner_address: str


async def _bind(stack: AsyncExitStack, settings: Settings, data: Path, now: float) -> _Doors:
    """Bind what the settings ask for; with TLS also a plain address that only this machine reaches, since
    functions without walls could not check a certificate that we made ourselves. Raises OSError, TlsError."""
    secure = _tls_context(settings, data, now)
    outer = await bind_tcp(settings.host, settings.port)
    inner = await bind_tcp("127.0.0.1", 0) if secure is not None else []
    for sock in (*outer, *inner):
        stack.callback(sock.close)
    address = _address("https" if secure is not None else "http", outer[0], settings.host)
    inner_address = _address("http", inner[0], "127.0.0.1") if inner else address
    return _Doors([*((sock, secure) for sock in outer), *((sock, None) for sock in inner)], address, inner_address)


async def _open_session(environment: Environment, process: RuntimeProcess) -> RuntimeSession:
    """How to talk to a runtime: over its own socket if it has one, else over the Runtime API."""
    if process.channel is not None:
        return await FramedSession.connect(process.channel)
    if environment.runtime_api is None:
        raise PlatformError("the sandbox gave neither a channel nor a Runtime API address")
    return await HttpSession.listen(environment.runtime_api)


async def _drain(listeners: list[Listener]) -> None:
    async with asyncio.TaskGroup() as group:
        for listener in listeners:
            group.create_task(listener.close(DRAIN_SECONDS))


def _settle(settings: Settings, address: str) -> None:
    """What there is to do and to say before the first request."""
    if not settings.auth:
        _LOG.warning("signatures are not checked: whoever reaches %s is root", address)
    gc.collect()
    gc.freeze()  # what is here stays for good: the collector need not look at it again


@contextlib.contextmanager
def _lock(data: Path) -> Iterator[None]:
    """Nobody else may serve this data directory meanwhile. Raises PlatformError when somebody does."""
    data.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            raise PlatformError(
                f"the data directory {data} is in use by another Lambent (process {holder});"
                " stop it, or choose another directory with --data"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _announced(file: Path, address: str) -> Iterator[None]:
    """The address stands in `file` as long as somebody answers there."""
    file.write_text(address + "\n")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _tls_context(settings: Settings, data: Path, now: float) -> ssl.SSLContext | None:
    """The certificate that was given, else one of our own; None without TLS. Raises TlsError."""
    if not settings.tls and settings.tls_certificate is None:
        return None
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None or key is None:
        certificate, key = tls.self_made(data / "tls", (settings.host, "localhost", "127.0.0.1", "::1"), now)
    return tls.context(certificate, key)


def _address(scheme: str, sock: socket.socket, host: str) -> str:
    """An address that a client on this machine can use."""
    shown = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"{scheme}://{f'[{shown}]' if ':' in shown else shown}:{sock.getsockname()[1]}"


def _architecture() -> str:
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"

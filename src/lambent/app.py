"""The composition root: the whole program, visible. Everything is made here, in the order in which it needs
each other, and ended in the opposite order.

Only this file and the rooms of `assembly`, which it opens, name concrete backends. No rule of any API is here.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import uvloop

from lambent import __version__
from lambent.assembly.bill import bill_of
from lambent.assembly.data_plane import open_held, open_plane
from lambent.assembly.doors import bind
from lambent.assembly.events import open_events
from lambent.assembly.functions import Inside, drain_events, open_lambda
from lambent.assembly.ground import Ground
from lambent.assembly.identity import Identity, open_identity
from lambent.assembly.logs import open_logs
from lambent.assembly.metrics import open_cloudwatch
from lambent.assembly.observed import open_observed
from lambent.assembly.outward import open_neighbours
from lambent.assembly.pipes import open_pipes
from lambent.assembly.prometheus import measuring
from lambent.assembly.queues import open_sqs
from lambent.assembly.scheduler import open_scheduler
from lambent.assembly.secrets import secrets_of
from lambent.assembly.sns import open_sns
from lambent.assembly.traces import xray_of
from lambent.bus.memory import MemoryBus
from lambent.clock import MovableClock, RandomIds
from lambent.context import Clock, Ids
from lambent.gateway.admin import Admin, Sources
from lambent.gateway.dispatch import Service, Services
from lambent.gateway.downloads import Downloads
from lambent.gateway.gateway import Gateway
from lambent.gateway.inner import InnerDoor
from lambent.gateway.urls import Urls
from lambent.http import tls
from lambent.http.limits import MIB, Limits
from lambent.http.message import Request, Response
from lambent.http.server import Listener, Server
from lambent.model.errors import PlatformError
from lambent.observe import own_log
from lambent.observe.metrics.urls import Answered
from lambent.observe.trail import Trail, TrailFiles
from lambent.sandbox.inside.isolate import CORE_LIMIT
from lambent.services.lambda_ import repository as functions
from lambent.services.lambda_.access import LambdaAccess
from lambent.services.lambda_.api import LambdaApi
from lambent.services.lambda_.async_acceptance import Asynchronous
from lambent.services.lambda_.logs import FunctionLogs
from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.url_repository import UrlRepository
from lambent.services.pipes import repository as pipes
from lambent.services.scheduler import repository as schedules
from lambent.services.sns.signing import Signer
from lambent.settings import Settings
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
    own_log.begin(settings.log_format)
    # An environment takes about seven descriptors, and the usual soft limit is 1,024.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    _dump_no_core()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve_until_signalled(settings))
    except (PlatformError, OSError, tls.TlsError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        print(f"lambent: {said}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _dump_no_core() -> None:
    """Keys and functions' variables lie in this memory: no crash may write it to a disk."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    limit = CORE_LIMIT if most == resource.RLIM_INFINITY else min(CORE_LIMIT, most)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


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
        store = await stack.enter_async_context(SealedStore(SqliteStore(data / "state.db"), seal, _is_secret))
        bus = await stack.enter_async_context(MemoryBus())
        ground = Ground(settings, data, clock, ids, store, bus, seal)
        identity = await open_identity(stack, ground)
        held = await open_held(stack, ground, identity)
        observed = await open_observed(stack, ground, held.logs)

        # Where we listen: bound first, since functions are told their endpoint; open last.
        doors = await bind(stack, settings, data, clock.now())

        async def enter(request: Request) -> Response:
            asked = urls.asked(request)
            return await (gateway.handle(request) if asked is None else urls.handle(request, asked))

        server = await stack.enter_async_context(Server(enter, limits=_LIMITS))
        inner = await stack.enter_async_context(Server(enter, limits=_INNER_LIMITS))  # functions cannot fill the other

        # The data plane: what runs functions.
        endpoint = partial(inner.listen_socket, connections=ENDPOINT_CONNECTIONS)
        neighbours = await open_neighbours(stack, settings)
        plane = await open_plane(stack, ground, identity, held, observed, neighbours, endpoint, doors.inner_address)

        # The services: what is said of functions.
        repository = Repository(store, bus)
        function_urls = UrlRepository(store, repository)
        downloads = Downloads(identity.keyring, clock, seal, held.code.blobs.read)
        inside = Inside(repository, function_urls, held, plane, neighbours, Asynchronous(), downloads.locate, observed)
        lambda_api = await open_lambda(stack, ground, inside, identity)
        function_logs = FunctionLogs(repository, held.logs)
        logs = await open_logs(stack, ground, identity, held.logs, neighbours, observed.metrics.store)

        # The front door.
        events = await open_events(stack, ground, neighbours, identity)
        trail = await stack.enter_async_context(Trail(TrailFiles(data / "trail"), clock))
        access = LambdaAccess(repository)
        signer = Signer(store, seal, doors.address)
        queues = await open_sqs(stack, ground, neighbours)
        services = Services(
            [
                Service(load("lambda"), lambda_api.operations, access),
                *identity.services,
                queues.service,
                secrets_of(ground, neighbours),
                xray_of(ground, observed.traces, identity, neighbours),
                await open_cloudwatch(stack, ground, observed.metrics, identity.acting, neighbours),
                await open_scheduler(stack, ground, identity, neighbours),
                events.service,
                await open_pipes(stack, ground, identity, neighbours),
                await open_sns(stack, ground, neighbours, identity.acting, signer),
                logs.service,
            ]
        )
        drain = await drain_events(stack, ground, inside, identity, lambda_api)
        neighbours.open_to(InnerDoor(services, identity.authorizer, trail.record))  # what waits for it may invoke
        observed.metrics.functions.open_to(plane.dispatcher.loads, drain.counters.news)
        measure = measuring(observed.totals, plane.dispatcher, drain, queues.peek)
        if observed.exporter is not None:
            observed.exporter.open_to(measure)
        sources = Sources(
            version=__version__,
            logs=function_logs.lines,
            environments=plane.dispatcher.environments,
            runtimes=plane.chooser.listing,
            package=downloads.package,
            trail=trail.events,
            access=identity.report(repository).of,
            drain=drain,
            buses=events.steps,
            bill=bill_of(ground, observed.usage, repository),
            debug=plane.dispatcher.debugging.set,
            certificate=signer.certificate,
            peek=queues.peek,
            measure=measure,
        )
        gateway = _gateway(services, identity, sources, trail, settings, clock, ids)
        urls = _urls(function_urls, lambda_api, access, identity, observed.metrics.urls.answered, clock, ids)
        listeners = [await server.listen_socket(sock, context) for sock, context in doors.sockets]
        stack.enter_context(_announced(data / ENDPOINT_FILE, doors.address))
        _settle(settings, doors.address)
        ready(doors.address)

        await stop.wait()
        _LOG.info("stopping")
        function_logs.close()
        logs.live_tail.close()
        await _drain(listeners)


def _is_secret(key: str) -> bool:
    """Whether a record is kept sealed."""
    return functions.is_secret(key) or schedules.is_secret(key) or pipes.is_secret(key)


def _gateway(
    services: Services,
    identity: Identity,
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
        Admin(
            sources,
            identity.authenticator,
            clock,
            ids,
            region=settings.region,
            movable=settings.test_clock,
            metrics_token=settings.metrics_token,
        ),
        region=settings.region,
        clock=clock,
        ids=ids,
        tell=trail.record,
    )


def _urls(
    urls: UrlRepository,
    api: LambdaApi,
    access: LambdaAccess,
    identity: Identity,
    answered: Answered,
    clock: Clock,
    ids: Ids,
) -> Urls:
    """The doors of functions."""
    may_enter = identity.authenticator, identity.authorizer
    return Urls(urls.called, api.invoke, api.stream, access, *may_enter, clock, ids, answered)


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

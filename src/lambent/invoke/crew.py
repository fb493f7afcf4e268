"""The processes of one INIT and of all that follows it: the runtime, the extensions beside it, and who speaks to them.

After a reset another crew takes over the same environment. It waits for what is said and tells what has ended; how long
anything may take, and what it means to an invocation, is its environment's business.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from functools import partial

from lambent.http.message import Request, Response
from lambent.invoke import levels
from lambent.invoke.blueprint import METADATA_TOKEN, Blueprint
from lambent.invoke.doorway import Doorway
from lambent.invoke.report import InitReport
from lambent.invoke.room import Parts
from lambent.invoke.variables import CREDENTIALS_TOKEN
from lambent.model.errors import PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import ExitStatus, InitType, Invocation
from lambent.model.runtime import RuntimeKind
from lambent.runtime_api import credentials_api
from lambent.runtime_api.credentials_api import CredentialsApi
from lambent.runtime_api.door import EnvironmentDoor
from lambent.runtime_api.extension_launch import FOLDER, extension_variables, external_extensions
from lambent.runtime_api.extensions import Failure, ShutdownReason
from lambent.runtime_api.extensions_api import ExtensionsApi, FunctionFacts
from lambent.runtime_api.http_api import HttpSession
from lambent.runtime_api.metadata_api import MetadataApi, zone_id
from lambent.runtime_api.session import (
    CapturableSession,
    Initialized,
    InitOutcome,
    Parked,
    PromptSession,
    RuntimeSession,
)
from lambent.runtime_api.shared_api import SharedSession
from lambent.runtime_api.telemetry import TelemetryHub
from lambent.runtime_api.telemetry_api import TelemetryApi
from lambent.sandbox.base import Environment, Extensible, RuntimeProcess

_log = logging.getLogger(__name__)

_LAST_WORDS_SECONDS = 0.01
_EXIT_SECONDS = 1.0
"""How long to wait for the exit status of a runtime that hung up."""

_RUNTIME_SECONDS = 0.3
_RUNTIME_SHARE = 0.3
"""Of the time for an orderly end: what the runtime has from SIGTERM to SIGKILL."""

_FLUSH_SECONDS = 0.2
"""How long the last telemetry may take before extensions are told of the end."""


class Crew:
    """See the module. `on_exit`: the runtime has ended by itself. `on_failure`: an extension broke the environment."""

    def __init__(
        self,
        environment: Environment,
        blueprint: Blueprint,
        parts: Parts,
        on_exit: Callable[[], None],
        on_failure: Callable[[], None],
    ) -> None:
        self.session: RuntimeSession | None = None
        self.prompt: PromptSession | None = None
        """The session, if it is of that kind."""
        self.active = False
        """True once INIT has shown that there are extensions: they take part in every invocation."""
        self._environment = environment
        self._blueprint = blueprint
        self._parts = parts
        self._journal = blueprint.journal
        self._on_exit = on_exit
        self._on_failure = on_failure
        self._process: RuntimeProcess | None = None
        self._phase = ""
        self._closed = False
        self._runtime_api = _runtime_api(blueprint)
        self.restored_at: float | None = None
        """When a restored runtime was back: since then its after-restore hooks have run."""
        self._names = external_extensions(blueprint.spec.layers)
        self._extensions: ExtensionsApi | None = None
        self._hub: TelemetryHub | None = None
        if self._names is not None:
            self._extensions = ExtensionsApi(_facts(blueprint.function), parts.ids.request_id)
            if isinstance(environment, Extensible):
                json_logs = blueprint.function.logging.log_format == "JSON"
                self._hub = TelemetryHub(open_socket=environment.open_socket, clock=parts.clock, json_logs=json_logs)
        self._journal.hub = self._hub
        self._doorway = Doorway(environment, self._make_door)

    # INIT.

    async def initialize(self, phase: str) -> InitOutcome | Failure:
        """Start everybody and wait until all are ready. `phase` as in `platform.initStart`. Raises PlatformError.

        What comes of it is also told to the journal, but for the end of INIT.
        """
        self._phase = phase
        begun = self._parts.clock.monotonic()
        if self._names:
            if (failure := await self._launch(self._names)) is not None:
                return failure
            await self._start_runtime()
        elif self._environment.runtime_api is not None:
            await self._doorway.open(at_once=self._runtime_api is not None)
            await self._start_runtime()
        else:
            await self._start_behind_a_door()
        if self.session is None:
            raise PlatformError(f"environment {self._environment.spec.id} has no runtime")
        outcome = await self.session.initialized()
        if isinstance(outcome, Parked):
            if self._blueprint.spec.is_template:
                return outcome
            outcome = await self.session.proceed()
        if self.failure is not None:
            return self.failure
        succeeded = isinstance(outcome, Initialized)
        seconds = self._parts.clock.monotonic() - begun
        self._journal.output.drain()
        if not self._blueprint.restores:  # else the restore's own report says it
            report = InitReport(seconds * 1000, phase, "success" if succeeded else "error")
            self._journal.init_runtime_done(report)
        if self._extensions is None or not succeeded:
            return outcome
        self._extensions.close_registration()
        self.active = self._extensions.host.active
        return (await self._extensions.initialized() if self.active else None) or outcome

    def init_over(self) -> None:
        """INIT has ended, whichever way: nobody can subscribe any more. Tells how the extensions came out of it."""
        if self._extensions is not None and self._extensions.host.active:
            for info in self._extensions.host.infos():
                self._journal.extension(info)
        if self._hub is not None:
            self._hub.close_subscriptions()
            if not self._hub.listening:
                self._journal.hub = None

    async def _launch(self, names: list[str]) -> Failure | None:
        """Start the external extensions and wait until they have registered."""
        extensions, environment = self._extensions, self._environment
        if extensions is None or not isinstance(environment, Extensible):
            raise PlatformError("this sandbox cannot run extensions")
        await self._doorway.open(at_once=True)
        extensions.expect(names)
        variables = self._variables()
        for name in names if self.failure is None else ():
            process = await environment.start_extension(f"/opt/{FOLDER}/{name}", variables)
            self._journal.output.attach([process.logs], self._journal.extension_lines)
            process.exited.add_done_callback(partial(self._extension_exited, name))
        return await extensions.registered()

    def _variables(self) -> dict[str, str]:
        """What extensions see: the function's variables, but for some, and where the APIs are."""
        variables = dict(self._blueprint.spec.variables)
        if self._doorway.address is not None:
            variables["AWS_LAMBDA_RUNTIME_API"] = self._doorway.address
        if self._environment.endpoint is not None:
            variables.setdefault("AWS_ENDPOINT_URL", "http://{}:{}".format(*self._environment.endpoint.getsockname()))
        return extension_variables(variables)

    async def _start_behind_a_door(self) -> None:
        """The door needs a moment, and the runtime another one before it could knock."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._doorway.open(at_once=False))
                await self._start_runtime()
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _start_runtime(self) -> None:
        process = self._process = await self._environment.start_runtime()
        if self._phase == "invoke":  # full speed is for the first INIT alone
            self._environment.limit_cpu()
        pipes = [process.logs] if process.telemetry is None else [process.logs, process.telemetry]
        wanted = levels.wanted(self._blueprint.function.logging)
        self._journal.output.attach(pipes, self._journal.function_lines, wanted)
        try:
            session = self._runtime_api or await self._parts.open_session(self._environment, process)
        except BaseException:
            if process.channel is not None:
                process.channel.close()
            raise
        self.session = session
        self.prompt = session if isinstance(session, PromptSession) else None
        if isinstance(session, CapturableSession):
            session.on_restored = self._restored
            if session.is_restored:  # it was quicker than we were
                self._restored()
        process.exited.add_done_callback(lambda _: self._runtime_exited(session))

    def _restored(self) -> None:
        self.restored_at = self._parts.clock.monotonic()

    async def capture(self) -> str | None:
        """Have the parked runtime captured: empty if it was, else why not; None if it has ended."""
        if not isinstance(self.session, CapturableSession):
            return "has a runtime that cannot be captured"
        if self._extensions is not None and self._extensions.host.infos():
            return "runs an extension in its own process"
        return await self.session.capture()

    def _make_door(self) -> EnvironmentDoor:
        telemetry = None
        if self._extensions is not None:
            telemetry = TelemetryApi(self._hub, self._extensions, self._journal.subscribed)
        token = self._blueprint.spec.variables.get(METADATA_TOKEN) or self._parts.ids.hex(32)
        metadata = MetadataApi(token, zone_id(self._blueprint.function.region))
        return EnvironmentDoor(
            runtime=self._runtime_api,
            extensions=self._extensions,
            telemetry=telemetry,
            metadata=metadata,
            credentials=self._credentials(),
        )

    def _credentials(self) -> Callable[[Request], Response] | None:
        """Who answers for the credentials, where they are no variables."""
        spec, keys = self._blueprint.spec, self._blueprint.credentials
        token = spec.variables.get(CREDENTIALS_TOKEN)
        if token is None:
            return None
        seconds = credentials_api.TEMPLATE_SECONDS if spec.is_template else credentials_api.RESTORED_SECONDS
        values = keys.access_key_id, keys.secret_access_key, keys.session_token
        api = CredentialsApi(token, values, seconds)
        return lambda request: api.handle(request, self._parts.machine_time())

    # Invocations and rest.

    async def settled(self) -> Failure | None:
        """Wait until every extension has asked for its next event."""
        return None if self._extensions is None else await self._extensions.settled()

    def tell(self, invocation: Invocation) -> None:
        """Let the extensions know of an invocation. Raises PlatformError."""
        if self._extensions is not None:
            self._extensions.invoke(invocation)

    async def freeze(self) -> None:
        """Stop every process, and send them nothing. Raises PlatformError."""
        if self._hub is not None:
            self._hub.pause()
        await self._environment.freeze()

    async def thaw(self) -> None:
        """Undo `freeze`. Raises PlatformError."""
        await self._environment.thaw()
        if self._hub is not None:
            self._hub.resume()

    # What has ended.

    @property
    def has_exited(self) -> bool:
        """True once the runtime's process is known to have ended."""
        return self._process is not None and self._process.exited.done()

    @property
    def failure(self) -> Failure | None:
        """What an extension has broken the environment with."""
        return None if self._extensions is None else self._extensions.host.failure

    @property
    def fatal(self) -> str | None:
        """The error type that an extension has reported: it stands for whatever ended the environment."""
        return None if self._extensions is None else self._extensions.host.fatal

    async def exit_status(self) -> ExitStatus | None:
        """How the runtime ended; None if it has not, or nobody can tell."""
        if self._process is None:
            return None
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(self._process.exited), _EXIT_SECONDS)
        return None

    def _runtime_exited(self, session: RuntimeSession) -> None:
        """Let the session read what the process sent last, then make sure that it does not wait for more.

        Its own end of file may never come: a child of the process may have inherited the connection.
        Two timers, so that the loop has polled in between even if it was late for both.
        """
        if self._closed:
            return
        self._on_exit()
        loop = asyncio.get_running_loop()
        loop.call_later(_LAST_WORDS_SECONDS, loop.call_later, _LAST_WORDS_SECONDS, session.close)

    def _extension_exited(self, name: str, exited: asyncio.Future[ExitStatus]) -> None:
        if self._closed or self._extensions is None or exited.cancelled():
            return
        status = exited.result()
        if status.refused is not None:
            reason = "PermissionDenied" if "permission denied" in status.refused else "UnknownError"
            self._extensions.not_launched(name, reason, status.refused)
        else:
            self._extensions.exited(name, status)
        if self.failure is not None:
            self._on_failure()

    # The end.

    @property
    def shutdown_seconds(self) -> float:
        """What there is for an orderly end; without extensions nothing."""
        return 0.0 if self._extensions is None else self._extensions.host.shutdown_ms / 1000

    async def kill_runtime(self) -> None:
        """Kill the runtime's process alone. Never raises."""
        await self._signal(signal.SIGKILL)

    async def shut_down(self, reason: ShutdownReason) -> None:
        """Let the runtime, unless it has ended, and then the extensions end in order, within the budget. Never raises.

        Not while frozen. What is left then has to be killed.
        """
        seconds = self.shutdown_seconds
        if self._extensions is None or not seconds:
            return
        over = self._parts.clock.monotonic() + seconds
        deadline_ms = int((self._parts.machine_time() + seconds) * 1000)
        if self._process is not None and not self.has_exited:
            await self._signal(signal.SIGTERM)
            await asyncio.wait({self._process.exited}, timeout=min(_RUNTIME_SECONDS, seconds * _RUNTIME_SHARE))
            if not self.has_exited:
                await self._signal(signal.SIGKILL)
        if self._hub is not None:
            await self._hub.flush(_FLUSH_SECONDS)
        with contextlib.suppress(PlatformError):
            self._extensions.shutdown(reason, deadline_ms)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, over - self._parts.clock.monotonic())):
                await self._extensions.gone()

    async def _signal(self, number: int) -> None:
        if isinstance(self._environment, Extensible):
            with contextlib.suppress(PlatformError):
                await self._environment.signal(number)

    async def dismiss(self, reason: ShutdownReason, quiet: asyncio.Event | None) -> None:
        """After a failure extensions end in order; without any, nobody gets the time for it.

        `quiet` is set as soon as the runtime runs no more, if that is before the end.
        """
        if self.shutdown_seconds:
            await self.kill_runtime()
            if quiet is not None:
                quiet.set()
            await self.shut_down(reason)
        self.hang_up()

    def hang_up(self) -> None:
        """Speak with nobody any more: whoever waits for an answer is told. Idempotent."""
        self._closed = True
        if self.session is not None:
            self.session.close()
        if self._extensions is not None:
            self._extensions.close()

    async def close(self) -> None:
        """Free what it holds. Idempotent, never raises."""
        self.hang_up()
        if self._journal.hub is self._hub:
            self._journal.hub = None
        await self._doorway.close()
        if self._hub is not None:
            await self._hub.close()


def _runtime_api(blueprint: Blueprint) -> HttpSession | None:
    """What the runtime asks for its events; None for one that has a private socket for that."""
    if (capacity := blueprint.function.capacity) is not None:
        return SharedSession(capacity.concurrency)
    restores = blueprint.init_type is InitType.SNAP_START
    return HttpSession(restores=restores) if blueprint.spec.runtime.kind is RuntimeKind.EXEC else None


def _facts(function: FunctionVersion) -> FunctionFacts:
    return FunctionFacts(
        function.name, function.version, function.handler, function.account, shared=function.capacity is not None
    )

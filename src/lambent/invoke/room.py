"""A sandbox environment as the data plane uses it: its endpoint served, its runtime started, both ended together.

It owns what the sandbox handed out. It knows no invocation, no log format and no time limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Self

from lambent.invoke.base import Closeable
from lambent.invoke.output import Output
from lambent.model.errors import PlatformError
from lambent.model.invocation import ExitStatus
from lambent.runtime_api.session import RuntimeSession
from lambent.sandbox.base import Environment, EnvironmentSpec, RuntimeProcess, Sandbox, Sweeping

_log = logging.getLogger(__name__)

OpenSession = Callable[[Environment, RuntimeProcess], Awaitable[RuntimeSession]]
"""How to talk to a process that was started; closing the session must not be needed to kill the process."""

ServeEndpoint = Callable[[socket.socket], Awaitable[Closeable]]
"""Serve AWS's APIs (the gateway) on a listening socket inside the environment."""

_LAST_WORDS_SECONDS = 0.01
_EXIT_SECONDS = 1.0
"""How long to wait for the exit status of a runtime that hung up."""


class Room:
    """One environment and what runs in it. `session` is set by `start_runtime`, and ends with `clear` or `close`."""

    def __init__(self, environment: Environment, endpoint: Closeable | None) -> None:
        self.environment = environment
        self.session: RuntimeSession | None = None
        self._endpoint = endpoint
        self._exited: asyncio.Future[ExitStatus] | None = None
        self._closed = False

    @classmethod
    async def open(cls, sandbox: Sandbox, spec: EnvironmentSpec, serve_endpoint: ServeEndpoint) -> Self:
        """Start an environment and serve its endpoint. Raises PlatformError, leaving nothing behind."""
        environment = await sandbox.start(spec)
        try:
            endpoint = await serve_endpoint(environment.endpoint) if environment.endpoint is not None else None
        except BaseException:
            await environment.kill()
            raise
        return cls(environment, endpoint)

    async def start_runtime(
        self, open_session: OpenSession, output: Output, on_exit: Callable[[], None]
    ) -> RuntimeSession:
        """Start the function's process: what it writes goes to `output`; `on_exit` is called when it ends by itself.

        Raises PlatformError; the room is then still to be cleared or closed.
        """
        process = await self.environment.start_runtime()
        self._exited = process.exited
        output.attach([process.logs] if process.telemetry is None else [process.logs, process.telemetry])
        try:
            self.session = session = await open_session(self.environment, process)
        except BaseException:
            if process.channel is not None:
                process.channel.close()
            raise
        process.exited.add_done_callback(lambda _: self._process_ended(session, on_exit))
        return session

    @property
    def has_exited(self) -> bool:
        """True once the runtime's process is known to have ended."""
        return self._exited is not None and self._exited.done()

    async def exit_status(self) -> ExitStatus | None:
        """How the runtime ended; None if it has not, or nobody can tell."""
        if self._exited is None:
            return None
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(self._exited), _EXIT_SECONDS)
        return None

    @property
    def can_be_cleared(self) -> bool:
        """False if the sandbox cannot empty an environment: then it has to be closed, and another one opened."""
        return isinstance(self.environment, Sweeping)

    async def clear(self) -> bool:
        """Kill all that runs in it, so that a runtime can be started again. False if that cannot be: close it then."""
        self._hang_up()
        if self._closed or not isinstance(self.environment, Sweeping):
            return False
        try:
            await self.environment.sweep()
        except PlatformError as error:
            _log.warning("environment %s is lost: %s", self.environment.spec.id, error)
            return False
        return not self._closed

    async def close(self) -> None:
        """Kill everything in the environment and stop serving it. Idempotent, never raises."""
        if self._closed:
            return
        self._closed = True
        self._hang_up()
        ends = (
            [self.environment.kill()] if self._endpoint is None else [self._endpoint.close(), self.environment.kill()]
        )
        for failure in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(failure, BaseException):
                name = self.environment.spec.id
                _log.error("environment %s was not ended cleanly", name, exc_info=failure)

    def _hang_up(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            session.close()

    def _process_ended(self, session: RuntimeSession, on_exit: Callable[[], None]) -> None:
        """Let the session read what the process sent last, then make sure that it does not wait for more.

        Its own end of file may never come: a child of the process may have inherited the connection.
        Two timers, so that the loop has polled in between even if it was late for both.
        """
        if self.session is not session:
            return
        on_exit()
        loop = asyncio.get_running_loop()
        loop.call_later(_LAST_WORDS_SECONDS, loop.call_later, _LAST_WORDS_SECONDS, session.close)

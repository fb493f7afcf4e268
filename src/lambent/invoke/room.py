"""A sandbox environment as the data plane uses it: its endpoint served, emptied for another crew, ended.

It owns what the sandbox handed out. It knows no process, no invocation and no time limit.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self, TypeVar

from lambent.context import Clock, Ids
from lambent.http.message import Handler
from lambent.invoke.base import Closeable
from lambent.invoke.debug_door import DebugDoor
from lambent.invoke.rest import Curfew
from lambent.invoke.streaming import StreamRules
from lambent.invoke.trace_daemon import Take, TraceDaemon
from lambent.invoke.variables import relocated
from lambent.invoke.witness import Observers
from lambent.model.errors import PlatformError
from lambent.model.function import FunctionVersion
from lambent.runtime_api.session import RuntimeSession
from lambent.sandbox.base import Environment, EnvironmentSpec, RuntimeProcess, Sandbox, Sweeping

T = TypeVar("T")
ISOLATED = "isolated"
"""The sandbox in which every environment has a network of its own."""

Traced = tuple[FunctionVersion, Observers]
"""Whose traces are taken, and by whom."""

_log = logging.getLogger(__name__)

OpenSession = Callable[[Environment, RuntimeProcess], Awaitable[RuntimeSession]]
"""How to talk to a process that was started; closing the session must not be needed to kill the process."""

ServeEndpoint = Callable[[socket.socket], Awaitable[Closeable]]
"""Serve AWS's APIs (the gateway) on a listening socket inside the environment."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What all environments of a fleet are made with. `init_seconds` bounds INIT.

    `machine_time` is the clock that functions read, too. `idle_exit` is called with the number of one whose processes
    ended while it was free, `grew` when one has needed more memory than it had told before (number, bytes).
    `curfew` tells when free ones are to be frozen, `observers` hear of every invocation.
    """

    sandbox: Sandbox
    open_session: OpenSession
    serve_endpoint: ServeEndpoint
    clock: Clock
    ids: Ids
    machine_time: Callable[[], float]
    init_seconds: float
    idle_exit: Callable[[int], None]
    grew: Callable[[int, int], None]
    streams: StreamRules
    curfew: Curfew = field(default_factory=Curfew)
    observers: Observers = field(default_factory=Observers)


class Room:
    """One environment, whose endpoint is served."""

    def __init__(self, environment: Environment, *served: Closeable | None) -> None:
        self.environment = environment
        self._served = [one for one in served if one is not None]
        self._closed = False

    @classmethod
    async def open(
        cls,
        sandbox: Sandbox,
        spec: EnvironmentSpec,
        serve_endpoint: ServeEndpoint,
        debug_port: int | None = None,
        traced: Traced | None = None,
    ) -> Self:
        """Start an environment, serve its endpoint, let a debugger in at `debug_port`, take traces from INIT on of one
        that is `traced`.

        Raises PlatformError, leaving nothing behind.
        """
        beside = None
        if traced is not None and sandbox.name != ISOLATED:
            beside, address = await _translated(spec, TraceDaemon.beside(*_ears(*traced)))
            spec = replace(spec, variables=relocated(spec.variables, address))
        try:
            environment = await sandbox.start(spec)
        except BaseException:
            if beside is not None:
                await beside.close()
            raise
        room = cls(environment, beside)
        try:
            if environment.endpoint is not None:
                room._served.append(await serve_endpoint(environment.endpoint))
            if traced is not None:
                await room.trace(*traced)
            door = None if debug_port is None else await DebugDoor.open(environment, debug_port)
        except BaseException:
            await room.close()
            raise
        if door is not None:
            room._served.append(door)
        return room

    @property
    def can_be_cleared(self) -> bool:
        """False if the sandbox cannot empty an environment: then it has to be closed, and another one opened."""
        return isinstance(self.environment, Sweeping)

    async def clear(self) -> bool:
        """Kill all that runs in it, so that a runtime can be started again. False if that cannot be: close it then."""
        if self._closed or not isinstance(self.environment, Sweeping):
            return False
        try:
            await self.environment.sweep()
        except PlatformError as error:
            _log.warning("environment %s is lost: %s", self.environment.spec.id, error)
            return False
        return not self._closed

    async def trace(self, function: FunctionVersion, observers: Observers) -> None:
        """From now on a trace daemon takes segments of a function inside. Raises PlatformError."""
        daemon = await _translated(
            self.environment.spec, TraceDaemon.open(self.environment, *_ears(function, observers))
        )
        if daemon is not None:
            self._served.append(daemon)

    async def close(self) -> None:
        """Kill everything in the environment and stop serving it. Idempotent, never raises."""
        if self._closed:
            return
        self._closed = True
        ends = [*(one.close() for one in self._served), self.environment.kill()]
        for failure in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(failure, BaseException):
                name = self.environment.spec.id
                _log.error("environment %s was not ended cleanly", name, exc_info=failure)


def _ears(function: FunctionVersion, observers: Observers) -> tuple[Take, Handler]:
    """Who takes the segments of a function, and who answers its questions."""
    return partial(observers.traced, function), partial(observers.asked, function)


async def _translated(spec: EnvironmentSpec, opening: Awaitable[T]) -> T:
    try:
        return await opening
    except OSError as error:
        raise PlatformError(f"environment {spec.id} cannot be traced: {error}") from error

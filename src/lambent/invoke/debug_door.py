"""The way of a debugger into an environment: a port on the machine's loopback, passed on to the same one inside."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import Self

from lambent.model.errors import PlatformError
from lambent.sandbox.base import Environment, Extensible

_log = logging.getLogger(__name__)

_LOOPBACK = "127.0.0.1"
_CHUNK = 64 * 1024


class DebugDoor:
    """One environment's. Made by `open`."""

    def __init__(self, environment: Extensible, port: int) -> None:
        self._environment = environment
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, environment: Environment, port: int) -> Self | None:
        """Listen; None, with the reason in the log, where the port is taken, or where no door is needed: a function
        without a network of its own listens on the machine's loopback itself."""
        if environment.endpoint is None or not isinstance(environment, Extensible):
            return None
        door = cls(environment, port)
        try:
            door._server = await asyncio.start_server(door._enter, _LOOPBACK, port)
        except OSError as error:
            _log.warning("environment %s cannot be debugged on port %d: %s", environment.spec.id, port, error.strerror)
            return None
        return door

    async def close(self) -> None:
        """Hang up on everybody. Idempotent."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            inner_reader, inner_writer = await self._connect()
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(_pass_on(reader, inner_writer))
                    both.create_task(_pass_on(inner_reader, writer))
            finally:
                inner_writer.close()
        except (OSError, PlatformError):  # nobody listens inside (yet), or the environment has ended
            return
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        sock: socket.socket = await self._environment.open_socket()
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, (_LOOPBACK, self._port))
            return await asyncio.open_connection(sock=sock)
        except BaseException:
            sock.close()
            raise


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Until either side has had enough."""
    with contextlib.suppress(OSError):
        while data := await source.read(_CHUNK):
            sink.write(data)
            await sink.drain()
    with contextlib.suppress(OSError, RuntimeError):
        sink.close()

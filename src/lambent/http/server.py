"""The server: a handler, its limits, and any number of listening sockets.

It opens and closes sockets and keeps time for its connections; what happens on one is `connection`'s.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from lambent.http.connection import Connection
from lambent.http.limits import Limits
from lambent.http.message import Handler
from lambent.http.pace import Pace
from lambent.http.sockets import bind_tcp, bind_unix, unlink

_log = logging.getLogger(__name__)

_BACKLOG = 1024
_CUT_SECONDS = 5.0
_DEFAULT_LIMITS = Limits()


class Listener:
    """One listening address of a server, with the connections that came in through it. Made by `Server.listen_…`."""

    def __init__(
        self,
        handler: Handler,
        limits: Limits,
        pace: Pace,
        tls: ssl.SSLContext | None,
        closed: Callable[[Listener], None],
        connections: float,
    ) -> None:
        self._handler = handler
        self._limits = limits
        self._pace = pace
        self._tls = tls
        self._on_close = closed
        self._most = connections
        self._servers: list[asyncio.Server] = []
        self._connections: set[Connection] = set()
        self._address: tuple[str, int] | str = ""
        self._path: tuple[Path, int] | None = None
        self._empty = asyncio.Event()
        self._empty.set()
        self._closed = False

    @property
    def address(self) -> tuple[str, int] | str:
        """(host, port) as bound, or the path of a unix socket."""
        return self._address

    async def open(self, sockets: list[socket.socket], path: tuple[Path, int] | None = None) -> None:
        """Accept on bound `sockets`, which are closed with the listener; `path` (and its inode) is removed then."""
        loop = asyncio.get_running_loop()
        name = sockets[0].getsockname()
        self._address = (name[0], name[1]) if isinstance(name, tuple) else os.fsdecode(name)
        self._path = path
        handshake = self._limits.header_seconds if self._tls is not None else None
        for sock in sockets:
            sock.setblocking(False)
            listen = loop.create_unix_server if sock.family == socket.AF_UNIX else loop.create_server
            self._servers.append(
                await listen(self._connect, sock=sock, ssl=self._tls, backlog=_BACKLOG, ssl_handshake_timeout=handshake)
            )

    async def close(self, seconds: float = 0.0) -> None:
        """Stop accepting, let requests in work finish for up to `seconds`, then cut what is left. Idempotent."""
        self._closed = True
        self._on_close(self)
        for server in self._servers:
            server.close()
        self._servers.clear()
        if self._path is not None:
            unlink(*self._path)
            self._path = None
        for connection in tuple(self._connections):
            connection.finish()
        if seconds <= 0 or not await self._emptied(seconds):
            for connection in tuple(self._connections):
                connection.abort()
            if not await self._emptied(_CUT_SECONDS):
                _log.error("%d connections did not end when they were cut", len(self._connections))
        # The loop closes sockets at its next turn.
        await asyncio.sleep(0)

    def enter(self, connection: Connection) -> None:
        """A connection is open (its TLS handshake included)."""
        self._connections.add(connection)
        self._empty.clear()
        if len(self._connections) > self._most:
            connection.abort()  # unanswered: an answer, and the wait until it is read, would let the flood in
        elif self._closed:
            connection.finish()

    def leave(self, connection: Connection) -> None:
        """Nothing of a connection is left."""
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    def _connect(self) -> Connection:
        return Connection(self._handler, self._limits, self._pace, self, self._tls is not None)

    async def _emptied(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            return False
        return True


class Server:
    """Answers HTTP/1.1 with one handler on many listeners. Use with `async with`: leaving cuts everything off."""

    def __init__(
        self, handler: Handler, *, limits: Limits = _DEFAULT_LIMITS, now: Callable[[], float] = time.time
    ) -> None:
        """`now` gives seconds since the epoch for the Date header."""
        self._handler = handler
        self._limits = limits
        self._pace = Pace(limits, now)
        self._listeners: set[Listener] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.drain(0.0)

    async def listen_tcp(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> Listener:
        """Listen on every address of `host` (all with one port; 0 picks one). Raises OSError."""
        return await self._listen(await bind_tcp(host, port), tls)

    async def listen_unix(self, path: str | Path, mode: int = 0o600) -> Listener:
        """Listen on a unix socket, replacing a dead one; removed at close. Raises OSError."""
        path = Path(path)
        sock, inode = bind_unix(path, mode)
        return await self._listen([sock], None, (path, inode))

    async def listen_socket(
        self, sock: socket.socket, tls: ssl.SSLContext | None = None, *, connections: float = math.inf
    ) -> Listener:
        """Listen on a bound stream socket (TCP or unix, in any network namespace); it is ours to close from now on.

        More than `connections` at once through this socket are cut off, whatever the whole server may have.
        """
        return await self._listen([sock], tls, connections=connections)

    async def drain(self, seconds: float) -> None:
        """Close all listeners: answer what is in work for up to `seconds`, then cut what is left."""
        async with asyncio.TaskGroup() as group:
            for listener in tuple(self._listeners):
                group.create_task(listener.close(seconds))

    async def _listen(
        self,
        sockets: list[socket.socket],
        tls: ssl.SSLContext | None,
        path: tuple[Path, int] | None = None,
        connections: float = math.inf,
    ) -> Listener:
        listener = Listener(self._handler, self._limits, self._pace, tls, self._listeners.discard, connections)
        try:
            await listener.open(sockets, path)
        except BaseException:
            await listener.close()
            for sock in sockets:
                sock.close()
            raise
        self._listeners.add(listener)
        return listener

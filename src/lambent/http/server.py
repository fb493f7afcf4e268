"""The server: a handler, its limits, and any number of listening sockets.

It opens and closes sockets and keeps time for its connections; what happens on one is `connection`'s.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from lambent.http.limits import Limits
from lambent.http.message import Handler


class Listener:
    """One listening address of a server, with the connections that came in through it."""

    @property
    def address(self) -> tuple[str, int] | str:
        """(host, port) as bound, or the path of a unix socket."""
        raise NotImplementedError

    async def close(self, seconds: float = 0.0) -> None:
        """Stop accepting, let requests in work finish for up to `seconds`, then cut what is left. Idempotent."""
        raise NotImplementedError


class Server:
    """Answers HTTP/1.1 with one handler on many listeners. Use with `async with`: leaving cuts everything off."""

    def __init__(self, handler: Handler, *, limits: Limits = Limits(), now: Callable[[], float] = time.time) -> None:  # noqa: B008
        """`now` gives seconds since the epoch for the Date header."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(self, *exc: object) -> None:
        raise NotImplementedError

    async def listen_tcp(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> Listener:
        """Listen on every address of `host` (all with one port; 0 picks one). Raises OSError."""
        raise NotImplementedError

    async def listen_unix(self, path: str | Path, mode: int = 0o600) -> Listener:
        """Listen on a unix socket, replacing a dead one; removed at close. Raises OSError."""
        raise NotImplementedError

    async def listen_socket(self, sock: socket.socket, tls: ssl.SSLContext | None = None) -> Listener:
        """Listen on a stream socket that is bound and listening (TCP or unix); it is ours to close from now on."""
        raise NotImplementedError

    async def drain(self, seconds: float) -> None:
        """Close all listeners: answer what is in work for up to `seconds`, then cut what is left."""
        raise NotImplementedError

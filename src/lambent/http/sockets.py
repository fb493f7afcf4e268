"""Bound sockets to listen on: TCP on every address of a host, unix sockets with permissions.

Only binding and removing; accepting is the event loop's.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from pathlib import Path
from typing import Any

_ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


async def bind_tcp(host: str, port: int) -> list[socket.socket]:
    """A bound socket for each address of `host`, all on one port. An address that this machine lacks is left out."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
    )
    sockets: list[socket.socket] = []
    failure: OSError | None = None
    for family, kind, protocol, _, address in sorted(dict.fromkeys(found), key=_old_first):
        sock: socket.socket | None = None
        try:
            sock = socket.socket(family, kind, protocol)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if sockets:
                port = sockets[0].getsockname()[1]
            sock.bind((address[0], port, *address[2:]))
            sockets.append(sock)
        except OSError as error:
            if sock is not None:
                sock.close()
            failure = OSError(error.errno, f"cannot listen on {address[0]} port {port}: {error.strerror}")
            if not _is_absent(error):
                for opened in sockets:
                    opened.close()
                raise failure from error
    if not sockets:
        raise failure or OSError(f"{host} has no address to listen on")
    return sockets


def bind_unix(path: Path, mode: int) -> tuple[socket.socket, int]:
    """A socket bound to `path` with the permissions `mode`, and its inode; a dead one in its place is removed first."""
    if path.is_socket() and _is_dead(path):
        path.unlink()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(os.fspath(path))
        path.chmod(mode)
        return sock, path.stat().st_ino
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"cannot listen on {path}: {error.strerror}") from error


def unlink(path: Path, inode: int) -> None:
    """Remove a unix socket's file, unless another has taken its place or it is gone."""
    try:
        if path.stat().st_ino == inode:
            path.unlink()
    except FileNotFoundError:
        pass


def _is_dead(path: Path) -> bool:
    """True if nobody listens on the socket at `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
        return False


def _old_first(info: tuple[Any, ...]) -> bool:
    """IPv4 before IPv6, so that the first address is the one that every client understands."""
    return bool(info[0] != socket.AF_INET)


def _is_absent(error: OSError) -> bool:
    """True if the machine has no such address or family at all."""
    return error.errno in _ABSENT

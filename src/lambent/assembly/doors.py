"""Where we listen: sockets, what secures them, and the addresses they have."""

from __future__ import annotations

import socket
import ssl
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from lambent.http import tls
from lambent.http.sockets import bind_tcp
from lambent.model.errors import PlatformError
from lambent.runtime_api.framed import FramedSession
from lambent.runtime_api.http_api import HttpSession
from lambent.runtime_api.session import RuntimeSession
from lambent.sandbox.base import Environment, RuntimeProcess
from lambent.settings import Settings


@dataclass(frozen=True, slots=True)
class Doors:
    """Bound sockets with what secures them, and the addresses that they have for clients and for functions."""

    sockets: list[tuple[socket.socket, ssl.SSLContext | None]]
    address: str
    inner_address: str


async def bind(stack: AsyncExitStack, settings: Settings, data: Path, now: float) -> Doors:
    """Bind what the settings ask for; with TLS also a plain address that only this machine reaches, since
    functions without walls could not check a certificate that we made ourselves. Raises OSError, TlsError."""
    secure = _tls_context(settings, data, now)
    outer = await bind_tcp(settings.host, settings.port)
    inner = await bind_tcp("127.0.0.1", 0) if secure is not None else []
    for sock in (*outer, *inner):
        stack.callback(sock.close)
    address = _address("https" if secure is not None else "http", outer[0], settings.host)
    inner_address = _address("http", inner[0], "127.0.0.1") if inner else address
    return Doors([*((sock, secure) for sock in outer), *((sock, None) for sock in inner)], address, inner_address)


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


async def open_session(environment: Environment, process: RuntimeProcess) -> RuntimeSession:
    """How to talk to a runtime: over its own socket if it has one, else over the Runtime API."""
    if process.channel is not None:
        return await FramedSession.connect(process.channel)
    if environment.runtime_api is None:
        raise PlatformError("the sandbox gave neither a channel nor a Runtime API address")
    return await HttpSession.listen(environment.runtime_api)

"""The daemon's two ports: what is a document, what comes too fast, and who is asked over TCP."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, cast

import pytest

from lambent.http.message import Request, Response
from lambent.invoke import trace_daemon
from lambent.invoke.trace_daemon import TraceDaemon, document_of
from lambent.sandbox.base import Environment

HEADER = b'{"format": "json", "version": 1}\n'


class Net:
    """An environment with a network of its own, as far as the daemon asks: it is this machine's."""

    endpoint: object = object()

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []

    async def open_socket(self, *, datagram: bool = False) -> socket.socket:
        made = socket.socket(type=socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM)
        self.sockets.append(made)
        return made

    async def list_extensions(self) -> Any: ...

    async def start_extension(self, path: str, variables: Any) -> Any: ...

    async def signal(self, number: int, extension: Any = None) -> None: ...


async def nothing(request: Request) -> Response:
    return Response(200, [], f"{request.method} {request.path} {(await request.read()).decode()}".encode())


def test_documents_follow_a_header() -> None:
    assert document_of(HEADER + b'{"id": 1}\n') == '{"id": 1}'


@pytest.mark.parametrize(
    "data", [b"", b"{}", HEADER, b"{}\n{}", b'{"format":"xml","version":1}\n{}', HEADER + b"\xff", b"[1]\n{}"]
)
def test_what_is_no_document(data: bytes) -> None:
    assert document_of(data) is None


def test_a_flood_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    daemon = TraceDaemon(taken.append, nothing)
    now = [5.0]
    monkeypatch.setattr(trace_daemon.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(trace_daemon, "MOST_A_SECOND", 2)
    for _ in range(5):
        daemon.datagram_received(HEADER + b"{}", None)
    assert len(taken) == 2
    now[0] = 6.0
    daemon.datagram_received(HEADER + b"{}", None)
    assert len(taken) == 3


async def test_it_takes_segments_and_answers_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_daemon, "ADDRESS", ("127.0.0.1", 0))
    net, taken = Net(), asyncio.Queue[str]()
    daemon = await TraceDaemon.open(cast(Environment, net), taken.put_nowait, nothing)
    assert daemon is not None
    udp, tcp = (each.getsockname() for each in net.sockets)
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(HEADER + b"{}", udp)
    assert await asyncio.wait_for(taken.get(), 10) == "{}"
    reader, writer = await asyncio.open_connection(*tcp)
    writer.write(b"POST /GetSamplingRules HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    assert (await reader.read()).endswith(b"POST /GetSamplingRules {}")
    writer.close()
    await daemon.close()
    await daemon.close()
    with pytest.raises(OSError):
        await asyncio.open_connection(*tcp)


async def test_a_port_that_is_taken_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        monkeypatch.setattr(trace_daemon, "ADDRESS", other.getsockname())
        net = Net()
        with pytest.raises(OSError):
            await TraceDaemon.open(cast(Environment, net), lambda document: None, nothing)
    assert all(each.fileno() == -1 for each in net.sockets)


async def test_without_a_network_of_its_own_there_is_none() -> None:
    net = Net()
    net.endpoint = None
    assert await TraceDaemon.open(cast(Environment, net), lambda document: None, nothing) is None


async def test_beside_environments_it_has_a_port_of_its_own_for_both() -> None:
    taken = asyncio.Queue[str]()
    first, address = await TraceDaemon.beside(taken.put_nowait, nothing)
    second, other = await TraceDaemon.beside(taken.put_nowait, nothing)
    assert address != other
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(HEADER + b"{}", address)
    assert await asyncio.wait_for(taken.get(), 10) == "{}"
    _, writer = await asyncio.open_connection(*address)
    writer.close()
    await first.close()
    await second.close()


async def test_where_no_port_is_free_for_both_nothing_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []

    class Stubborn(socket.socket):
        def bind(self, address: Any) -> None:
            made.append(self)
            if self.type == socket.SOCK_DGRAM:
                raise OSError("in use")
            super().bind(address)

    monkeypatch.setattr(trace_daemon.socket, "socket", Stubborn)
    with pytest.raises(OSError, match="in use"):
        await TraceDaemon.beside(lambda document: None, nothing)
    assert len(made) == 2 * trace_daemon.PORTS_TRIED
    assert all(each.fileno() == -1 for each in made)

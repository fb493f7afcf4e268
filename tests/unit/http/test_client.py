"""The client against the real server, and against peers that say what they like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from lambent.http.client import AnswerTooLarge, ClientError, HttpClient
from lambent.http.message import Request, Response
from lambent.http.server import Server
from lambent.http.sockets import bind_tcp


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with HttpClient() as made:
        yield made


class Peer:
    """Answers each connection's requests with the bytes that it is given, one after the other."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.connections = 0
        self.heads: list[bytes] = []

    async def __aenter__(self) -> str:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *exc: object) -> None:
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while self.answers:
            try:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                break
            answer = self.answers.pop(0)
            writer.write(answer)
            if b"close" in answer or not answer:
                break
        writer.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi"


async def ask(client: HttpClient, url: str, method: str = "GET", body: bytes = b"", limit: int = 100) -> bytes:
    return (await client.request(method, url, {}, body, limit=limit, within=5)).body


async def test_our_own_server_is_understood(client: HttpClient) -> None:
    async def echo(request: Request) -> Response:
        body = await request.read(1000)
        return Response(201, [("X-Path", request.path)], request.query.encode() + b"|" + body)

    async with Server(echo) as server:
        (sock,) = await bind_tcp("127.0.0.1", 0)
        listener = await server.listen_socket(sock)
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/a%20b?c=d"
        answer = await client.request("POST", url, {"X-Own": "1"}, b"text", limit=100, within=5)
        assert (answer.status, answer.body) == (201, b"c=d|text")
        assert ("/a b" in dict(answer.headers).values()) or ("/a%20b" in dict(answer.headers).values())
        await client.__aexit__()
        await listener.close()


async def test_connections_are_kept(client: HttpClient) -> None:
    peer = Peer(OK, OK, OK)
    async with peer as url:
        assert [await ask(client, url) for _ in range(3)] == [b"hi"] * 3
        assert peer.connections == 1
        await client.__aexit__()


async def test_a_kept_connection_that_was_closed_is_opened_anew(client: HttpClient) -> None:
    peer = Peer(OK, b"", OK)
    async with peer as url:
        assert await ask(client, url) == b"hi"
        assert await ask(client, url) == b"hi"
        assert peer.connections == 2
        await client.__aexit__()


async def test_a_new_connection_that_is_closed_is_a_failure(client: HttpClient) -> None:
    async with Peer(b"") as url:
        with pytest.raises(ClientError, match="the connection was closed"):
            await ask(client, url)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    ],
    ids=["chunked", "until the end", "continue"],
)
async def test_every_way_to_end_a_body(client: HttpClient, answer: bytes) -> None:
    async with Peer(answer) as url:
        assert await ask(client, url) == b"hi"
        await client.__aexit__()


async def test_answers_without_a_body(client: HttpClient) -> None:
    async with Peer(b"HTTP/1.1 204 No\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n") as url:
        assert await ask(client, url) == b""
        assert await ask(client, url, "HEAD") == b""


async def test_what_is_cut_too_long_or_no_http_is_said_so(client: HttpClient) -> None:
    async with Peer(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nhi") as url:
        with pytest.raises(ClientError, match="ended too early"):
            await ask(client, url)
    async with Peer(OK) as url:
        with pytest.raises(AnswerTooLarge, match="longer than 1 bytes"):
            await ask(client, url, limit=1)
    async with Peer(b"SSH-2.0 close\r\n") as url:
        with pytest.raises(ClientError):
            await ask(client, url)
    with pytest.raises(ClientError, match=r"refused|Connect call failed"):
        await ask(client, "http://127.0.0.1:1/")


async def test_an_answer_that_does_not_come_is_not_waited_for(client: HttpClient) -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(silence, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    with pytest.raises(ClientError, match=r"no answer within 0\.01 seconds"):
        await client.request("GET", url, {}, limit=1, within=0.01)
    silent.close()
    await silent.wait_closed()


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("ftp://h/", {}),
        ("http:///x", {}),
        ("http://h:port/", {}),
        ("http://[::1", {}),
        ("http://a..b/", {}),
        (f"http://{'a' * 64}.b/", {}),
        ("http://h/", {"A": "b\r\nC: d"}),
        ("http://h/", {"A": "ŵ"}),
    ],
)
async def test_what_cannot_be_said_is_not_said(client: HttpClient, url: str, headers: dict[str, str]) -> None:
    with pytest.raises(ClientError):
        await client.request("GET", url, headers, limit=1, within=5)

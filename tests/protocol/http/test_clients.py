"""The server seen by clients that others wrote: http.client, urllib3 (which boto3 uses) and curl."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import shutil
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from lambent.http.message import Request, Response
from lambent.http.server import Server
from lambent.http.tls import context, self_made

BIG = bytes(range(256)) * 20_000


async def handler(request: Request) -> Response:
    """Says what it got; /stream echoes as it comes, /refuse does not read."""
    fields = [
        ("x-method", request.method),
        ("x-version", request.version),
        ("x-scheme", request.scheme),
        ("x-query", request.query),
        ("x-length", str(request.content_length)),
    ]
    if request.path == "/refuse":
        return Response(403, fields, b"no")
    if request.path == "/empty":
        return Response(204, fields)
    if request.path == "/stream":
        digest = hashlib.sha256()

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in request.stream():
                digest.update(piece)
                yield piece

        return Response(200, [*fields, ("trailer", "x-sha256")], pieces(), lambda: [("x-sha256", digest.hexdigest())])
    return Response(200, fields, await request.read())


async def in_thread(work: Callable[[str, int], None]) -> None:
    """Run a blocking client against a server on this loop."""
    async with Server(handler) as server:
        host, port = (await server.listen_tcp("127.0.0.1", 0)).address
        await asyncio.to_thread(work, str(host), int(port))


async def test_http_client_on_one_connection() -> None:
    def work(host: str, port: int) -> None:
        connection = http.client.HTTPConnection(host, port, timeout=10)
        connection.connect()
        sock = connection.sock
        for method, path, body, expected in [
            ("GET", "/?a=b", None, b""),
            ("POST", "/", b"abc", b"abc"),
            ("PUT", "/", BIG, BIG),
            ("HEAD", "/", None, b""),
            ("DELETE", "/empty", None, b""),
            ("POST", "/stream", BIG, BIG),
            ("PATCH", "/refuse", b"x" * 1000, b"no"),
        ]:
            connection.request(method, path, body)
            response = connection.getresponse()
            assert response.read() == expected
            assert response.headers["x-method"] == method
            assert connection.sock is sock, f"{method} {path} ended the connection"
        connection.close()

    await in_thread(work)


async def test_http_client_sends_chunks() -> None:
    def parts() -> Iterator[bytes]:
        for at in range(0, len(BIG), 10_000):
            yield BIG[at : at + 10_000]

    def work(host: str, port: int) -> None:
        connection = http.client.HTTPConnection(host, port, timeout=10)
        for path in ("/", "/stream"):
            connection.request("POST", path, parts(), encode_chunked=True)
            response = connection.getresponse()
            assert response.headers["x-length"] == "None"
            assert response.read() == BIG
        connection.close()

    await in_thread(work)


async def test_a_pool_of_urllib3_keeps_its_connections() -> None:
    def work(host: str, port: int) -> None:
        with urllib3.HTTPConnectionPool(host, port, maxsize=1, retries=False, timeout=10) as pool:
            for number in range(20):
                response = pool.request("POST", "/stream" if number % 2 else "/", body=b"%d" % number)
                assert response.data == b"%d" % number
            assert pool.num_connections == 1

    await in_thread(work)


async def test_a_refusal_reaches_urllib3_in_the_middle_of_an_upload() -> None:
    def work(host: str, port: int) -> None:
        with urllib3.HTTPConnectionPool(host, port, retries=False, timeout=10) as pool:
            response = pool.request("POST", "/refuse", body=BIG * 4)
            assert (response.status, response.data) == (403, b"no")
            assert response.headers["connection"] == "close"

    await in_thread(work)


async def curl(*arguments: str) -> str:
    """Run curl, which must succeed; its output with the response's head."""
    command = shutil.which("curl")
    if command is None:
        pytest.skip("curl is not installed")
    process = await asyncio.create_subprocess_exec(
        command, "--silent", "--show-error", "--max-time", "10", "--include", *arguments, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode("latin-1").lower()


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with Server(handler) as server:
        host, port = (await server.listen_tcp("127.0.0.1", 0)).address
        yield f"http://{host}:{port}"


@pytest.mark.parametrize("path", ["/", "/stream"])
async def test_curl_of_both_versions(url: str, path: str) -> None:
    new = await curl("--http1.1", "--data", "a=b", url + path)
    assert new.startswith("http/1.1 200 ok\r\n")
    assert "\r\n\r\na=b" in new
    old = await curl("--http1.0", "--data", "a=b", url + path)
    assert "x-version: 1.0" in old
    assert "transfer-encoding" not in old
    assert old.endswith("a=b")


async def test_curl_uploads_in_chunks_and_shows_trailers(url: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc" * 1000)
    out = await curl("--header", "Transfer-Encoding: chunked", "--upload-file", str(file), url + "/stream")
    assert "x-length: none" in out
    assert "abc" * 1000 in out
    assert f"x-sha256: {hashlib.sha256(b'abc' * 1000).hexdigest()}" in out


@pytest.mark.parametrize(("path", "status"), [("/", "200"), ("/stream", "200"), ("/refuse", "403")])
async def test_curl_waits_for_a_continue(url: str, path: str, status: str) -> None:
    started = time.monotonic()
    out = await curl("--header", "Expect: 100-continue", "--expect100-timeout", "9", "--data", "a=b", url + path)
    assert f"http/1.1 {status}" in out
    assert ("http/1.1 100 continue" in out) is (status == "200")
    assert time.monotonic() - started < 5, "curl was left waiting"


async def test_curl_offers_an_upgrade(url: str) -> None:
    out = await curl("--http2", "--data", "a=b", url, "--next", "--include", "--data", "c=d", url)
    assert out.count("http/1.1 200 ok") == 2
    assert "a=b" in out
    assert out.endswith("c=d")


async def test_curl_asks_for_heads(url: str) -> None:
    out = await curl("--head", url + "/", url + "/stream", url + "/empty")
    assert out.count("x-method: head") == 3


async def test_curl_over_tls_unix_sockets_and_ipv6(tmp_path: Path) -> None:
    certificate, key = self_made(tmp_path, ["localhost", "127.0.0.1"], time.time())
    async with Server(handler) as server:
        secure = await server.listen_tcp("127.0.0.1", 0, tls=context(certificate, key))
        address = f"https://127.0.0.1:{secure.address[1]}/"
        for trust in (["--insecure"], ["--cacert", str(certificate)]):
            out = await curl(*trust, "--data", "a=b", address)
            assert "x-scheme: https" in out
            assert out.endswith("a=b")
        path = tmp_path / "socket"
        await server.listen_unix(path)
        assert (await curl("--unix-socket", str(path), "--data", "a=b", "http://any/")).endswith("a=b")
        six = await server.listen_tcp("::1", 0)
        assert (await curl("--globoff", "--data", "a=b", f"http://[::1]:{six.address[1]}/")).endswith("a=b")

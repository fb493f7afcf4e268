"""A small AWS elsewhere: the wire's server half over HTTP, answering what it is told; and callers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from lambent.clock import RandomIds
from lambent.context import Context, Principal
from lambent.gateway.answers import answer, refusal
from lambent.http.client import HttpClient
from lambent.http.message import Request, Response
from lambent.http.server import Server
from lambent.http.sockets import bind_tcp
from lambent.model.errors import ApiError
from lambent.wire.model import load
from lambent.wire.request import WireRequest
from lambent.wire.route import route
from lambent.wire.server import parse_request

ACCOUNT = "000000000000"


class Elsewhere:
    """Services of AWS at an address. `answers` by operation: a result, an ApiError, or a function of the parameters."""

    def __init__(self, service: str) -> None:
        self.model = load(service)
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.headers: list[Mapping[str, str]] = []
        self.url = ""

    async def handle(self, request: Request) -> Response:
        body = await request.read(64 * 1024 * 1024)
        asked = WireRequest(request.method, request.path, request.query, request.headers, body)
        found = route(self.model, asked)
        assert found is not None
        params = parse_request(self.model, found, asked)
        self.calls.append((found.operation.name, params))
        self.headers.append(dict(request.headers.items()))
        result = self.answers.get(found.operation.name, {})
        try:
            if callable(result):
                result = result(params)
            if isinstance(result, ApiError):
                raise result
            return answer(self.model, found.operation, found.protocol, result, "r")
        except ApiError as error:
            return refusal(self.model, found.operation, found.protocol, error, "r")


class StoppedClock:
    """Time that stands still."""

    def now(self) -> float:
        return 1_790_000_000.0

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        return None


def context(region: str = "us-east-1", **more: Any) -> Context:
    principal = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
    return Context(ACCOUNT, region, principal, "request-id", StoppedClock(), RandomIds(), **more)


@pytest.fixture
def ctx() -> Context:
    return context()


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with HttpClient() as client:
        yield client


Start = Callable[[str], Any]


@pytest.fixture
async def start(http: HttpClient) -> AsyncIterator[Start]:
    """Starts a service elsewhere."""
    servers = []

    async def begin(service: str) -> Elsewhere:
        made = Elsewhere(service)
        server = await Server(made.handle).__aenter__()
        (sock,) = await bind_tcp("127.0.0.1", 0)
        made.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        servers.append((server, await server.listen_socket(sock)))
        return made

    yield begin
    await http.__aexit__()
    for server, listener in servers:
        await listener.close()
        await server.__aexit__(None, None, None)

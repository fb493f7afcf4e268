"""Ten thousand malformed requests at a real server's door: refused, never a failure, nothing told, nothing kept."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lambent.gateway.signing import Key, sign
from lambent.wire.model import load
from lambent.wire.request import WireRequest
from tests.api.conftest import Server
from tests.protocol.malformed import framing, requests, wrong
from tests.unit.http.wire import answers

TOGETHER = 40
CONTENTS = 8_000
FRAMINGS = 2_000
REGION = "eu-north-1"
"""A world of its own: now and then what was changed still makes sense, and is done."""
GROWTH = 24 * 1024 * 1024


class Door:
    """The server's address, as clients that do as they like reach it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        parts = urlsplit(server.endpoint)
        self._address = (parts.hostname or "", parts.port or 0)
        self._key = Key(server.access_key_id, server.secret_access_key)

    def said(self, *messages: bytes) -> list[tuple[int, bytes]]:
        """Say all of it over one connection, then no more: every answer's status and body."""
        heard = b""
        with socket.create_connection(self._address, timeout=30) as connection:
            try:
                for message in messages:
                    connection.sendall(message)
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(1 << 16):
                    heard += piece
            except ConnectionError:
                pass  # the server need not hear all of what is no request
        return [(answer.status, answer.body) for answer in answers(heard)]

    def signed(self, service: str, request: WireRequest) -> bytes:
        """The request as its sender's, well framed."""
        target = request.path + (f"?{request.query}" if request.query else "")
        given = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        name = load(service).signing_name
        headers = sign(
            request.method,
            self.server.endpoint + target,
            given,
            request.body,
            key=self._key,
            region=REGION,
            service=name,
            now=time.time(),
        )
        lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join([*lines, f"Content-Length: {len(request.body)}", "", ""])
        return head.encode("latin-1") + request.body

    def memory(self) -> int:
        """What the server's process has in memory, in bytes."""
        pages = int(Path(f"/proc/{self.server.process.pid}/statm").read_text().split()[1])
        return pages * 4096

    def failures(self) -> list[str]:
        """What the server wrote down as its own failures."""
        lines = self.server.process.log.read_text().splitlines()
        return [line for line in lines if " ERROR " in line or line.startswith("Traceback")]


@pytest.fixture(scope="module")
def door(server: Server) -> Iterator[Door]:
    """The door, whose server must have nothing to say of what came."""
    made = Door(server)
    before = made.failures()
    yield made
    assert made.failures() == before


def judged(told: list[tuple[int, bytes]], said: object) -> None:
    for status, body in told:
        assert status < 500 or status in (501, 505), (status, body, said)
        assert b"Traceback" not in body, said


def test_contents(door: Door) -> None:
    dice = random.Random(4)
    sound = requests(4)
    served = []
    for first in range(0, len(sound), TOGETHER):  # what is kept once, such as the models, is there after this
        batch = sound[first : first + TOGETHER]
        told = door.said(*(door.signed(*each) for each in batch))
        judged(told, batch)
        served += [each for each, (_, body) in zip(batch, told, strict=True) if b"supported by Lambent yet" not in body]
    assert 400 < len(served) < len(sound)
    stream = wrong(served, dice)
    before = door.memory()
    answered = 0
    while answered < CONTENTS:
        batch = list(islice(stream, TOGETHER))
        told = door.said(*(door.signed(*each) for each in batch))
        judged(told, batch)
        assert len(told) == len(batch)
        answered += len(told)
    assert door.memory() - before < GROWTH


def test_framing(door: Door) -> None:
    dice = random.Random(5)
    before = door.memory()
    for _ in range(FRAMINGS):
        message = framing(dice)
        told = door.said(message)
        judged(told, message[:400])
        assert len(told) <= 1, (message[:400], told)
        assert all(status >= 400 for status, _ in told), (message[:400], told)
    assert door.memory() - before < GROWTH

"""A consumer over AMQP against nobody; against a broker it is tried in tests/e2e/test_brokers.py."""

from __future__ import annotations

import socket

import pytest

from lambent.sources.base import NO_CONNECTION
from lambent.sources.rabbit_link import LinkError, RabbitLink, Target

pytest.importorskip("pika", reason="pika is not installed")


async def test_nobody_there() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        url = f"amqp://127.0.0.1:{sock.getsockname()[1]}"
        with pytest.raises(LinkError, match=url) as raised:
            async with RabbitLink(Target(url, "/", "u", "p", "q", 1)):
                pass
    assert raised.value.result == NO_CONNECTION

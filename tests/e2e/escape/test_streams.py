"""Streamed answers of functions that lie, pour without end, or die: only their own invocation suffers."""

from __future__ import annotations

import pytest

from tests.e2e.escape.test_runtime_api import lie
from tests.e2e.escape.world import ESCAPE, World

pytestmark = ESCAPE

BEGIN = "channel().sendall(frame(STREAM, {'id': context.aws_request_id}))"
CHUNK = "frame(CHUNK, b'', b'x' * 65536)"

BROKEN = {
    "garbage": "channel().sendall(b'GET / HTTP/1.1\\r\\n\\r\\n' * 99)",
    "a giant piece": "channel().sendall(struct.pack('>IBI', 5 + 65537, CHUNK, 0) + bytes(65537))",
    "a second stream": BEGIN,
    "a whole answer midway": "channel().sendall(frame(RESPONSE, {'id': context.aws_request_id}, b'{}'))",
    "a death": "os._exit(0)",
}


@pytest.mark.parametrize("how", BROKEN)
async def test_what_breaks_a_stream_ends_the_environment_and_nothing_else(world: World, how: str) -> None:
    async with world.deployed(
        f"""
        def attack(event, context):
            if event.get("again"):
                return "again"
            {BEGIN}
            channel().sendall({CHUNK})
            {BROKEN[how]}
            time.sleep(0.1)
            os._exit(0)
        """,
        timeout=2,
    ) as liar:
        assert (await liar.run()).error in ("Runtime.ExitError", "Sandbox.Timedout")
        await world.unharmed()
        assert (await liar.run({"again": True})).answer == "again"
    await world.unharmed()


async def test_a_stream_without_end_is_refused_and_stopped_in_time(world: World) -> None:
    async with world.deployed(
        f"""
        def attack(event, context):
            if event.get("again"):
                return "again"
            {BEGIN}
            while True:
                channel().sendall({CHUNK} * 16)
        """,
        timeout=1,
    ) as pouring:
        assert (await pouring.run()).error == "Function.ResponseSizeTooLarge"
        await world.unharmed()
        assert (await pouring.run({"again": True})).answer == "again"
        assert any("\tStatus: timeout" in line for line in await pouring.log())
    await world.unharmed()


LIES = {
    "two lengths": ("Transfer-Encoding: chunked\r\nContent-Length: 3", "1\r\nx\r\n0\r\n\r\n"),
    "no chunks": ("Transfer-Encoding: chunked", "not chunked at all\r\n"),
}


@pytest.mark.parametrize("how", LIES)
async def test_headers_that_lie(world: World, how: str) -> None:
    headers, body = LIES[how]
    attack = """
        def attack(request, event):
            one = socket.create_connection((HOST, int(PORT)), 5)
            head = "POST " + BASE + "invocation/" + request + "/response HTTP/1.1\\r\\nHost: x\\r\\n"
            head += "Lambda-Runtime-Function-Response-Mode: streaming\\r\\n" + event["headers"]
            one.sendall((head + "\\r\\n\\r\\n" + event["body"]).encode())
            one.shutdown(socket.SHUT_WR)
            one.recv(1000)
            sys.exit(1)
        """
    done = await lie(world, attack, {"headers": headers, "body": body})
    assert done.error in ("Runtime.TruncatedResponse", "Runtime.ExitError")

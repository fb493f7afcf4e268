"""A debugger reaches a runtime through the walls, and time limits wait for it."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import json
import shutil
import socket
from pathlib import Path

import pytest

from tests.e2e.data_plane import NO_ROOT, Platform

NODE = 'exports.handler = async (event) => { await new Promise((r) => setTimeout(r, event.ms)); return "done" }'
PYTHON = "import time\ndef handler(event, context):\n    time.sleep(event['ms'] / 1000)\n    return 'done'\n"


@pytest.fixture
async def platform(tmp_path: Path):
    made = Platform(tmp_path, "isolated")
    await made.open()
    try:
        yield made
    finally:
        await made.close()


def debugged(platform: Platform, files: dict[str, str], runtime: str, handler: str):
    """A function with a second's timeout, and the port of its debugger."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    platform.dispatcher.debugging.set("000000000000", "us-east-1", "f", port)
    return platform.function(files, runtime=runtime, handler=handler, memory_mb=512, timeout=1), port


async def asked(port: int, text: bytes, until: bytes) -> bytes:
    """What comes back, up to and with `until`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    async with asyncio.timeout(20):
        answer = await reader.readuntil(until)
    writer.close()
    return answer


@pytest.mark.root
@NO_ROOT
@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
async def test_node_is_inspected_and_does_not_time_out(platform: Platform) -> None:
    function, port = debugged(platform, {"index.js": NODE}, "nodejs20.x", "index.handler")
    result = await platform.invoke(function, {"ms": 1100})
    assert json.loads(result.payload) == "done"
    said = await asked(port, b"GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n", b"} ]")
    (target,) = json.loads(said.partition(b"\r\n\r\n")[2])
    path = "/" + target["id"]
    key = base64.b64encode(bytes(16)).decode()
    shake = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    shake += f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    assert (await asked(port, shake.encode(), b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    assert [info.state for info in platform.dispatcher.environments()] == ["idle"]  # not frozen


@pytest.mark.root
@NO_ROOT
async def test_python_without_debugpy_says_so_and_runs(platform: Platform) -> None:
    function, _ = debugged(platform, {"app.py": PYTHON}, "python3.11", "app.handler")
    assert json.loads((await platform.invoke(function, {"ms": 1})).payload) == "done"
    assert "no debugger can attach: debugpy is not in the package" in "\n".join(await platform.log())


@pytest.mark.root
@NO_ROOT
@pytest.mark.skipif(importlib.util.find_spec("debugpy") is None, reason="needs debugpy")
async def test_python_is_debugged(platform: Platform) -> None:
    function, port = debugged(platform, {"app.py": PYTHON}, "python3.11", "app.handler")
    spec = importlib.util.find_spec("debugpy")
    assert spec is not None
    assert spec.origin is not None
    shutil.copytree(Path(spec.origin).parent, platform.data / "code" / function.code.digest / "debugpy")
    assert json.loads((await platform.invoke(function, {"ms": 1100})).payload) == "done"
    body = json.dumps({"seq": 1, "type": "request", "command": "initialize", "arguments": {"adapterID": "t"}})
    said = await asked(port, f"Content-Length: {len(body)}\r\n\r\n{body}".encode(), b'"supportsConditionalBreakpoints"')
    assert b'"command": "initialize"' in said

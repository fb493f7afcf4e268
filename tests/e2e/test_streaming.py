"""Streamed answers on real sandboxes and runtimes. A function may go on when the test opens its endpoint's gate."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lambent.http.message import Request, Response
from lambent.http.server import Server
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.model.function import Capacity, FunctionVersion, LoggingConfig
from lambent.runtimes.discover import discover
from lambent.runtimes.places import Places
from lambent.settings import Settings
from tests.e2e.builds import GO_BUILD, Builds
from tests.e2e.data_plane import Platform

NODES = [name for name in discover(Places.of(Settings.from_environment())) if name.startswith("nodejs")]
needs_node = pytest.mark.skipif(not NODES, reason="no Node.js on this machine")
needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")

STREAMS = """
const { once } = require("events");
let count = 0;
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  count += 1;
  switch (event.do) {
    case "wait":
      await new Promise((sent) => stream.write("first", sent));
      await fetch(process.env.AWS_ENDPOINT_URL);
      stream.write("last");
      break;
    case "pour":
      for (let sent = 0; sent < event.bytes; sent += 65536) {
        if (!stream.write(Buffer.alloc(65536, "x"))) await once(stream, "drain");
      }
      break;
    case "throw": stream.write("some"); throw new RangeError("midway");
    case "uncaught":
      stream.write("some");
      setTimeout(() => { throw new RangeError("nobody"); }, 1);
      return new Promise(() => {});
    case "lost": stream.write("some"); return new Promise(() => {});
    case "late": stream.write("a"); stream.end(); setImmediate(() => stream.destroyed || stream.write("b")); return;
    default: stream.write(JSON.stringify({ count, node: process.version }));
  }
  stream.end();
});
"""

WRAPPER = """#!/bin/sh
exec "$@"
"""

SHELL = """#!/bin/sh
set -eu
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  curl -sS -D /tmp/headers -o /dev/null "$api/next"
  id=$(sed -n 's/^lambda-runtime-aws-request-id: *//Ip' /tmp/headers | tr -d '\\r')
  { printf first; curl -sS -o /dev/null "$AWS_ENDPOINT_URL"; printf last; } |
    curl -sS -T - -X POST -H "Transfer-Encoding: chunked" -H "Expect:" -H "Content-Type: text/plain" \\
      -H "Lambda-Runtime-Function-Response-Mode: streaming" "$api/$id/response"
done
"""


class Gated(Platform):
    """Answers what functions ask of their endpoint once the gate is open. A megabyte is as much as may be streamed."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, "isolated" if os.geteuid() == 0 else "process")
        self.gate = asyncio.Event()
        self.server = Server(self.hold)
        self.settings = Settings.from_environment(idle_seconds=600.0, stream_limit_mb=1)

    async def whole(self, function: FunctionVersion, event: Any = None) -> tuple[bytes, dict[str, Any]]:
        """`read` of a streamed answer, in the one environment: the answer before leaves a moment before its end."""
        async with asyncio.timeout(10):
            at_rest = {"idle", "frozen", "vacant"}
            while {each.state for each in self.dispatcher.environments()} - at_rest:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return await read(await self.stream(function, event))

    async def hold(self, request: Request) -> Response:
        await self.gate.wait()
        return Response(200)


@pytest.fixture
async def gated(tmp_path: Path) -> AsyncIterator[Gated]:
    platform = Gated(tmp_path)
    await platform.open()
    try:
        yield platform
    finally:
        await platform.close()


def node(platform: Platform, wrapped: bool = False, **changes: Any) -> FunctionVersion:
    """A function that streams; `wrapped` makes it speak to the Runtime API."""
    files: dict[str, str | bytes] = {"index.js": STREAMS, "wrap": WRAPPER}
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrap"} if wrapped else {}
    values = {"runtime": NODES[-1], "handler": "index.handler", "timeout": 10, "variables": variables, **changes}
    return platform.function(files, **values)


async def read(answer: StreamedAnswer) -> tuple[bytes, dict[str, Any]]:
    """All that is left of it, and its error."""
    pieces = [piece async for piece in answer]
    assert answer.result is not None
    return b"".join(pieces), json.loads(answer.result.payload or b"{}")


@needs_node
@pytest.mark.parametrize("runtime", NODES)
@pytest.mark.parametrize("wrapped", [False, True], ids=["channel", "runtime api"])
async def test_the_first_piece_leaves_before_the_last_is_made(gated: Gated, runtime: str, wrapped: bool) -> None:
    answer = await gated.stream(node(gated, wrapped, runtime=runtime), {"do": "wait"})
    assert await anext(answer) == b"first"
    assert answer.content_type == "application/octet-stream"
    gated.gate.set()
    assert await read(answer) == (b"last", {})


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@needs_curl
async def test_a_custom_runtime(gated: Gated) -> None:
    f = gated.function({"bootstrap": SHELL}, runtime="provided.al2023", handler="any", timeout=10)
    answer = await gated.stream(f)
    assert await anext(answer) == b"first"
    assert answer.content_type == "text/plain"
    gated.gate.set()
    assert await read(answer) == (b"last", {})
    assert await read(await gated.stream(f)) == (b"firstlast", {})


@needs_node
@pytest.mark.parametrize("wrapped", [False, True], ids=["channel", "runtime api"])
async def test_ends_that_are_no_success(gated: Gated, wrapped: bool) -> None:
    f = node(gated, wrapped)
    payload, described = await gated.whole(f, {"do": "throw"})
    assert (payload, described["errorType"], described["errorMessage"]) == (b"some", "RangeError", "midway")
    assert (await gated.whole(f, {"do": "late"}))[0] == b"a"
    if not wrapped:  # an open request of the Runtime API would keep the event loop from running empty
        payload, described = await gated.whole(f, {"do": "lost"})
        assert (payload, described["errorMessage"]) == (b"some", "Response stream is not finished.")
    payload, described = await gated.whole(f)
    assert (json.loads(payload)["count"], described) == (3 if wrapped else 4, {}), "it is the same process all the time"
    payload, described = await gated.whole(f, {"do": "uncaught"})
    assert (payload, described["errorMessage"]) == (b"some", "nobody")
    assert json.loads((await gated.whole(f))[0])["count"] == 1


@needs_node
@pytest.mark.parametrize("wrapped", [False, True], ids=["channel", "runtime api"])
async def test_no_more_than_the_limit(gated: Gated, wrapped: bool) -> None:
    f = node(gated, wrapped)
    payload, described = await gated.whole(f, {"do": "pour", "bytes": 2**20})
    assert (len(payload), described) == (2**20, {})
    payload, described = await gated.whole(f, {"do": "pour", "bytes": 3 * 2**20})
    assert len(payload) <= 2**20
    assert described["errorType"] == "Function.ResponseSizeTooLarge"
    assert described["errorMessage"].endswith("exceeded maximum allowed payload size (1048576 bytes).")
    payload, described = await gated.whole(f)
    assert (json.loads(payload)["count"], described) == (3, {})


@pytest.mark.slow
@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
async def test_awss_library_for_go(gated: Gated, builds: Builds) -> None:
    program = builds.artefact("go", ["go", "version"], GO_BUILD, "bootstrap")
    f = gated.function({"bootstrap": program}, runtime="provided.al2023", handler="any", timeout=10)
    answer = await gated.stream(f, {"do": "stream"})
    assert await anext(answer) == b"first"
    gated.gate.set()
    payload, described = await read(answer)
    assert (payload, described["errorMessage"]) == (b"last", "midway")
    payload, described = await read(await gated.stream(f))
    assert json.loads(payload)["count"] == 2


@pytest.mark.slow
@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
async def test_the_runtime_library_for_rust(gated: Gated, builds: Builds) -> None:
    program = builds.artefact("rust", ["cargo", "--version"], ["cargo", "build"], "target/debug/bootstrap")
    f = gated.function({"bootstrap": program}, runtime="provided.al2023", handler="any", timeout=10)
    answer = await gated.stream(f, {"do": "stream"})
    begun = b""
    while not begun.endswith(b"first"):
        begun += await anext(answer)
    assert json.loads(begun.removesuffix(bytes(8) + b"first"))["statusCode"] == 200  # it describes what it streams
    gated.gate.set()
    assert await read(answer) == (b"last", {})
    payload, _ = await read(await gated.stream(f))
    assert json.loads(payload)["count"] == 2


@needs_node
@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
async def test_two_streams_side_by_side_in_one_environment(gated: Gated) -> None:
    capacity = Capacity("arn:aws:lambda:us-east-1:000000000000:capacity-provider:p", 2, 2.0)
    f = node(gated, capacity=capacity, memory_mb=2048, logging=LoggingConfig("/aws/lambda/f", "JSON"))
    gated.dispatcher.plan(f, 1, 1, 4.0)
    answers = await asyncio.gather(*(gated.stream(f, {"do": "wait"}) for _ in range(2)))
    assert [await anext(answer) for answer in answers] == [b"first", b"first"]
    gated.gate.set()
    assert [await read(answer) for answer in answers] == [(b"last", {})] * 2
    assert len(gated.dispatcher.environments()) == 1

"""The same function, runtime and extension under AWS's own emulator and under Lambent: what they see must be equal.

What is the emulator's own is not compared: its account and ARNs; that it knows no trace ids; its texts of a timeout and
of an answer that is too large (without the size), and that a custom runtime cannot go on after one; that `/ping` is
below its base path only; that it puts streamed answers together and drops their trailers; its parser's
words; that it answers nothing when a runtime exits in INIT.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import lambent.runtimes
from tests.e2e.data_plane import Platform
from tests.e2e.oracle.emulator import Emulator, emulator, program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: both run in namespaces of their own"),
]

Invoke = Callable[[Any], Awaitable[bytes]]

ASKED = {"client_context": '{"custom":{"a":"b"}}'}
HERE = Path(__file__).parent / "oracle"
NODE_CLIENT = Path(lambent.runtimes.__file__).parent / "node"
BASE = "/2018-06-01/runtime/"
ANSWER, FAIL = f"{BASE}invocation/ID/response", f"{BASE}invocation/ID/error"
TYPE = "Lambda-Runtime-Function-Error-Type"
STREAMING = {"Lambda-Runtime-Function-Response-Mode": "streaming", "Transfer-Encoding": "chunked"}

CONVERSATIONS: dict[str, list[Any]] = {
    "an answer": [["POST", ANSWER, {}, '"x"']],
    "no answer at all": [["POST", ANSWER, {}, ""]],
    "bytes": [["POST", ANSWER, {"Content-Type": "application/octet-stream"}, "no json"]],
    "an answer in pieces": [["POST", ANSWER, STREAMING, "3\r\nabc\r\n0\r\n\r\n"]],
    "an error": [["POST", FAIL, {TYPE: "Function.Mine"}, '{"errorType":"Mine","errorMessage":"m"}']],
    "an error of an odd type": [["POST", FAIL, {TYPE: "odd"}, '{"errorType":"Mine"}']],
    "an error of no type": [["POST", FAIL, {}, '{"errorType":"Mine"}']],
    "an error that is no json": [["POST", FAIL, {TYPE: "Function.Mine"}, "words"]],
    "ids of others": [
        ["POST", f"{BASE}invocation/other/response", {}, "1"],
        ["POST", f"{BASE}invocation/other/error", {}, "1"],
        ["POST", ANSWER, {}, "2"],
    ],
    "answers out of turn": [
        ["POST", f"{BASE}init/error", {TYPE: "Function.Mine"}, "{}"],
        ["POST", ANSWER, {}, "1"],
        ["POST", ANSWER, {}, "2"],
        ["POST", FAIL, {TYPE: "Function.Mine"}, "{}"],
        ["POST", f"{BASE}init/error", {TYPE: "Function.Mine"}, "{}"],
    ],
    "errors out of turn": [
        ["POST", FAIL, {TYPE: "Function.Mine"}, "{}"],
        ["POST", FAIL, {TYPE: "Function.Mine"}, "{}"],
        ["POST", ANSWER, {}, "1"],
    ],
    "places that are not there": [
        ["GET", "/2018-06-01/ping", {}, None],
        ["GET", f"{BASE}nothing", {}, None],
        ["GET", "/", {}, None],
        ["GET", f"{BASE}restore/next", {}, None],
        ["POST", f"{BASE}restore/error", {TYPE: "Function.Mine"}, "{}"],
        ["PUT", ANSWER, {}, "1"],
        ["GET", ANSWER, {}, None],
        ["GET", FAIL, {}, None],
        ["POST", f"{BASE}invocation/next", {}, "1"],
        ["GET", f"{BASE}init/error", {}, None],
        ["POST", ANSWER, {}, "0"],
    ],
}

HANDLER = """
import json, os, socket, sys

def handler(event, context):
    match event["do"]:
        case "raise": raise ValueError("no")
        case "exit": os._exit(event["code"])
        case "kill": os.kill(os.getpid(), event["signal"])
        case "not json": return {1, 2}
        case "large": return "x" * 7_000_000
        case "watched":
            with open("/opt/port") as file:
                watcher = socket.create_connection(("127.0.0.1", int(file.read())))
            return json.loads(b"".join(iter(lambda: watcher.recv(65536), b"")))
        case "context":
            return [context.function_name, context.function_version, context.memory_limit_in_mb,
                    context.client_context.custom, context.identity.cognito_identity_id,
                    0 < context.get_remaining_time_in_millis() <= 10_000, os.environ["_HANDLER"]]
    return event
"""


@pytest.fixture
async def ours(tmp_path: Path) -> AsyncIterator[Platform]:
    (tmp_path / "ours").mkdir()
    platform = Platform(tmp_path / "ours", "isolated")
    await platform.open()
    try:
        yield platform
    finally:
        await platform.close()


@pytest.fixture
def rie(request: pytest.FixtureRequest) -> Path:
    """The emulator's program."""
    cache = request.config.cache
    if cache is None:
        pytest.skip("pytest keeps nothing, so there is no place for AWS's emulator")
    return program(cache)


@pytest.fixture
def task(tmp_path: Path) -> Path:
    (tmp_path / "task").mkdir()
    return tmp_path / "task"


def by_emulator(one: Emulator) -> Invoke:
    return lambda event: one.invoke(event, **ASKED)


def by_platform(platform: Platform, **function: Any) -> Invoke:
    made = platform.function(**{"timeout": 10, **function})

    async def invoke(event: Any) -> bytes:
        return (await platform.invoke(made, event, **ASKED)).payload

    return invoke


async def test_custom_runtimes_see_the_same_runtime_api(ours: Platform, rie: Path, task: Path) -> None:
    shutil.copy(HERE / "probe.py", task / "bootstrap")
    (task / "bootstrap").chmod(0o755)

    async def converse(invoke: Invoke) -> dict[str, tuple[bytes, Any]]:
        return {name: (await invoke(what), json.loads(await invoke("report"))) for name, what in CONVERSATIONS.items()}

    async with emulator(rie, task, ["./bootstrap"]) as one:
        expected = await converse(by_emulator(one))
    files = {"bootstrap": (task / "bootstrap").read_text()}
    seen = await converse(by_platform(ours, files=files, runtime="provided.al2023", handler="x"))
    for name in CONVERSATIONS:
        assert seen[name][0] == expected[name][0], name
        for mine, theirs in zip(seen[name][1], expected[name][1], strict=True):
            assert mine == theirs, name


async def test_awslambdaric_sees_the_same_and_answers_the_same(ours: Platform, rie: Path, task: Path) -> None:
    (task / "app.py").write_text(HANDLER)
    events: list[dict[str, Any]] = [
        {"do": "echo", "text": "\u00e9\u2028"},
        {"do": "context"},
        {"do": "raise"},
        {"do": "not json"},
        {"do": "exit", "code": 3},
        {"do": "exit", "code": 0},
        {"do": "kill", "signal": 11},
        {"do": "echo"},
        {"do": "large"},
        {"do": "echo"},
    ]
    command = [sys.executable, "-m", "awslambdaric", "app.handler"]
    async with emulator(rie, task, command, handler="app.handler") as one:
        expected = [told(await one.invoke(event, **ASKED)) for event in events]
    invoke = by_platform(ours, files={"app.py": HANDLER}, runtime=f"python3.{sys.version_info.minor}", name="f")
    for event, wanted in zip(events, expected, strict=True):
        assert told(await invoke(event)) == wanted, event


BROKEN = {
    "no such module": ("import nothing_of_that_name", "app.handler"),
    "no such handler": ("x = 1", "app.handler"),
    "a syntax error": ("def", "app.handler"),
    "an error in the module": ("raise KeyError('x')", "app.handler"),
    "a bad name": ("x = 1", "app"),
}


async def test_an_init_that_fails_is_told_the_same(ours: Platform, rie: Path, task: Path) -> None:
    runtime = f"python3.{sys.version_info.minor}"
    for how, (source, handler) in BROKEN.items():
        (task / "app.py").write_text(source)
        async with emulator(rie, task, [sys.executable, "-m", "awslambdaric", handler], handler=handler) as one:
            expected = told(await one.invoke({}, **ASKED))
        invoke = by_platform(ours, files={"app.py": source}, runtime=runtime, handler=handler)
        assert told(await invoke({})) == expected, how


NODE_HANDLER = """
exports.handler = async (event) => {
  if (event.do === "raise") throw new TypeError("no");
  if (event.do === "exit") process.exit(3);
  if (event.do === "large") return "x".repeat(7000000);
  return event;
};
exports.streams = awslambda.streamifyResponse(async (event, stream) => {
  stream.write("first");
  await new Promise(setImmediate);
  if (event.do === "raise") throw new TypeError("midway");
  stream.end("last");
});
"""


@pytest.mark.skipif(not shutil.which("node"), reason="no Node.js on this machine")
async def test_our_nodejs_client_gets_on_with_awss_runtime_api(rie: Path, task: Path) -> None:
    (task / "index.js").write_text(NODE_HANDLER)
    command = ["node", str(NODE_CLIENT / "index.cjs")]
    async with emulator(rie, task, command, handler="index.handler") as one:
        answers = [told(await one.invoke({"do": what}, **ASKED)) for what in ("echo", "raise", "exit", "large", "echo")]
    assert answers[0] == answers[4] == {"do": "echo"}
    assert (answers[1]["errorType"], answers[1]["errorMessage"]) == ("TypeError", "no")
    assert [answer["errorType"] for answer in answers[2:4]] == ["Runtime.ExitError", "Function.ResponseSizeTooLarge"]
    async with emulator(rie, task, command, handler="index.streams") as one:
        assert await one.invoke({}, **ASKED) == b"firstlast"
        assert await one.invoke({"do": "raise"}, **ASKED) == b"first"
        assert await one.invoke({}, **ASKED) == b"firstlast"


def told(payload: bytes) -> Any:
    """An answer without what differs from one run to the next, or is the emulator's own."""
    answer = json.loads(re.sub(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", b"ID", payload))
    if isinstance(answer, dict) and "errorType" in answer:
        answer.pop("stackTrace", None)
        if answer["errorType"] == "Function.ResponseSizeTooLarge":
            answer.pop("errorMessage")
    return answer


async def test_an_extension_sees_the_same_in_the_same_order(ours: Platform, rie: Path, task: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    layer = {"port": port, "extensions/watcher": (HERE / "watcher.py").read_text()}
    opt = task.parent / "opt"
    (opt / "extensions").mkdir(parents=True)
    for name, text in layer.items():
        (opt / name).write_text(text)
        (opt / name).chmod(0o755)
    (task / "app.py").write_text(HANDLER)

    async def watch(invoke: Invoke) -> list[Any]:
        await invoke({"do": "echo"})
        return watched(await invoke({"do": "watched"}))

    command = [sys.executable, "-m", "awslambdaric", "app.handler"]
    async with emulator(rie, task, command, handler="app.handler", opt=opt) as one:
        expected = await watch(by_emulator(one))
    runtime = f"python3.{sys.version_info.minor}"
    seen = await watch(by_platform(ours, files={"app.py": HANDLER}, layer=layer, runtime=runtime))
    assert [what for what, *_ in seen] == [what for what, *_ in expected]
    assert seen == expected


def watched(payload: bytes) -> list[Any]:
    """Its notes up to the end of the first event; the second one may have come meanwhile."""
    notes = json.loads(re.sub(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", b"ID", payload))
    notes = notes[: 1 + [what for what, *_ in notes].index("late error")]
    for what, _, _, body in notes:
        if what == "no json":  # the emulator's parser has words of its own
            body.pop("errorMessage")
    return list(notes)

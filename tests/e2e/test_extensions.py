"""Extensions in the real sandbox: agents from a layer beside every kind of runtime, and one inside it."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambent.model.function import FunctionVersion
from lambent.model.invocation import InvocationResult
from tests.e2e.data_plane import ISOLATED, Platform

AGENT = """#!/usr/bin/env python3
import http.server, json, os, sys, threading, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"]
name = os.path.basename(sys.argv[0])
seen = []

def call(method, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(api + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.headers, json.loads(answer.read() or b"null")

class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        for record in json.loads(self.rfile.read(int(self.headers["Content-Length"]))):
            seen.append(record["type"])
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args):
        pass

events = {"events": ["INVOKE", "SHUTDOWN"]}
headers, facts = call("POST", "/2020-01-01/extension/register", events, **{"Lambda-Extension-Name": name})
me = {"Lambda-Extension-Identifier": headers["Lambda-Extension-Identifier"]}
server = http.server.ThreadingHTTPServer(("127.0.0.1", 8123), Sink)
threading.Thread(target=server.serve_forever, daemon=True).start()
call("PUT", "/2022-07-01/telemetry", {
    "schemaVersion": "2022-12-13", "types": ["platform", "function"],
    "buffering": {"timeoutMs": 25, "maxItems": 1000, "maxBytes": 262144},
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8123/"},
}, **me)
print("agent of", facts["functionName"], flush=True)
while True:
    _, event = call("GET", "/2020-01-01/extension/event/next", **me)
    print("agent got", event["eventType"], event.get("shutdownReason", ""), sorted(set(seen)), flush=True)
    if event["eventType"] == "SHUTDOWN":
        sys.exit(0)
    if os.environ.get("CRASH"):
        sys.exit(3)
"""

HANDLER = """
import json, os, time, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"]

def call(path, body=None, **headers):
    request = urllib.request.Request(api + path, json.dumps(body).encode() if body is not None else None, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.loads(error.read() or b"null")

register = "/2020-01-01/extension/register"
inside = None
if os.environ.get("INSIDE"):
    _, headers, _ = call(register, {"events": ["INVOKE"]}, **{"Lambda-Extension-Name": "inside"})
    inside = {"Lambda-Extension-Identifier": headers["Lambda-Extension-Identifier"]}
    import threading
    def ask():
        while True:
            request_id = call("/2020-01-01/extension/event/next", **inside)[2]["requestId"]
            os.write(1, f"inside got {request_id}\\n".encode())  # at once: the handler prints meanwhile
    threading.Thread(target=ask, daemon=True).start()

def handler(event, context):
    print("hello from the function")
    if event.get("do") == "sleep":
        time.sleep(30)
    if event.get("do") == "exit":
        os._exit(1)
    if event.get("do") == "late":
        return call(register, {"events": []}, **{"Lambda-Extension-Name": "late"})[2]["errorType"]
    if event.get("do") == "zone":
        token = {"Authorization": "Bearer " + os.environ["AWS_LAMBDA_METADATA_TOKEN"]}
        at = "http://" + os.environ["AWS_LAMBDA_METADATA_API"] + "/2026-01-15/metadata/execution-environment"
        with urllib.request.urlopen(urllib.request.Request(at, headers=token)) as answer:
            return json.loads(answer.read())
    return 1
"""

BOOTSTRAP = """#!/usr/bin/env python3
import os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as event:
        rid = event.headers["Lambda-Runtime-Aws-Request-Id"]
    urllib.request.urlopen(api + rid + "/response", b'"own"').read()
"""

WEB = """#!/usr/bin/env python3
import http.server

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"page " + self.path.encode())
    def log_message(self, *args):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Page).serve_forever()
"""
REQUEST = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/hello",
    "rawQueryString": "a=1",
    "headers": {"host": "example.org"},
    "requestContext": {
        "accountId": "000000000000", "apiId": "a", "domainName": "example.org", "domainPrefix": "a", "requestId": "r",
        "http": {"method": "GET", "path": "/hello", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t"},
        "routeKey": "$default", "stage": "$default", "time": "12/Mar/2020:19:03:58 +0000", "timeEpoch": 1583348638390,
    },
    "isBase64Encoded": False,
}  # fmt: skip
ADAPTER = "lambda-adapter"

pytestmark = pytest.mark.parametrize("platform", [ISOLATED], indirect=True)


def with_agents(platform: Platform, **agents: str) -> None:
    """Let every function have a layer with these extensions."""
    tree = platform.data / "layers" / platform.ids.hex(64)
    (tree / "extensions").mkdir(parents=True)
    for folder in (tree.parent, tree, tree / "extensions"):
        folder.chmod(0o755)
    for name, text in agents.items():
        (tree / "extensions" / name).write_text(text)
        (tree / "extensions" / name).chmod(0o755)

    async def layers(function: FunctionVersion) -> Path | None:
        return tree

    platform.dispatcher._fleet._blueprints._layer_tree = layers


def answer(result: InvocationResult) -> Any:
    return json.loads(result.payload)


async def at_rest(platform: Platform) -> None:
    """Until the only environment can take a request: the answer leaves before its agents are done."""
    async with asyncio.timeout(5):
        for _ in iter(lambda: platform.dispatcher.environments()[0].state in ("idle", "frozen", "vacant"), True):
            await asyncio.sleep(0.01)


async def until(condition: Callable[[list[str]], bool], platform: Platform) -> list[str]:
    log: list[str] = []
    async with asyncio.timeout(10):
        while not condition(log := await platform.log()):  # noqa: ASYNC110 - the log is a file
            await asyncio.sleep(0.02)
    return log


@pytest.mark.parametrize(
    ("files", "changes"),
    [({"app.py": HANDLER}, {}), ({"bootstrap": BOOTSTRAP}, {"runtime": "provided.al2023", "handler": "x"})],
)
async def test_an_agent_lives_beside_every_runtime(
    platform: Platform, files: dict[str, str], changes: dict[str, Any]
) -> None:
    with_agents(platform, agent=AGENT)
    f = platform.function(files, timeout=10, **changes)
    for _ in range(3):
        assert answer(await platform.invoke(f, tail=False)) in (1, "own")
        await asyncio.sleep(0.2)
    platform.dispatcher.retire(f.arn, None)
    log = await until(lambda log: any("agent got SHUTDOWN" in line for line in log), platform)
    assert "agent of f" in log
    assert "EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE,SHUTDOWN]" in log
    assert "TELEMETRY\tName: agent\tState: Subscribed\tTypes: [platform, function]" in log
    assert sum(line.startswith("agent got INVOKE") for line in log) == 3
    assert sum(line.startswith("REPORT") for line in log) == 3
    last = next(line for line in log if line.startswith("agent got SHUTDOWN spindown"))
    for kind in ("platform.initStart", "platform.start", "platform.runtimeDone", "platform.report"):
        assert f"'{kind}'" in last
    assert [info.state for info in platform.dispatcher.environments()] == []


@pytest.mark.parametrize(("do", "reason"), [("sleep", "timeout"), ("exit", "failure")])
async def test_a_failure_ends_the_agent_in_order_and_another_one_starts(
    platform: Platform, do: str, reason: str
) -> None:
    with_agents(platform, agent=AGENT)
    f = platform.function({"app.py": HANDLER}, timeout=1)
    assert answer(await platform.invoke(f)) == 1
    await at_rest(platform)
    assert (await platform.invoke(f, {"do": do})).function_error == "Unhandled"
    await at_rest(platform)
    assert answer(await platform.invoke(f)) == 1
    log = await platform.log()
    assert any(line.startswith(f"agent got SHUTDOWN {reason}") for line in log)
    assert log.count("agent of f") == 2
    assert len(platform.dispatcher.environments()) == 1


async def test_an_agent_that_crashes_breaks_the_environment(platform: Platform) -> None:
    with_agents(platform, agent=AGENT)
    f = platform.function({"app.py": HANDLER}, timeout=5, variables={"CRASH": "1"})
    assert answer(await platform.invoke(f, tail=False)) == 1
    log = await until(lambda log: any(line.startswith("REPORT") for line in log), platform)
    assert next(line for line in log if line.startswith("REPORT")).endswith(
        "Status: error\tError Type: Extension.Crash"
    )


async def test_what_is_no_program_fails_the_init(platform: Platform) -> None:
    with_agents(platform, agent="#!/no/such/interpreter\n")
    result = await platform.invoke(platform.function({"app.py": HANDLER}))
    assert answer(result)["errorType"] == "Extension.LaunchError"


async def test_an_extension_inside_the_runtime(platform: Platform) -> None:
    f = platform.function({"app.py": HANDLER}, timeout=5, variables={"INSIDE": "1"})
    for number in range(2):
        result = await platform.invoke(f, request_id=f"request-{number}")
        assert answer(result) == 1
    log = await until(lambda log: any("inside got request-1" in line for line in log), platform)
    assert "EXTENSION\tName: inside\tState: Ready\tEvents: [INVOKE]" in log


async def test_after_init_nobody_registers_any_more(platform: Platform) -> None:
    f = platform.function({"app.py": HANDLER}, timeout=5)
    assert answer(await platform.invoke(f, {"do": "late"})) == "Extension.RegistrationClosed"


async def test_a_function_knows_its_zone(platform: Platform) -> None:
    f = platform.function({"app.py": HANDLER}, timeout=5)
    assert answer(await platform.invoke(f, {"do": "zone"})) == {"AvailabilityZoneID": "use1-az1"}


@pytest.fixture
def adapter() -> bytes:
    """The program, where it is on PATH."""
    found = shutil.which(ADAPTER)
    if found is None:
        pytest.skip("needs lambda-adapter on PATH (cargo install lambda_web_adapter)")
    return Path(found).read_bytes()


@pytest.mark.parametrize("mode", ["buffered", "response_stream"])
async def test_awss_web_adapter_as_it_is_published(platform: Platform, adapter: bytes, mode: str) -> None:
    variables = {"AWS_LWA_INVOKE_MODE": mode}
    layer = {f"extensions/{ADAPTER}": adapter}
    f = platform.function(
        {"bootstrap": WEB}, layer=layer, runtime="provided.al2023", handler="x", timeout=10, variables=variables
    )
    if mode == "buffered":
        for _ in range(2):
            page = answer(await platform.invoke(f, REQUEST))
            assert (page["statusCode"], page["body"]) == (200, "page /hello?a=1")
    else:
        streamed = b"".join([piece async for piece in await platform.stream(f, REQUEST)])
        prelude, _, body = streamed.partition(bytes(8))
        assert (json.loads(prelude)["statusCode"], body) == (200, b"page /hello?a=1")
    assert f"EXTENSION\tName: {ADAPTER}\tState: Ready\tEvents: []" in await platform.log()

"""Node.js functions on the real sandbox: what their handlers do is what callers and logs see, as on Lambda."""

from __future__ import annotations

import asyncio
import json
import os
import re
from typing import Any

import pytest

from lambent.model.function import FunctionVersion, LoggingConfig
from lambent.model.invocation import InvocationResult
from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes.discover import discover
from lambent.runtimes.library import contents, extras_root
from lambent.runtimes.places import Places
from lambent.settings import Settings
from tests.e2e.data_plane import ISOLATED, Platform

FOUND = [name for name in discover(Places.of(Settings.from_environment())) if name.startswith("nodejs")]
RUNTIME = FOUND[-1] if FOUND else "nodejs22.x"
SERVING = discover(Places.of(Settings.from_environment())).get(RUNTIME, Runtime(RUNTIME, RuntimeKind.FRAMED))
OWN_SDK = {"node_modules/@aws-sdk/client-s3/index.js": "module.exports = 'mine';"}
CLASSIC = "nodejs22.x"
"""The style of handlers up to Node.js 22, whichever version serves it."""

pytestmark = pytest.mark.skipif(not FOUND, reason="no Node.js on this machine")
isolated_only = pytest.mark.parametrize("platform", [ISOLATED], indirect=True)
one_sandbox = pytest.mark.parametrize("platform", [ISOLATED if os.geteuid() == 0 else "process"], indirect=True)
"""For what is the client's own business, whatever holds it."""


HANDLER = """
const { setTimeout: wait } = require("timers/promises");
console.log("importing");
let count = 0;
let beats = 0;

exports.handler = async (event, context) => {
  count += 1;
  switch (event.do) {
    case "throw": throw Object.assign(new TypeError("boom"), { code: "E1" });
    case "reject": return Promise.reject("just words");
    case "exit": process.exit(event.code);
    case "uncaught": setTimeout(() => { throw new RangeError("too late"); }, 1); return wait(1000);
    case "unhandled": Promise.reject(new Error("nobody")); return wait(1000);
    case "forever": return new Promise(() => {});
    case "circular": { const ring = {}; ring.ring = ring; return ring; }
    case "nothing": return;
    case "large": return "y".repeat(event.size);
    case "echo": return event.payload;
    case "sleep": return wait(event.milliseconds);
    case "beat": setInterval(() => { beats += 1; }, 1); break;
    case "environ": return process.env;
    case "log": {
      console.log("first\\nline");
      console.error("an error:", new Error("inside"));
      console.debug({ a: 1 });
      process.stdout.write("plain\\n");
      break;
    }
    case "context": {
      const { getRemainingTimeInMillis, ...rest } = context;
      return { ...rest, remaining: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID };
    }
    case "collect": {
      const before = new WeakRef({});
      await wait(1);
      gc();
      return [typeof gc, before.deref() === undefined];
    }
    case "heap": return require("v8").getHeapStatistics().heap_size_limit / 2 ** 20;
    case "children": {
      const { execFileSync } = require("child_process");
      return execFileSync("/bin/ls", ["/proc/self/fd"]).toString().split("\\n").filter(Boolean);
    }
  }
  return { count, beats, node: process.version };
};
"""


def node(
    platform: Platform, files: dict[str, str | bytes] | str = HANDLER, handler: str = "index.handler", **changes: Any
) -> FunctionVersion:
    """A function; a text is its index.js."""
    files = {"index.js": files} if isinstance(files, str) else files
    return platform.function(files, **{"runtime": RUNTIME, "handler": handler, "timeout": 10, **changes})


async def answer(platform: Platform, function: FunctionVersion, event: Any = None) -> Any:
    """What a function answers that must not fail."""
    result = await platform.invoke(function, event)
    assert result.function_error is None, result
    return json.loads(result.payload)


def error(result: InvocationResult) -> dict[str, Any]:
    """The error that a function failed with."""
    assert result.function_error == "Unhandled", result
    described = json.loads(result.payload)
    assert isinstance(described, dict)
    return described


def tail_of(result: InvocationResult) -> str:
    """The log of one invocation."""
    return (result.log_tail or b"").decode()


@pytest.mark.parametrize("runtime", FOUND)
async def test_cold_then_warm_on_every_version(platform: Platform, runtime: str) -> None:
    f = node(platform, runtime=runtime)
    first, second = await answer(platform, f), await answer(platform, f)
    assert (first["count"], second["count"]) == (1, 2)
    assert first["node"].startswith(f"v{runtime.removeprefix('nodejs').removesuffix('.x')}.")
    log = await platform.log()
    assert re.match(r"INIT_START Runtime Version: nodejs:\d+\.\d+\.\d+\t", log[0])
    assert re.fullmatch(r"\S+Z\tundefined\tINFO\timporting", log[1])


async def test_the_handler_sees_lambdas_context_and_environment(platform: Platform) -> None:
    f = node(platform, timeout=30, variables={"TABLE": "t"})
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
    result = await platform.invoke(
        f,
        {"do": "context"},
        request_id="5b8e",
        client_context='{"custom":{"a":1}}',
        cognito_identity='{"cognitoIdentityId":"i"}',
        tenant_id="t1",
        trace_id=trace,
    )
    seen = json.loads(result.payload)
    assert 29_000 < seen.pop("remaining") <= 30_000
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", seen.pop("logStreamName"))
    seen.pop("callbackWaitsForEmptyEventLoop", None)  # until Node.js 24
    assert seen == {
        "functionName": "f",
        "functionVersion": "$LATEST",
        "memoryLimitInMB": "256",
        "logGroupName": "/aws/lambda/f",
        "invokedFunctionArn": f.arn,
        "awsRequestId": "5b8e",
        "clientContext": {"custom": {"a": 1}},
        "identity": {"cognitoIdentityId": "i"},
        "tenantId": "t1",
        "trace": trace,
    }
    environ = await answer(platform, f, {"do": "environ"})
    assert environ["TABLE"] == "t"
    assert environ["AWS_EXECUTION_ENV"] == f"AWS_Lambda_{RUNTIME}"
    if platform.kind == "isolated":
        assert environ["NODE_PATH"].endswith(":/var/runtime/node_modules:/var/runtime:/var/task")
    assert not [name for name in environ if name.startswith("_L")]  # how we talk to it is no concern of the function


async def test_errors_are_shaped_and_logged_as_lambda_does(platform: Platform) -> None:
    f = node(platform)
    result = await platform.invoke(f, {"do": "throw"})
    described = error(result)
    assert (described["errorType"], described["errorMessage"]) == ("TypeError", "boom")
    assert described["trace"][0] == "TypeError: boom"
    assert "/index.js:" in described["trace"][1]
    logged = re.search(r"ERROR\tInvoke Error \t(\{.*\})", tail_of(result))
    assert logged is not None
    assert json.loads(logged[1]).items() >= {"errorType": "TypeError", "errorMessage": "boom", "code": "E1"}.items()
    words = error(await platform.invoke(f, {"do": "reject"}))
    assert words == {"errorType": "string", "errorMessage": "just words", "trace": []}
    assert error(await platform.invoke(f, {"do": "circular"}))["errorMessage"] == "Unable to stringify response body"
    assert await answer(platform, f) | {"node": ""} == {"count": 4, "beats": 0, "node": ""}  # all in one environment


@pytest.mark.parametrize(
    ("do", "error_type", "message", "status"),
    [
        ("uncaught", "RangeError", "too late", 129),
        ("unhandled", "Runtime.UnhandledPromiseRejection", "Error: nobody", 128),
    ],
)
async def test_what_nobody_catches_ends_the_process(
    platform: Platform, do: str, error_type: str, message: str, status: int
) -> None:
    f = node(platform)
    result = await platform.invoke(f, {"do": do})
    described = error(result)
    assert (described["errorType"], described["errorMessage"]) == (error_type, message)
    assert f"Runtime exited with error: exit status {status}" in tail_of(result)
    assert (await answer(platform, f))["count"] == 1


async def test_an_exit_without_an_answer(platform: Platform) -> None:
    described = error(await platform.invoke(node(platform), {"do": "exit", "code": 3}))
    assert described["errorType"] == "Runtime.ExitError"
    assert described["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")


async def test_a_promise_that_nothing_settles_is_told_at_once(platform: Platform) -> None:
    f = node(platform)
    described = error(await platform.invoke(f, {"do": "forever"}))
    assert described["errorType"] == "Runtime.NodeJsExit"
    assert (await answer(platform, f))["count"] == 2


async def test_timeouts_are_the_platforms(platform: Platform) -> None:
    f = node(platform, timeout=1)
    described = error(await platform.invoke(f, {"do": "sleep", "milliseconds": 5000}))
    assert described["errorType"] == "Sandbox.Timedout"


async def test_values_of_every_size(platform: Platform) -> None:
    f = node(platform)
    assert await answer(platform, f, {"do": "nothing"}) is None
    for size in (10, 100_000, 5_900_000):
        payload = "é" * (size // 2)
        assert await answer(platform, f, {"do": "echo", "payload": payload}) == payload
    result = await platform.invoke(f, {"do": "large", "size": 6_291_555})
    assert error(result)["errorType"] == "Function.ResponseSizeTooLarge"
    assert await answer(platform, f, {"do": "large", "size": 6_291_554}) == "y" * 6_291_554


async def test_memory_is_known_to_v8(platform: Platform) -> None:
    f = node(platform, memory_mb=512)
    assert 420 < await answer(platform, f, {"do": "heap"}) < 600
    assert await answer(platform, f, {"do": "collect"}) == ["function", True]


async def test_children_inherit_none_of_our_descriptors(platform: Platform) -> None:
    assert await answer(platform, node(platform), {"do": "children"}) == ["0", "1", "2", "3"]  # 3 is what it lists


@isolated_only
async def test_nothing_of_it_runs_between_invocations(platform: Platform) -> None:
    f = node(platform)
    await answer(platform, f, {"do": "beat"})
    await asyncio.sleep(0.1)
    before = await answer(platform, f)
    await asyncio.sleep(0.5)
    after = await answer(platform, f)
    assert 0 < after["beats"] - before["beats"] < 100


CALLBACKS = """
exports.handler = (event, context, callback) => {
  const milliseconds = () => Date.now() - event.began;
  const value = { context: Object.keys(context).length };
  if ("waits" in event) context.callbackWaitsForEmptyEventLoop = event.waits;
  let later = false;
  if (event.work) setTimeout(() => { later = value.later = true; }, event.work);
  switch (event.do) {
    case "callback": callback(null, value); callback(null, "twice"); break;
    case "error": callback(new EvalError("given")); break;
    case "words": callback("words"); break;
    case "throw": throw new Error("thrown");
    case "succeed": context.succeed(value); break;
    case "fail": context.fail(new Error("failed")); break;
    case "fail with nothing": context.fail(); break;
    case "done": context.done(null, value); break;
    case "later": setTimeout(() => callback(null, "later"), 10); break;
  }
  return "ignored";
};
"""


@one_sandbox
@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"do": "callback"}, {}),
        ({"do": "callback", "work": 50}, {"later": True}),
        ({"do": "callback", "work": 50, "waits": False}, {}),
        ({"do": "succeed", "work": 50}, {}),
        ({"do": "done"}, {}),
        ({"do": "later"}, "later"),
        ({"do": "nothing"}, None),
        ({"do": "nothing", "work": 20}, None),
    ],
    ids=str,
)
async def test_callbacks_answer(platform: Platform, event: dict[str, Any], expected: Any) -> None:
    seen = await answer(platform, node(platform, CALLBACKS, runtime=CLASSIC), event)
    if isinstance(seen, dict):
        assert seen.pop("context") >= 12
    assert seen == expected


@one_sandbox
@pytest.mark.parametrize(
    ("do", "error_type", "message"),
    [
        ("error", "EvalError", "given"),
        ("words", "string", "words"),
        ("throw", "Error", "thrown"),
        ("fail", "Error", "failed"),
        ("fail with nothing", "string", "handled"),
    ],
)
async def test_callbacks_fail(platform: Platform, do: str, error_type: str, message: str) -> None:
    described = error(await platform.invoke(node(platform, CALLBACKS, runtime=CLASSIC), {"do": do}))
    assert (described["errorType"], described["errorMessage"]) == (error_type, message)


async def test_node_24_has_no_callbacks_and_takes_what_is_returned(platform: Platform) -> None:
    returned = node(platform, "exports.handler = (event, context) => [event, context.succeed];", runtime="nodejs24.x")
    assert await answer(platform, returned, {"a": 1}) == [{"a": 1}, None]
    with_callback = node(platform, CALLBACKS, runtime="nodejs24.x")
    assert error(await platform.invoke(with_callback))["errorType"] == "Runtime.CallbackHandlerDeprecated"


MODULE = "import path from 'node:path';\nexport const handler = async () => path.basename('/a/b');\n"
ANSWERS_B = "exports.handler = async () => 'b';"


@one_sandbox
@pytest.mark.parametrize(
    ("files", "handler"),
    [
        ({"index.mjs": MODULE}, "index.handler"),
        ({"index.js": MODULE, "package.json": '{"type":"module"}'}, "index.handler"),
        ({"src/index.js": MODULE, "package.json": '{"type":"module"}'}, "src/index.handler"),
        ({"index.cjs": ANSWERS_B, "package.json": '{"type":"module"}'}, "index.handler"),
        ({"deep/er/index.js": ANSWERS_B}, "deep/er/index.handler"),
        ({"index.js": "exports.api = {v1: {handler: async () => 'b'}};"}, "index.api.v1.handler"),
        ({"node_modules/lib/index.js": ANSWERS_B}, "lib.handler"),
        ({"lib/index.js": ANSWERS_B, "index.js": "module.exports = require('lib');"}, "index.handler"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
async def test_handlers_are_found(platform: Platform, files: dict[str, str | bytes], handler: str) -> None:
    changes: dict[str, Any] = {"variables": {"NODE_PATH": "/var/task"}} if "lib/index.js" in files else {}
    if changes and platform.kind == "process":
        pytest.skip("the package is not at /var/task here")
    assert await answer(platform, node(platform, files, handler, **changes)) == "b"


@isolated_only
async def test_es_modules_find_packages_of_layers(platform: Platform) -> None:
    files: dict[str, str | bytes] = {
        "index.mjs": "import lib from 'lib'; import own from './own.mjs'; export const handler = async () => lib + own",
        "own.mjs": "export default 'own';",
    }
    library = {"package.json": '{"name":"lib","main":"main.js"}', "main.js": "module.exports = 'lib';"}
    for place in (
        "nodejs/node_modules",
        f"nodejs/node{RUNTIME.removeprefix('nodejs').removesuffix('.x')}/node_modules",
    ):
        layer: dict[str, str | bytes] = {f"{place}/lib/{name}": text for name, text in library.items()}
        assert await answer(platform, node(platform, files, layer=layer)) == "libown"
    required = node(platform, "exports.handler = async () => require('lib');", layer=layer)
    assert await answer(platform, required) == "lib"
    missing = node(platform, {**files, "own.mjs": "import 'absent';"}, layer=layer)
    described = error(await platform.invoke(missing))
    assert described["errorMessage"].startswith("Cannot find package 'absent' imported from /var/task/own.mjs")


@pytest.mark.skipif("node_modules" not in contents(SERVING, extras_root()), reason="make setup has no SDK installed")
@pytest.mark.parametrize(
    "files",
    [
        {"index.js": "const {S3Client} = require('@aws-sdk/client-s3'); exports.handler = async () => S3Client.name;"},
        {"index.mjs": "import {S3Client} from '@aws-sdk/client-s3'; export const handler = async () => S3Client.name;"},
        {"index.js": "exports.handler = async () => 'own' + require('@aws-sdk/client-s3');", **OWN_SDK},
    ],
    ids=["require", "import", "own"],
)
async def test_the_aws_sdk_is_there_unless_it_is_brought(platform: Platform, files: dict[str, str | bytes]) -> None:
    expected = "ownmine" if len(files) > 1 else "S3Client"
    if "index.mjs" in files and platform.kind == "process":
        pytest.skip("what `import` finds, only the isolated sandbox shows")
    assert await answer(platform, node(platform, files, memory_mb=512)) == expected


@one_sandbox
@pytest.mark.parametrize(
    ("files", "handler", "error_type", "message"),
    [
        ({"index.js": "require('absent');"}, "index.handler", "Runtime.ImportModuleError", "Error: Cannot find module"),
        ({}, "index.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'index'"),
        ({"index.js": "const = 1;"}, "index.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected token"),
        ({"index.mjs": "const = 1;"}, "index.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected token"),
        ({"index.js": ""}, "index.handler", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
        ({"index.js": "exports.handler = 1;"}, "index.handler", "Runtime.HandlerNotFound", "index.handler is not a"),
        ({"index.js": ""}, "index", "Runtime.MalformedHandlerName", "Bad handler"),
        ({"index.js": ""}, "../index.handler", "Runtime.MalformedHandlerName", "'../index.handler' is not a valid"),
        ({"index.js": "throw new RangeError('at import');"}, "index.handler", "RangeError", "at import"),
        ({"index.js": "Promise.reject(1);"}, "index.handler", "Runtime.UnhandledPromiseRejection", "1"),
        ({"index.mjs": "await new Promise(() => {});"}, "index.handler", "Runtime.ExitError", "RequestId: "),
    ],
    ids=str,
)
async def test_init_errors(
    platform: Platform, files: dict[str, str | bytes], handler: str, error_type: str, message: str
) -> None:
    result = await platform.invoke(node(platform, files, handler))
    described = error(result)
    assert described["errorType"] == error_type
    assert described["errorMessage"].startswith(message)
    log = "\n".join(await platform.log())
    assert "Phase: init\tStatus: error\tError Type: " in log


STREAMED = """
const { pipeline } = require("stream/promises");
const { Readable } = require("stream");
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  switch (event.do) {
    case "pipe": return pipeline(Readable.from(["a", "b", Buffer.from("c")]), stream);
    case "http": {
      const http = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { "x-a": "b" } });
      http.write("<p>");
      http.end(context.awsRequestId && "</p>");
      return;
    }
    case "late type": stream.write("x"); stream.setContentType("text/plain"); return;
    case "object": stream.setContentType("application/json"); stream.write({ a: 1 }); stream.end(); return;
    case "throw": stream.write("begun"); throw new Error("midway");
    case "unfinished": stream.write("begun"); return;
    case "large": stream.end(Buffer.alloc(7 * 2 ** 20)); return;
  }
});
exports.plain = awslambda.streamifyResponse((event, stream) => { stream.end("x"); });
"""


async def test_streamed_answers_arrive_whole(platform: Platform) -> None:
    f = node(platform, STREAMED)
    assert (await platform.invoke(f, {"do": "pipe"})).payload == b"abc"
    assert (await platform.invoke(f, {"do": "object"})).payload == b'{"a":1}'
    http = (await platform.invoke(f, {"do": "http"})).payload
    assert http == b'{"statusCode":201,"headers":{"x-a":"b"}}' + bytes(8) + b"<p></p>"
    for do, error_type, message in (
        ("throw", "Error", "midway"),
        ("unfinished", "string", "Response stream is not finished."),
        ("late type", "Runtime.InvalidStreamingOperation", "Cannot set content-type, too late."),
    ):
        described = error(await platform.invoke(f, {"do": do}))
        assert (described["errorType"], described["errorMessage"]) == (error_type, message)
    assert error(await platform.invoke(f, {"do": "large"}))["errorType"] == "Function.ResponseSizeTooLarge"
    plain = node(platform, STREAMED, "index.plain")
    assert error(await platform.invoke(plain))["errorMessage"] == "Streaming does not support non-async handlers."


async def test_the_console_writes_one_event_a_call(platform: Platform) -> None:
    result = await platform.invoke(node(platform), {"do": "log"}, request_id="5b8e")
    lines = [re.sub(r"^\S+Z\t", "", line) for line in tail_of(result).splitlines()]
    assert "5b8e\tINFO\tfirst" in lines
    assert "5b8e\tERROR\tan error: Error: inside" in lines
    assert "5b8e\tDEBUG\t{ a: 1 }" in lines
    assert "plain" in lines
    events = await platform.log()
    assert any(event.endswith("INFO\tfirst\nline") for event in events)


async def test_the_console_in_json_heeds_the_level(platform: Platform) -> None:
    logging = LoggingConfig(log_group="/aws/lambda/f", log_format="JSON", application_level="INFO")
    await platform.invoke(node(platform, logging=logging), {"do": "log"}, request_id="5b8e")
    events = [json.loads(event) for event in await platform.log() if '"level"' in event]
    first, failed = (event for event in events if event.get("requestId") == "5b8e")
    assert first.items() >= {"level": "INFO", "message": "first\nline"}.items()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["timestamp"])
    assert failed.items() >= {"level": "ERROR", "errorType": "Error", "errorMessage": "inside"}.items()
    assert failed["stackTrace"][0] == "Error: inside"


WRAPPER = """#!/bin/sh
echo "wrapping $# arguments" >&2
interpreter=$1; shift
exec 3>&- 4>&-
exec "$interpreter" --stack-trace-limit=1 "$@"
"""


async def test_a_wrapper_script_starts_it_over_the_runtime_api(platform: Platform) -> None:
    files: dict[str, str | bytes] = {"index.js": HANDLER, "wrap": WRAPPER}
    f = node(platform, files, variables={"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrap"})
    assert (await answer(platform, f))["count"] == 1
    described = error(await platform.invoke(f, {"do": "throw"}))
    assert len(described["trace"]) == 2
    assert (await answer(platform, f, {"do": "context"}))["functionName"] == "f"
    assert error(await platform.invoke(f, {"do": "forever"}))["errorType"] == "Runtime.NodeJsExit"
    payload = "é" * 1_000_000
    assert await answer(platform, f, {"do": "echo", "payload": payload}) == payload
    assert error(await platform.invoke(f, {"do": "unhandled"}))["errorType"] == "Runtime.UnhandledPromiseRejection"
    assert "wrapping 4 arguments" in await platform.log()
    broken = node(platform, {**files, "index.js": "throw new Error('x');"}, variables=f.variables)
    assert error(await platform.invoke(broken))["errorMessage"] == "x"


async def test_a_wrapper_script_that_is_not_there(platform: Platform) -> None:
    f = node(platform, variables={"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/absent"})
    described = error(await platform.invoke(f))
    assert described["errorType"] == "Runtime.ExitError"
    assert described["errorMessage"].endswith("Runtime exited with error: exit status 127")
    assert any(event.endswith("/absent: does not exist") for event in await platform.log())


def test_our_client_is_started_over_its_own_socket() -> None:
    found = discover(Places.of(Settings.from_environment()))
    assert {found[name].kind for name in FOUND} == {RuntimeKind.FRAMED}

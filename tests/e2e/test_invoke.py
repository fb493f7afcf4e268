"""The data plane on the real sandbox and the real runtimes: what a handler does is what a caller and a log see."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.model.function import LoggingConfig
from lambent.model.invocation import InvocationResult
from tests.e2e.data_plane import ISOLATED, Platform

BOOTSTRAP = """#!/usr/bin/env python3
import json, os, sys, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
print("bootstrap starts", flush=True)
while True:
    with urllib.request.urlopen(api + "next") as event:
        rid = event.headers["Lambda-Runtime-Aws-Request-Id"]
        wanted = json.loads(event.read())
    print("working on", rid, flush=True)
    if wanted.get("do") == "exit":
        sys.exit(wanted["code"])
    if wanted.get("do") == "fail":
        body, path = {"errorType": "Mine", "errorMessage": "no"}, "/error"
    else:
        body, path = {"trace": event.headers["Lambda-Runtime-Trace-Id"], "echo": wanted}, "/response"
    urllib.request.urlopen(api + rid + path, json.dumps(body).encode()).read()
"""

isolated_only = pytest.mark.parametrize("platform", [ISOLATED], indirect=True)


def tail_of(result: InvocationResult) -> list[str]:
    assert result.log_tail is not None
    return result.log_tail.decode().splitlines()


def figures(result: InvocationResult) -> dict[str, float]:
    """The numbers of the REPORT line."""
    line = next(line for line in tail_of(result) if line.startswith("REPORT"))
    return {name: float(value) for name, value in re.findall(r"\t?([A-Z][\w ]+): ([\d.]+) M?[msB]+", line)}


async def test_cold_then_warm(platform: Platform) -> None:
    f = platform.function()
    cold, warm = await platform.invoke(f), await platform.invoke(f)
    assert json.loads(cold.payload)["count"] == 1
    assert json.loads(warm.payload) == json.loads(cold.payload) | {"count": 2}
    first, second = figures(cold), figures(warm)
    assert first["Billed Duration"] == -(-(first["Init Duration"] + first["Duration"]) // 1)
    assert 0 < first["Init Duration"] < 2000
    assert "Init Duration" not in second
    assert second["Billed Duration"] == -(-second["Duration"] // 1)
    assert second["Memory Size"] == 256
    if platform.kind == "isolated":
        assert 1 <= second["Max Memory Used"] < 128
    log = await platform.log()
    assert log[0].startswith("INIT_START Runtime Version: python:3.")
    assert log[1] == "importing"


async def test_the_handler_sees_lambdas_context_and_environment(platform: Platform) -> None:
    f = platform.function(timeout=30, variables={"TABLE": "t", "TZ": "Europe/Berlin"})
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
    result = await platform.invoke(
        f, {"do": "context"}, request_id="5b8e", client_context='{"custom":{"a":1}}', trace_id=trace
    )
    seen = json.loads(result.payload)
    assert 29_000 < seen.pop("remaining") <= 30_000
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", seen.pop("log_stream_name"))
    assert seen == {
        "function_name": "f",
        "function_version": "$LATEST",
        "invoked_function_arn": f.arn,
        "memory_limit_in_mb": "256",
        "aws_request_id": "5b8e",
        "log_group_name": "/aws/lambda/f",
        "custom": {"a": 1},
        "trace": trace,
    }
    environ = json.loads((await platform.invoke(f, {"do": "environ"})).payload)
    assert (environ["TABLE"], environ["TZ"]) == ("t", "Europe/Berlin")
    assert environ["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert environ["AWS_ENDPOINT_URL"].startswith("http://")
    assert environ["AWS_ACCESS_KEY_ID"] == "ASIATEST"


async def test_all_that_is_written_before_the_answer_is_in_the_tail(platform: Platform) -> None:
    f = platform.function()
    await platform.invoke(f)
    for _ in range(20):
        tail = tail_of(await platform.invoke(f, {"do": "log"}))
        assert sorted(tail[1:-2]) == sorted(["first", tail[tail.index("line") - 1], "line", "unfinished"])
        assert tail[tail.index("line") - 1].endswith("\tsecond")
        assert tail[-2].startswith("END RequestId: ")


async def test_a_chatty_function_neither_blocks_nor_loses_lines(platform: Platform) -> None:
    f = platform.function(timeout=30, memory_mb=1769)
    result = await platform.invoke(f, {"do": "print", "lines": 5000, "width": 1000})
    assert result.function_error is None
    assert len(result.log_tail or b"") == 4096
    log = await platform.logs.read("000000000000", "us-east-1", "/aws/lambda/f", limit=10_000)
    assert [event.message.split(" ")[0] for event in log if event.message.endswith("xx")] == [
        str(number) for number in range(5000)
    ]


async def test_a_handlers_error(platform: Platform) -> None:
    f = platform.function()
    result = await platform.invoke(f, {"do": "raise"}, request_id="5b8e")
    error = json.loads(result.payload)
    assert result.function_error == "Unhandled"
    assert (error["errorType"], error["errorMessage"], error["requestId"]) == ("ValueError", "boom", "5b8e")
    assert "[ERROR] ValueError: boom" in tail_of(result)
    assert json.loads((await platform.invoke(f)).payload)["count"] == 2


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"do": "exit", "code": 3}, "Runtime exited with error: exit status 3"),
        ({"do": "exit", "code": 0}, "Runtime exited without providing a reason"),
        ({"do": "segfault"}, "Runtime exited with error: signal: segmentation fault"),
    ],
)
async def test_a_runtime_that_ends(platform: Platform, event: dict[str, Any], text: str) -> None:
    f = platform.function()
    result = await platform.invoke(f, event, request_id="5b8e")
    assert result.payload.decode() == (
        '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 5b8e Error: ' + text + '"}'
    )
    assert tail_of(result)[-1].endswith("Status: error\tError Type: Runtime.ExitError")
    assert json.loads((await platform.invoke(f)).payload)["count"] == 1


@isolated_only
async def test_memory_that_runs_out(platform: Platform) -> None:
    result = await platform.invoke(platform.function(memory_mb=128, timeout=30), {"do": "hog"}, request_id="5b8e")
    assert result.payload == (
        b'{"errorType":"Runtime.ExitError","errorMessage":'
        b'"RequestId: 5b8e Error: Runtime exited with error: signal: killed"}'
    )
    assert figures(result)["Max Memory Used"] == 128


async def test_a_timeout(platform: Platform) -> None:
    f = platform.function(timeout=1)
    result = await platform.invoke(f, {"do": "sleep", "seconds": 30}, request_id="5b8e")
    assert result.payload == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 5b8e Error: Task timed out after 1.00 seconds"}'
    )
    tail = tail_of(result)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 5b8e Task timed out after 1\.00 seconds", tail[-3])
    assert figures(result)["Duration"] == 1000
    assert tail[-1].endswith("Status: timeout")
    assert json.loads((await platform.invoke(f)).payload)["count"] == 1


async def test_a_module_that_is_not_there(platform: Platform) -> None:
    result = await platform.invoke(platform.function(handler="nope.handler"))
    assert result.function_error == "Unhandled"
    error = json.loads(result.payload)
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert error["errorMessage"] == "Unable to import module 'nope': No module named 'nope'"
    reports = [line.split("\t", 1)[1] for line in await platform.log() if line.startswith("INIT_REPORT")]
    assert reports == [
        f"Phase: {phase}\tStatus: error\tError Type: Runtime.ImportModuleError" for phase in ("init", "invoke")
    ]
    assert [info.state for info in platform.dispatcher.environments()] == ["vacant"]


async def test_an_init_that_is_too_slow_is_repeated_in_the_first_invocation(platform: Platform) -> None:
    fleet = platform.dispatcher._fleet
    fleet.parts = dataclasses.replace(fleet.parts, init_seconds=0.3)
    slow = "import time\ntime.sleep(0.6)\ndef handler(event, context):\n    return 1\n"
    result = await platform.invoke(platform.function({"app.py": slow}))
    assert result.payload == b"1"
    assert 600 <= figures(result)["Duration"] < 1500
    assert "Init Duration" not in figures(result)
    log = await platform.log()
    assert [line.split("\t", 1)[1] for line in log if line.startswith("INIT_REPORT")] == [
        "Phase: init\tStatus: timeout"
    ]


async def test_ten_at_once_in_ten_environments_and_the_eleventh_is_throttled(platform: Platform) -> None:
    f = platform.function()
    platform.dispatcher.reserve(f.function_arn, 10)
    calls = [asyncio.ensure_future(platform.invoke(f, {"do": "sleep", "seconds": 1.0})) for _ in range(10)]
    await asyncio.sleep(0)
    with pytest.raises(ApiError) as refused:
        await platform.invoke(f)
    assert refused.value.fields["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    results = await asyncio.gather(*calls)
    assert {result.function_error for result in results} == {None}
    assert len({json.loads(result.payload)["environment"] for result in results}) == 10
    again = await asyncio.gather(*(platform.invoke(f, {"do": "sleep", "seconds": 0.2}) for _ in range(10)))
    assert all(json.loads(result.payload)["count"] == 2 for result in again)


@isolated_only
async def test_an_idle_environment_stands_still(platform: Platform) -> None:
    f = platform.function()
    await platform.invoke(f, {"do": "beat"})
    async with asyncio.timeout(5):
        while [info.state for info in platform.dispatcher.environments()] != ["frozen"]:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    first = json.loads((await platform.invoke(f)).payload)["beats"]
    await asyncio.sleep(0.5)
    second = json.loads((await platform.invoke(f)).payload)["beats"]
    assert second - first < 100


async def test_a_caller_that_goes_away_does_not_stop_the_function(platform: Platform) -> None:
    f = platform.function()
    await platform.invoke(f)
    call = asyncio.ensure_future(platform.invoke(f, {"do": "sleep", "seconds": 0.3}, request_id="gone"))
    await asyncio.sleep(0.1)
    call.cancel()
    await asyncio.sleep(0.4)
    assert json.loads((await platform.invoke(f)).payload)["count"] == 3
    assert "END RequestId: gone" in await platform.log()


async def test_large_payloads_both_ways(platform: Platform) -> None:
    f = platform.function(timeout=30, memory_mb=1769)
    text = "z" * (6 * 1024 * 1024 - 100)
    assert json.loads((await platform.invoke(f, {"do": "echo", "payload": text})).payload) == text
    refused = await platform.invoke(f, {"do": "large", "size": 6_291_556})
    assert refused.function_error == "Unhandled"
    assert json.loads(refused.payload)["errorType"] == "Function.ResponseSizeTooLarge"
    assert json.loads((await platform.invoke(f)).payload)["count"] == 3


async def test_the_json_log_format(platform: Platform) -> None:
    logging_config = LoggingConfig("/aws/lambda/f", "JSON", application_level="INFO", system_level="INFO")
    f = platform.function(logging=logging_config)
    await platform.invoke(f, {"do": "log"})
    records = [json.loads(line) for line in await platform.log() if line.startswith("{")]
    assert [record["type"] for record in records if "type" in record] == [
        "platform.initStart",
        "platform.start",
        "platform.report",
    ]
    assert [record["message"] for record in records if "message" in record] == ["second\nline"]


@isolated_only
async def test_a_function_reaches_the_platform_from_inside_its_own_network(platform: Platform) -> None:
    f = platform.function()
    for _ in range(2):
        assert json.loads((await platform.invoke(f, {"do": "call home"})).payload) == "you called /hello"
        await asyncio.sleep(0.02)


async def test_a_new_revision_takes_over_and_the_old_processes_end(platform: Platform) -> None:
    old, new = platform.function(), platform.function({"app.py": "def handler(e, c):\n    return 'new'\n"})
    await platform.invoke(old)
    platform.dispatcher.retire(new.arn, new.revision_id)
    assert json.loads((await platform.invoke(new)).payload) == "new"
    assert [info.revision_id for info in platform.dispatcher.environments()] == [new.revision_id]


async def test_nothing_leaks_and_closing_is_quick(platform: Platform) -> None:
    f = platform.function()
    await platform.invoke(f)

    async def churn() -> None:
        await asyncio.gather(*(platform.invoke(f, {"do": "sleep", "seconds": 0.05}) for _ in range(4)))
        platform.dispatcher.retire(f.arn, None)
        await until(lambda: platform.dispatcher.environments() == [])

    await churn()
    await asyncio.sleep(0.3)
    before = open_descriptors()
    for _ in range(3):
        await churn()
    await asyncio.sleep(0.3)
    assert open_descriptors() <= before
    await asyncio.gather(*(platform.invoke(f, {"do": "sleep", "seconds": 0.05}) for _ in range(4)))
    started = platform.clock.monotonic()
    await platform.dispatcher.__aexit__(None, None, None)
    assert platform.clock.monotonic() - started < 2
    assert platform.dispatcher.environments() == []


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        for _ in iter(condition, True):
            await asyncio.sleep(0.01)


async def test_a_program_of_ones_own_speaks_the_runtime_api(platform: Platform) -> None:
    f = platform.function({"bootstrap": BOOTSTRAP}, runtime="provided.al2023", handler="whatever", timeout=10)
    result = await platform.invoke(f, {"a": 1}, request_id="5b8e")
    assert json.loads(result.payload) == {"trace": result.trace_id, "echo": {"a": 1}}
    assert "working on 5b8e" in tail_of(result)
    assert figures(result)["Init Duration"] > 0
    failed = await platform.invoke(f, {"do": "fail"})
    assert (failed.function_error, json.loads(failed.payload)["errorType"]) == ("Unhandled", "Mine")
    exited = await platform.invoke(f, {"do": "exit", "code": 4}, request_id="5b8f")
    assert exited.payload == (
        b'{"errorType":"Runtime.ExitError",'
        b'"errorMessage":"RequestId: 5b8f Error: Runtime exited with error: exit status 4"}'
    )
    assert json.loads((await platform.invoke(f, {"a": 2})).payload)["echo"] == {"a": 2}

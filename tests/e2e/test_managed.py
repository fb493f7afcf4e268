"""Several invocations in one environment, with the real runtimes: functions on managed instances."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from typing import Any

import msgspec
import pytest

from lambent.model.errors import ApiError
from lambent.model.function import Capacity, FunctionVersion, LoggingConfig
from tests.e2e.data_plane import ISOLATED, Platform

PROVIDER = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p"
JSON_LOGS = LoggingConfig("/aws/lambda/f", "JSON", "INFO", "INFO")

isolated_only = pytest.mark.parametrize("platform", [ISOLATED], indirect=True)

PYTHON = """
import os, pathlib, tempfile, time

def meet(event):
    # Every one of them is there before any leaves: they run at once.
    here = pathlib.Path(tempfile.gettempdir(), event["meeting"])
    here.mkdir(exist_ok=True)
    (here / event["name"]).touch()
    while len(list(here.iterdir())) < event["guests"]:
        time.sleep(0.005)

def handler(event, context):
    print("hello", event.get("name"))
    if event.get("do") == "exit":
        os._exit(3)
    if event.get("do") == "hang":
        time.sleep(1000)
    if event.get("do") == "end":
        os.kill(os.getppid(), 9)
        time.sleep(1000)
    if "meeting" in event:
        meet(event)
    return {"pid": os.getpid(), "stream": context.log_stream_name, "id": context.aws_request_id,
            "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], "most": os.environ["AWS_LAMBDA_MAX_CONCURRENCY"]}
"""


def managed(platform: Platform, concurrency: int, source: str = PYTHON, **changes: Any) -> FunctionVersion:
    return platform.function(
        {"app.py": source},
        **{
            "runtime": "python3.13",
            "memory_mb": 2048,
            "capacity": Capacity(PROVIDER, concurrency, 2.0),
            "logging": JSON_LOGS,
            "timeout": 10,
        }
        | changes,
    )


async def answer(platform: Platform, function: FunctionVersion, request_id: str | None = None, **event: Any) -> Any:
    return json.loads((await platform.invoke(function, event, tail=False, request_id=request_id)).payload)


async def until_up(platform: Platform, count: int, state: str = "idle") -> None:
    for _ in range(2000):
        if [info.state for info in platform.dispatcher.environments()].count(state) == count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(platform.dispatcher.environments())


async def test_as_many_at_once_as_the_function_allows_in_one_environment(platform: Platform) -> None:
    function = managed(platform, 4)
    platform.dispatcher.plan(function, 1, 1, 8)
    guests = [answer(platform, function, meeting="first", name=str(number), guests=4) for number in range(4)]
    together = await asyncio.gather(*guests)
    assert len({each["stream"] for each in together}) == 1
    assert len({each["pid"] for each in together}) == 4
    assert len({each["id"] for each in together}) == 4
    assert {(each["type"], each["most"]) for each in together} == {("lambda-managed-instances", "4")}
    (info,) = platform.dispatcher.environments()
    assert (info.init_type, info.invocations) == ("lambda-managed-instances", 4)
    lines = [json.loads(line) for line in await platform.log() if line.startswith("{")]
    reports = [line["record"] for line in lines if line.get("type") == "platform.report"]
    assert [sorted(report["metrics"]) for report in reports] == [["durationMs"]] * 4
    assert sum("hello" in line for line in await platform.log()) == 4


async def test_full_environments_refuse_and_another_one_is_started(platform: Platform) -> None:
    function = managed(platform, 1)
    platform.dispatcher.plan(function, 1, 2, 8)
    await until_up(platform, 1)
    first = asyncio.ensure_future(answer(platform, function, meeting="m", name="a", guests=99))
    await until_up(platform, 1, "busy")
    await until_up(platform, 1)
    second = asyncio.ensure_future(answer(platform, function, meeting="m", name="b", guests=99))
    await until_up(platform, 2, "busy")
    with pytest.raises(ApiError) as refused:
        await answer(platform, function)
    assert (refused.value.code, refused.value.status) == ("TooManyRequestsException", 429)
    assert refused.value.fields == {"Reason": "ConcurrentInvocationLimitExceeded"}
    first.cancel()
    second.cancel()


@isolated_only
async def test_a_worker_that_hangs_or_ends_is_lost_and_the_others_go_on(platform: Platform) -> None:
    function = managed(platform, 3, timeout=1)
    platform.dispatcher.plan(function, 1, 1, 8)
    hung, ended = await asyncio.gather(answer(platform, function, do="hang"), answer(platform, function, do="exit"))
    for outcome in (hung, ended):
        assert outcome["errorType"] == "Sandbox.Timedout"
        assert outcome["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert (await answer(platform, function))["type"] == "lambda-managed-instances"
    (info,) = platform.dispatcher.environments()
    assert info.invocations == 3


async def test_a_runtime_that_ends_ends_its_invocations_and_is_replaced(platform: Platform) -> None:
    function = managed(platform, 2)
    platform.dispatcher.plan(function, 1, 1, 8)
    outcome = await answer(platform, function, do="end")
    assert outcome["errorType"] == "Runtime.ExitError"
    assert outcome["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert (await answer(platform, function))["most"] == "2"


async def test_a_function_that_fails_in_its_init(platform: Platform) -> None:
    function = managed(platform, 2, "raise ValueError('not today')")
    platform.dispatcher.plan(function, 1, 1, 8)
    first = await answer(platform, function)
    assert (first["errorType"], first["errorMessage"]) == ("ValueError", "not today")
    assert (await answer(platform, function)) == first


@isolated_only
async def test_revisions_crashes_and_hangs_leave_nothing_behind(platform: Platform) -> None:
    function = managed(platform, 4, timeout=1)
    platform.dispatcher.plan(function, 1, 3, 8)
    told: Counter[str] = Counter()

    async def one(number: int) -> None:
        await asyncio.sleep(number / 100)
        do = {7: "exit", 31: "hang", 45: "end"}.get(number % 60, "")
        try:
            told[(await answer(platform, function, do=do, name=str(number))).get("errorType", "fine")] += 1
        except ApiError as error:
            told[error.code] += 1

    calls = [asyncio.ensure_future(one(number)) for number in range(120)]
    for revision in ("r2", "r3"):
        await asyncio.sleep(0.4)
        function = msgspec.structs.replace(function, revision_id=revision)
        platform.dispatcher.plan(function, 1, 3, 8)
        platform.dispatcher.retire(function.arn, revision)
    await asyncio.gather(*calls)
    assert sum(told.values()) == 120
    assert told["fine"]
    assert set(told) <= {"fine", "Sandbox.Timedout", "Runtime.ExitError", "TooManyRequestsException"}
    platform.dispatcher.retire(function.function_arn, None)
    for state in ("idle", "busy", "initializing", "starting"):
        await until_up(platform, 0, state)
    assert platform.dispatcher.environments() == []


NODE = """
let there = 0;
let open;
const all = new Promise((resolve) => { open = resolve; });
const { threadId } = require("worker_threads");
exports.handler = async (event, context) => {
  if (event.do === "throw") setTimeout(() => { throw new Error("nobody's"); });
  if (event.do === "hang") await new Promise((resolve) => setTimeout(resolve, 1e6));
  if (event.guests) {
    there += 1;
    if (there === event.guests) open();
    await all;
  }
  console.log("of", event.name);
  return { id: context.awsRequestId, threadId, most: process.env.AWS_LAMBDA_MAX_CONCURRENCY };
};
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
async def test_node_serves_several_events_in_one_thread(platform: Platform) -> None:
    function = node(platform, 4)
    platform.dispatcher.plan(function, 1, 1, 8)
    guests = [answer(platform, function, guests=4, name=f"guest {n}", request_id=f"id-{n}") for n in range(4)]
    together = await asyncio.gather(*guests)
    assert sorted(each["id"] for each in together) == [f"id-{n}" for n in range(4)]
    assert {(each["threadId"], each["most"]) for each in together} == {(0, "4")}
    events = [json.loads(line) for line in await platform.log() if "guest" in line]
    assert sorted((event["requestId"], event["message"]) for event in events) == [
        (f"id-{n}", f"of guest {n}") for n in range(4)
    ]


@isolated_only
@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
async def test_node_uses_threads_for_more_and_loses_only_the_one_that_fails(platform: Platform) -> None:
    function = node(platform, 66, timeout=1)
    platform.dispatcher.plan(function, 1, 1, 8)
    lost = await answer(platform, function, do="throw")
    assert lost["threadId"] in (1, 2)
    assert (await answer(platform, function, do="hang"))["errorType"] == "Sandbox.Timedout"
    for _ in range(5):
        assert (await answer(platform, function, name="x"))["threadId"] == 3 - lost["threadId"]
    assert any("nobody's" in line for line in await platform.log())
    (info,) = platform.dispatcher.environments()
    assert info.invocations == 7


def node(platform: Platform, concurrency: int, **changes: Any) -> FunctionVersion:
    runtime = "nodejs22.x"
    made = managed(platform, concurrency, runtime=runtime, handler="app.handler", **changes)
    files = platform.function({"app.js": NODE}).code
    return msgspec.structs.replace(made, code=files)

"""The life of an environment on the real sandbox: what a reset keeps, what it ends, and what it costs."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambent.model.function import FunctionVersion
from lambent.model.invocation import InvocationResult
from lambent.sandbox.base import Sweeping
from tests.e2e.data_plane import ISOLATED, Platform

HANDLER = """
import json, os, pathlib, subprocess, sys, tempfile, threading, time
notes = pathlib.Path(tempfile.gettempdir(), "notes")
notes.touch()
starts = notes.read_text().count("start")
with notes.open("a") as file:
    file.write("start ")
if os.environ.get("FAIL_FIRST") and not starts:
    raise RuntimeError("not yet")
count = 0

def handler(event, context):
    global count
    count += 1
    do = event.get("do")
    if do == "crash":
        os._exit(3)
    elif do == "hang":
        for _ in range(3):
            subprocess.Popen(["sleep", "1000"], start_new_session=True)
        time.sleep(60)
    elif do == "leave soon":
        threading.Timer(0.002, lambda: os._exit(1)).start()
        return {}
    elif do == "fork":
        subprocess.Popen(["sleep", "1000"], start_new_session=True)
        os._exit(0)
    return {
        "count": count, "starts": starts, "stream": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        "sleepers": subprocess.run(["pgrep", "-xc", "sleep"], capture_output=True, text=True).stdout.strip(),
        "remaining": context.get_remaining_time_in_millis(),
    }
"""

isolated_only = pytest.mark.parametrize("platform", [ISOLATED], indirect=True)


@pytest.fixture
def function(platform: Platform) -> FunctionVersion:
    return platform.function({"app.py": HANDLER}, timeout=1)


def answer(result: InvocationResult) -> Any:
    return json.loads(result.payload)


def report(result: InvocationResult) -> str:
    assert result.log_tail is not None
    return next(line for line in result.log_tail.decode().splitlines() if line.startswith("REPORT"))


async def clears(platform: Platform, f: FunctionVersion) -> bool:
    """True if this sandbox empties an environment in place; else it is made anew, and its /tmp too."""
    await platform.invoke(f)
    (environment,) = platform.dispatcher._fleet._environments.values()
    return environment._quarters.room is not None and isinstance(environment._quarters.room.environment, Sweeping)


@pytest.mark.parametrize("do", ["crash", "hang", "fork"])
async def test_after_a_failure_the_same_environment_starts_again(
    platform: Platform, function: FunctionVersion, do: str
) -> None:
    kept = await clears(platform, function)
    first = answer(await platform.invoke(function))
    assert first["count"] == 2
    assert (await platform.invoke(function, {"do": do})).function_error == "Unhandled"
    result = await platform.invoke(function)
    again = answer(result)
    assert (again["count"], again["stream"]) == (1, first["stream"])
    assert "Init Duration" not in report(result)
    duration = re.search(r"Duration: ([\d.]+) ms", report(result))
    assert duration is not None and float(duration[1]) >= 1000 - again["remaining"] - 1
    assert len(platform.dispatcher.environments()) == 1
    if platform.kind == "isolated":
        assert again["sleepers"] == "0"
    assert again["starts"] == (1 if kept else 0)


async def test_an_init_that_failed_is_repeated_in_the_same_place(platform: Platform) -> None:
    plain = platform.function({"app.py": HANDLER}, name="g", arn="arn:aws:lambda:us-east-1:000000000000:function:g:1")
    if not await clears(platform, plain):
        pytest.skip("this sandbox cannot empty an environment in place: its /tmp is new")
    f = platform.function({"app.py": HANDLER}, variables={"FAIL_FIRST": "1"}, timeout=5)
    result = await platform.invoke(f)
    assert answer(result)["starts"] == 1
    assert "Init Duration" not in report(result)
    reports = [line.split("\t", 1)[1] for line in await platform.log() if line.startswith("INIT_REPORT")]
    assert len(reports) == 1
    assert reports[0].startswith("Phase: init\tStatus: error\tError Type: ")


async def test_a_runtime_that_leaves_between_two_invocations_is_not_missed(
    platform: Platform, function: FunctionVersion
) -> None:
    await platform.invoke(function)
    for _ in range(3):
        event: dict[str, Any] = {"do": "leave soon"}
        while True:  # it leaves during one of these, also the first, or between them: when, is the machine's to say
            result, event = await platform.invoke(function, event), {}
            if result.function_error is not None:
                assert answer(result)["errorType"] == "Runtime.ExitError"
                break
            if answer(result).get("count") == 1:
                break
    assert (await platform.invoke(function)).function_error is None


async def test_a_timeout_hurts_neither_the_neighbour_nor_the_next(
    platform: Platform, function: FunctionVersion
) -> None:
    neighbour = platform.function({"app.py": HANDLER}, name="g", arn=function.arn.replace(":f:", ":g:"), timeout=5)
    before = answer(await platform.invoke(neighbour))
    for _ in range(2):
        result = await platform.invoke(function, {"do": "hang"})
        assert answer(result)["errorType"] == "Sandbox.Timedout"
        assert answer(await platform.invoke(function))["count"] == 1
    after = answer(await platform.invoke(neighbour))
    assert (after["count"], after["stream"]) == (before["count"] + 1, before["stream"])


async def test_provisioned_environments_answer_without_an_init_and_the_rest_spills_over(platform: Platform) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f:"
    one, two = (platform.function(name="f", version=number, arn=arn + number) for number in "12")
    alias = arn + "live"
    platform.dispatcher.provision(alias, [(one, 2)])
    await until(lambda: available(platform, alias) == 2)
    first = await platform.invoke(one, {"do": "environ"})
    assert answer(first)["AWS_LAMBDA_INITIALIZATION_TYPE"] == "provisioned-concurrency"
    assert "Init Duration" not in report(first)
    results = await asyncio.gather(*(platform.invoke(one, {"do": "sleep", "seconds": 0.3}) for _ in range(3)))
    assert sorted("Init Duration" in report(result) for result in results) == [False, False, True]
    platform.dispatcher.provision(alias, [(two, 2)])
    await until(lambda: available(platform, alias) == 2)
    assert "Init Duration" not in report(await platform.invoke(two))
    platform.dispatcher.provision(alias, [])
    await until(lambda: [info.init_type for info in platform.dispatcher.environments()] == ["on-demand"])


def available(platform: Platform, arn: str) -> int:
    info = platform.dispatcher.provisioned(arn)
    assert info is not None and info.status != "FAILED"
    return info.available


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        for _ in iter(condition, True):
            await asyncio.sleep(0.01)


@isolated_only
async def test_a_sandbox_that_is_lost_is_replaced(platform: Platform, function: FunctionVersion) -> None:
    await platform.invoke(function)
    (environment,) = platform.dispatcher._fleet._environments.values()
    assert environment._quarters.room is not None
    call = asyncio.ensure_future(platform.invoke(function, {"do": "hang"}))
    await until(lambda: environment.life.state.value == "busy")
    await asyncio.sleep(0.05)
    signal.pidfd_send_signal(environment._quarters.room.environment._pidfd, signal.SIGKILL)  # type: ignore[attr-defined]
    assert answer(await call)["errorType"] == "Runtime.ExitError"
    await until(lambda: not platform.dispatcher.environments())
    assert answer(await platform.invoke(function))["count"] == 1


@isolated_only
async def test_resets_leave_nothing_behind(platform: Platform) -> None:
    f = platform.function({"app.py": HANDLER}, timeout=5)

    async def crash() -> None:
        assert (await platform.invoke(f, {"do": "fork"})).function_error == "Unhandled"
        assert answer(await platform.invoke(f))["count"] == 1

    for _ in range(3):
        await crash()
    await asyncio.sleep(0.1)
    before = descriptors()
    for _ in range(10):
        await crash()
    await asyncio.sleep(0.1)
    assert descriptors() <= before
    (info,) = platform.dispatcher.environments()
    assert (info.invocations, info.cold) == (26, 14)


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())

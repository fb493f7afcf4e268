"""Functions in Java under AWS's own client, which `make setup` fetches. Skipped where it has not, or without a JDK."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from lambent.invoke.template import Unfit
from lambent.model.function import Capacity, FunctionVersion
from lambent.model.invocation import InvocationResult
from lambent.runtimes.discover import discover
from lambent.runtimes.library import extras_root
from lambent.runtimes.places import Places
from lambent.settings import Settings
from tests.e2e.builds import Builds
from tests.e2e.data_plane import ISOLATED, Platform

FOUND = [name for name in discover(Places.of(Settings.from_environment())) if name.startswith("java")]

pytestmark = pytest.mark.skipif(not FOUND, reason="no Java with AWS's client on this machine")
isolated_only = pytest.mark.parametrize("platform", [ISOLATED], indirect=True)


@pytest.fixture(scope="session")
def jar(builds: Builds) -> bytes:
    """The function, compiled."""
    core = extras_root() / "java" / "aws-lambda-java-core.jar"
    compile_ = f"javac --release 11 -cp {core} -d classes example/Handler.java && jar cf function.jar -C classes ."
    return builds.artefact("java", ["javac", "-version"], ["sh", "-c", compile_], "function.jar")


def java(
    platform: Platform, jar: bytes, handler: str = "example.Handler::handleRequest", **changes: Any
) -> FunctionVersion:
    """A function."""
    settings: dict[str, Any] = {"runtime": FOUND[0], "handler": handler, "timeout": 30, "memory_mb": 1024}
    return platform.function({"lib/function.jar": jar}, **{**settings, **changes})


def error(result: InvocationResult) -> dict[str, Any]:
    """The error that a function failed with."""
    assert result.function_error == "Unhandled", result
    described = json.loads(result.payload)
    assert isinstance(described, dict)
    return described


@isolated_only
@pytest.mark.parametrize("runtime", FOUND)
async def test_its_whole_life_on_every_version(platform: Platform, jar: bytes, runtime: str) -> None:
    f = java(platform, jar, runtime=runtime)
    for count in (1, 2):
        result = await platform.invoke(f, request_id=f"5b8e-{count}")
        answer = json.loads(result.payload)
        assert 0 < answer.pop("remaining") <= 30_000
        assert answer == {
            "count": count,
            "id": f"5b8e-{count}",
            "environment": f"AWS_Lambda_{runtime}",
            "java": int(runtime.removeprefix("java")),
            "home": "/var/lang",
        }
    described = error(await platform.invoke(f, {"do": "throw"}))
    assert (described["errorType"], described["errorMessage"]) == ("java.lang.IllegalStateException", "boom")
    assert described["stackTrace"][0].startswith("example.Handler.handleRequest(Handler.java:")
    assert 700 < json.loads((await platform.invoke(f, {"do": "memory"})).payload) < 900
    assert "javax.net.ssl.SSLContext" in json.loads((await platform.invoke(f, {"do": "secure"})).payload)
    await platform.invoke(f, {"do": "log"})
    ended = error(await platform.invoke(f, {"do": "exit", "code": 7}))
    assert ended["errorMessage"].endswith("Runtime exited with error: exit status 7")
    log = await platform.log()
    assert re.match(rf"INIT_START Runtime Version: java:{runtime.removeprefix('java')}\.", log[0])
    assert {"first\nline", "plain"} <= set(log)
    assert any(event.startswith("boom: java.lang.IllegalStateException\njava.lang.") for event in log)
    assert log[1].startswith("START RequestId: ")  # no JVM has complained of its archive, or of anything else


async def test_under_snapstart_it_is_initialized_anew_each_time_and_says_why(platform: Platform, jar: bytes) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f:1"
    f = java(platform, jar, version="1", arn=arn, snap_start=True)
    assert await platform.dispatcher.snapshots.made(f) == Unfit(f"has a runtime that cannot be captured ({FOUND[0]})")
    result = await platform.invoke(f)
    assert result.function_error is None, result  # AWS's client has asked for restore/next, and was let go on
    log = await platform.log()
    assert log[0].startswith("SnapStart: no snapshot was made, because the function has a runtime that cannot be")
    assert [platform.dispatcher.environments()[0].init_type] == ["snap-start"]


async def test_handlers_of_every_kind(platform: Platform, jar: bytes) -> None:
    async def answer(handler: str, event: Any) -> Any:
        result = await platform.invoke(java(platform, jar, handler), event)
        assert result.function_error is None, result
        return json.loads(result.payload)

    assert await answer("example.Handler$Greeter::greet", {"name": "you"}) == "hello you"
    assert await answer("example.Handler$Greeter::copy", {"as": "it is"}) == {"as": "it is"}
    assert (await answer("example.Handler", {}))["count"] == 1


@isolated_only
@pytest.mark.parametrize(
    ("handler", "error_type", "message"),
    [
        ("example.Absent::x", "java.lang.ClassNotFoundException", "Class not found: example.Absent"),
        ("example.Handler$Broken::handle", "java.lang.IllegalArgumentException", "at construction"),
    ],
)
async def test_init_errors(platform: Platform, jar: bytes, handler: str, error_type: str, message: str) -> None:
    described = error(await platform.invoke(java(platform, jar, handler)))
    assert (described["errorType"], described["errorMessage"]) == (error_type, message)


WRAPPER = """#!/bin/sh
echo "wrapping $1" >&2
java=$1; shift
exec "$java" -Duser.language=tlh "$@"
"""


@isolated_only
async def test_a_wrapper_script(platform: Platform, jar: bytes) -> None:
    f = platform.function(
        {"lib/function.jar": jar, "wrap": WRAPPER},
        runtime=FOUND[0],
        handler="example.Handler",
        timeout=30,
        memory_mb=1024,
        variables={"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrap"},
    )
    assert json.loads((await platform.invoke(f)).payload)["count"] == 1
    assert "wrapping /var/lang/bin/java" in await platform.log()


@isolated_only
async def test_several_at_once_on_managed_instances(platform: Platform, jar: bytes) -> None:
    capacity = Capacity("arn:aws:lambda:us-east-1:000000000000:capacity-provider:p", 3, 2.0)
    f = java(platform, jar, runtime=FOUND[-1], memory_mb=2048, capacity=capacity)
    platform.dispatcher.plan(f, 1, 1, 8)
    ids = [f"5b8e-{number}" for number in range(3)]
    answers = await asyncio.gather(
        *(platform.invoke(f, {"do": "meet"}, request_id=request_id, tail=False) for request_id in ids)
    )
    assert [json.loads(answer.payload) for answer in answers] == ids
    (info,) = platform.dispatcher.environments()
    assert info.invocations == 3

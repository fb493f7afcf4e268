"""Functions that bring their own program: in shell, in Go with AWS's library, in Rust; and those that lack one."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from lambent.model.function import FunctionVersion
from lambent.model.invocation import InvocationResult
from tests.e2e.builds import GO_BUILD, Builds
from tests.e2e.data_plane import ISOLATED, Platform

isolated_only = pytest.mark.parametrize("platform", [ISOLATED], indirect=True)

SHELL = """#!/bin/sh
set -eu
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
count=0
while true; do
  event=$(curl -sS -D /tmp/headers "$api/next")
  id=$(sed -n 's/^lambda-runtime-aws-request-id: *//Ip' /tmp/headers | tr -d '\\r')
  count=$((count + 1))
  echo "working on $event"
  case "$event" in
    *fail*) curl -sS "$api/$id/error" -H "Lambda-Runtime-Function-Error-Type: Runtime.Mine" \\
      -d '{"errorType":"Mine","errorMessage":"no"}' ;;
    *) curl -sS "$api/$id/response" -d "{\\"count\\":$count,\\"home\\":\\"$0\\"}" ;;
  esac
done
"""


def provided(platform: Platform, runtime: str = "provided.al2023", **changes: Any) -> FunctionVersion:
    """A function of a custom runtime."""
    return platform.function(**{"runtime": runtime, "handler": "any", "timeout": 10, "files": {}, **changes})


def error(result: InvocationResult) -> dict[str, Any]:
    """The error that a function failed with."""
    assert result.function_error == "Unhandled", result
    described = json.loads(result.payload)
    assert isinstance(described, dict)
    return described


@isolated_only
@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
@pytest.mark.parametrize(
    ("where", "home", "runtime"),
    [("files", "/var/task/bootstrap", "provided.al2023"), ("layer", "/opt/bootstrap", "provided.al2")],
)
async def test_a_bootstrap_in_shell(platform: Platform, where: str, home: str, runtime: str) -> None:
    f = provided(platform, runtime, **{where: {"bootstrap": SHELL}})
    for count in (1, 2):
        result = await platform.invoke(f)
        assert json.loads(result.payload) == {"count": count, "home": home}
    failed = await platform.invoke(f, {"do": "fail"})
    assert error(failed) == {"errorType": "Mine", "errorMessage": "no"}
    assert 'working on {"do": "fail"}' in (failed.log_tail or b"").decode()


@pytest.mark.parametrize(
    ("files", "modes", "why"),
    [
        ({"other": "x"}, 0o755, "Couldn't find valid bootstrap(s): [{}/var/task/bootstrap{}]"),
        ({"bootstrap": "not a program"}, 0o755, "fork/exec {}/var/task/bootstrap: exec format error"),
        ({"bootstrap": "#!/bin/sh"}, 0o644, "fork/exec {}/var/task/bootstrap: permission denied"),
        ({"bootstrap": "#!/absent"}, 0o755, "fork/exec {}/var/task/bootstrap: no such file or directory"),
    ],
)
async def test_without_a_program_that_can_be_started(
    platform: Platform, files: dict[str, str], modes: int, why: str
) -> None:
    f = provided(platform, files=files, modes=modes)
    described = error(await platform.invoke(f, request_id="5b8e"))
    assert described["errorType"] == "Runtime.InvalidEntrypoint"
    said = described["errorMessage"].removeprefix("RequestId: 5b8e Error: ")
    if platform.kind == "process":
        said = said.replace(str(platform.data / "code" / f.code.digest), "/var/task")
    assert said == why.replace("{}]", " /opt/bootstrap]" if platform.kind == "isolated" else "]").replace("{}", "")
    log = await platform.log()
    assert described["errorMessage"].removeprefix("RequestId: 5b8e Error: ") in log
    assert any("Phase: init\tStatus: error\tError Type: Runtime.InvalidEntrypoint" in event for event in log)


async def behaves(platform: Platform, program: bytes, *, after_panic: str) -> None:
    """The same story for every library: answers, errors, panics, exits, and which of them end the environment."""
    f = provided(platform, files={"bootstrap": program})
    for count in (1, 2):
        result = await platform.invoke(f, request_id=f"5b8e-{count}")
        assert json.loads(result.payload) == {"count": count, "id": f"5b8e-{count}", "deadline": True}
        assert "working" in (result.log_tail or b"").decode().splitlines()
    assert error(await platform.invoke(f, {"do": "error"}))["errorMessage"] == "boom"
    assert json.loads((await platform.invoke(f)).payload)["count"] == 4
    lost = await platform.invoke(f, {"do": "panic"})
    assert "lost" in error(lost)["errorMessage"]
    assert after_panic in (lost.log_tail or b"").decode()
    ended = error(await platform.invoke(f, {"do": "exit", "code": 9}))
    assert ended["errorMessage"].endswith("Runtime exited with error: exit status 9")
    assert json.loads((await platform.invoke(f)).payload)["count"] == 1


@pytest.mark.slow
@isolated_only
async def test_a_function_in_go(platform: Platform, builds: Builds) -> None:
    program = builds.artefact("go", ["go", "version"], GO_BUILD, "bootstrap")
    await behaves(platform, program, after_panic="Runtime exited with error: exit status 1")


@pytest.mark.slow
@isolated_only
async def test_a_function_in_rust(platform: Platform, builds: Builds) -> None:
    program = builds.artefact("rust", ["cargo", "--version"], ["cargo", "build"], "target/debug/bootstrap")
    await behaves(platform, program, after_panic="END RequestId: ")  # the library survives it

"""Functions in other languages than Python, from their zip file to their answer, through boto3."""

from __future__ import annotations

import io
import json
import platform
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambent.runtimes.discover import discover
from lambent.runtimes.library import NODE_SDK, extras_root
from lambent.runtimes.places import Places
from lambent.settings import Settings
from tests.api.conftest import parameters

Create = Callable[..., dict[str, Any]]

FOUND = discover(Places.of(Settings.from_environment()))
NODE = """
exports.handler = async (event, context) => {
  console.log("hello");
  const home = await fetch(process.env.AWS_ENDPOINT_URL + "/_lambent/health");
  return { event, version: context.functionVersion, home: home.status, runtime: process.env.AWS_EXECUTION_ENV };
};
"""


def zipped(**files: str) -> dict[str, bytes]:
    """A package of executable files (`__` in a name stands for a dot)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name.replace("__", "."))
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return {"ZipFile": made.getvalue()}


@pytest.mark.skipif(not any(name.startswith("nodejs") for name in FOUND), reason="no Node.js on this machine")
@pytest.mark.parametrize("runtime", ["nodejs20.x", "nodejs22.x", "nodejs24.x"])
def test_a_function_in_javascript(aws: Any, create: Create, name: str, runtime: str) -> None:
    created = create(name, Runtime=runtime, Handler="index.handler", Code=zipped(index__js=NODE), MemorySize=512)
    assert created["Runtime"] == runtime
    for _ in range(2):
        answer = json.load(aws.invoke(FunctionName=name, Payload=b'{"a":1}')["Payload"])
        assert answer == {"event": {"a": 1}, "version": "$LATEST", "home": 200, "runtime": f"AWS_Lambda_{runtime}"}
    aws.update_function_code(FunctionName=name, **zipped(index__js="exports.handler = async () => 'new';"))
    aws.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    assert json.load(aws.invoke(FunctionName=name)["Payload"]) == "new"


SDK = """
const { LambdaClient, GetFunctionConfigurationCommand } = require("@aws-sdk/client-lambda");
const client = new LambdaClient({});
exports.handler = async (event, context) => {
  const own = await client.send(new GetFunctionConfigurationCommand({ FunctionName: context.functionName }));
  return own.Handler;
};
"""


@pytest.mark.skipif(not (extras_root() / NODE_SDK).exists(), reason="make setup has no SDK installed")
def test_the_sdk_finds_its_way_home(aws: Any, create: Create, name: str) -> None:
    create(name, Runtime="nodejs20.x", Handler="index.handler", Code=zipped(index__js=SDK), MemorySize=1024)
    answer = aws.invoke(FunctionName=name)
    assert json.load(answer["Payload"]) == "index.handler"


def test_a_package_without_a_bootstrap(aws: Any, create: Create, name: str) -> None:
    create(name, Runtime="provided.al2023", Handler="any", Code=zipped(other="x"))
    answer = aws.invoke(FunctionName=name)
    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"])["errorType"] == "Runtime.InvalidEntrypoint"


def test_another_architecture_is_refused(aws: Any, name: str) -> None:
    other = "x86_64" if platform.machine() in ("aarch64", "arm64") else "arm64"
    with pytest.raises(ClientError) as caught:
        aws.create_function(**parameters(name, Architectures=[other]))
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidParameterValueException"
    assert error["Message"].startswith(f"The architecture {other} (this machine is ")


def test_a_runtime_that_nothing_here_serves_fails_with_its_reason(aws: Any, name: str) -> None:
    languages = {"ruby3.3": "ruby", "java21": "java", "nodejs22.x": "nodejs"}
    absent = [runtime for runtime, of in languages.items() if not any(found.startswith(of) for found in FOUND)]
    if not absent:
        pytest.skip("every language is on this machine")
    aws.create_function(**parameters(name, Runtime=absent[0]))
    waiter = aws.get_waiter("function_active_v2")
    with pytest.raises(Exception, match="Failed"):
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    shown = aws.get_function_configuration(FunctionName=name)
    assert (shown["State"], shown["StateReasonCode"]) == ("Failed", "InvalidRuntime")
    assert absent[0] in shown["StateReason"]
    aws.delete_function(FunctionName=name)

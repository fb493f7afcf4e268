"""Durable functions written with AWS's own SDK for Python, in the real sandbox. Skipped where PyPI does not give it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambent.cli.local_server import LocalServer
from tests.api.conftest import Server, package, parameters
from tests.api.test_durable import allow, history, until

SDK = "aws-durable-execution-sdk-python==3.0.0"
SOURCE = """
import os
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy

SECOND = Duration.from_seconds(1)
AGAIN = StepConfig(retry_strategy=create_retry_strategy(RetryStrategyConfig(max_attempts=3, initial_delay=SECOND)))
NOTE = "/tmp/tried"

@durable_execution
def handler(event, context):
    return globals()[event.pop("do")](context, **event)

def steps(context):
    one = context.step(lambda _: 1, name="one")
    return one + context.step(lambda _: one + 1, name="two")

def retry(context):
    return context.step(flaky, name="flaky", config=AGAIN)

def flaky(_):
    if not os.path.exists(NOTE):
        open(NOTE, "w").close()
        raise ValueError("not yet")
    return "at last"

def branches(context):
    def branch(number):
        def work(child):
            child.wait(SECOND, name=f"wait {number}")
            return child.step(lambda _: 2 * number, name=f"step {number}")
        return work
    both = context.parallel([branch(1), branch(2)], name="both").get_results()
    def item(child, value, index, values):
        return child.step(lambda _: value * 10)
    return both + context.map([1, 2], item, name="each").get_results()

def child(context):
    return context.run_in_child_context(lambda inner: inner.step(lambda _: "inner"), name="child")

def callback(context):
    return context.wait_for_callback(lambda callback_id, _: None, name="call me")

def invoke(context, target, payload):
    return context.invoke(target, payload, name="other")

def large(context):
    return context.step(lambda _: "x" * 300_000, name="big") + "y" * 5_991_430

def fail(context):
    raise ValueError("boom")
"""


@pytest.fixture(scope="module")
def sdk(request: pytest.FixtureRequest) -> Path:
    """Where the SDK is unpacked: in pytest's cache, for the next session too."""
    if (cache := getattr(request.config, "cache", None)) is None:
        pytest.skip("pytest keeps no cache to put the SDK into")
    kept = Path(cache.mkdir("durable-sdk-3.0.0"))
    if not (kept / "aws_durable_execution_sdk_python").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(kept), SDK]
        tried = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if tried.returncode != 0:
            pytest.skip(f"{SDK} cannot be had: {tried.stderr[-200:]}")
    return kept


@pytest.fixture(scope="module")
def aws(sdk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of a server with the durable function `d` and the function `plain`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", SOURCE)
        for file in (sdk / "aws_durable_execution_sdk_python").rglob("*.py"):
            archive.write(file, file.relative_to(sdk))
    with LocalServer(tmp_path_factory.mktemp("durable") / "data") as process:
        server = Server(process)
        allow(server)
        made = server.client()
        common = {"MemorySize": 1024, "Timeout": 30}
        made.create_function(
            **parameters("d", **common) | {"Code": {"ZipFile": buffer.getvalue()}},
            DurableConfig={"ExecutionTimeout": 600, "RetentionPeriodInDays": 1},
        )
        made.create_function(**parameters("plain", **common) | {"Code": {"ZipFile": package(PLAIN)}})
        for name in ("d", "plain"):
            made.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        yield made


PLAIN = "def handler(event, context): return {'got': event}"


def run(aws: Any, **event: Any) -> Any:
    answer = aws.invoke(FunctionName="d", Qualifier="$LATEST", Payload=json.dumps(event))
    return answer.get("FunctionError"), json.load(answer["Payload"])


def test_what_the_sdk_offers(aws: Any) -> None:
    assert run(aws, do="steps") == (None, 3)
    assert run(aws, do="retry") == (None, "at last")
    assert run(aws, do="branches") == (None, [2, 4, 10, 20])
    assert run(aws, do="child") == (None, "inner")
    assert run(aws, do="fail") == ("Unhandled", {"errorMessage": "boom", "errorType": "ValueError"})


def test_functions_that_invoke_functions(aws: Any) -> None:
    assert run(aws, do="invoke", target="plain", payload={"a": 1}) == (None, {"got": {"a": 1}})
    assert run(aws, do="invoke", target="d:$LATEST", payload={"do": "steps"}) == (None, 3)
    error, said = run(aws, do="invoke", target="nobody", payload={})
    assert error == "Unhandled"
    # The role may invoke whatever there is, and there is no such function.
    assert said["errorMessage"].startswith("Function not found: ")


def test_a_result_that_no_answer_can_carry_is_checkpointed(aws: Any) -> None:
    answer = aws.invoke(FunctionName="d", Qualifier="$LATEST", Payload=b'{"do": "large"}')
    assert json.load(answer["Payload"]) == "x" * 300_000 + "y" * 5_991_430


def test_a_callback(aws: Any) -> None:
    payload = b'{"do": "callback"}'
    answer = aws.invoke(FunctionName="d", Qualifier="$LATEST", InvocationType="Event", Payload=payload)
    arn = answer["DurableExecutionArn"]
    until(lambda: history(aws, arn)[-1]["EventType"] == "InvocationCompleted")
    (started,) = [each for each in history(aws, arn) if each["EventType"] == "CallbackStarted"]
    callback = started["CallbackStartedDetails"]["CallbackId"]
    aws.send_durable_execution_callback_success(CallbackId=callback, Result=b'{"a": 1}')
    until(lambda: aws.get_durable_execution(DurableExecutionArn=arn)["Status"] == "SUCCEEDED")
    assert json.loads(aws.get_durable_execution(DurableExecutionArn=arn)["Result"]) == '{"a": 1}'

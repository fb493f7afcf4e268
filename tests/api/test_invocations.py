"""Invocations through boto3: answers, errors, logs, and what a function may call."""

from __future__ import annotations

import base64
import concurrent.futures
import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

Create = Callable[..., dict[str, Any]]


def test_an_answer_with_its_log(aws: Any, create: Create, name: str) -> None:
    create(name)
    answer = aws.invoke(FunctionName=name, Payload=b'{"key": "v\\u00e4lue"}', LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"], answer.get("FunctionError")) == (200, "$LATEST", None)
    assert json.load(answer["Payload"])["event"] == {"key": "välue"}
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", request_id)
    assert re.match(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};", headers["x-amzn-trace-id"])
    log = base64.b64decode(answer["LogResult"]).decode()
    assert f"START RequestId: {request_id} Version: $LATEST\n" in log
    assert "event: " in log
    assert f"END RequestId: {request_id}\n" in log
    assert re.search(rf"REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size", log)


def test_no_payload_is_an_empty_object(aws: Any, create: Create, name: str) -> None:
    create(name)
    assert json.load(aws.invoke(FunctionName=name)["Payload"])["event"] == {}


def test_client_context(aws: Any, create: Create, name: str) -> None:
    create(name, "def handler(event, context): return context.client_context.custom")
    context = base64.b64encode(b'{"custom": {"a": "b"}}').decode()
    assert json.load(aws.invoke(FunctionName=name, ClientContext=context)["Payload"]) == {"a": "b"}


def test_dry_run(aws: Any, create: Create, name: str) -> None:
    create(name)
    assert aws.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204


@pytest.mark.parametrize(
    ("source", "more", "error"),
    [
        ("def handler(e, c): raise ValueError('no')", {}, {"errorType": "ValueError", "errorMessage": "no"}),
        ("import sys\ndef handler(e, c): sys.exit(3)", {}, {"errorType": "Runtime.ExitError"}),
        ("import time\ndef handler(e, c): time.sleep(9)", {"Timeout": 1}, {"errorType": "Sandbox.Timedout"}),
        ("x = 1", {}, {"errorType": "Runtime.HandlerNotFound"}),
        ("x = 1", {"Handler": "nowhere.handler"}, {"errorType": "Runtime.ImportModuleError"}),
        ("x = ", {}, {"errorType": "Runtime.UserCodeSyntaxError"}),
    ],
    ids=["raises", "exits", "times out", "no such handler", "no such module", "syntax error"],
)
def test_functions_that_fail(
    aws: Any, create: Create, name: str, source: str, more: dict[str, Any], error: dict[str, str]
) -> None:
    create(name, source, **more)
    answer = aws.invoke(FunctionName=name)
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    payload = json.load(answer["Payload"])
    assert {key: payload[key] for key in error} == error


def test_the_new_code_answers_after_an_update(
    aws: Any, create: Create, name: str, zipped: Callable[..., bytes]
) -> None:
    create(name, "def handler(e, c): return 0")
    assert json.load(aws.invoke(FunctionName=name)["Payload"]) == 0
    for number in range(1, 4):
        aws.update_function_code(FunctionName=name, ZipFile=zipped(f"def handler(e, c): return {number}"))
        aws.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
        assert json.load(aws.invoke(FunctionName=name)["Payload"]) == number


def test_many_at_once(aws: Any, create: Create, name: str) -> None:
    create(name, "import os, time\ndef handler(e, c): time.sleep(0.3); return [e, c.log_stream_name]")

    def invoke(number: int) -> list[Any]:
        return list(json.load(aws.invoke(FunctionName=name, Payload=str(number))["Payload"]))

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(invoke, range(6)))
    assert [number for number, _ in answers] == list(range(6))
    assert len({stream for _, stream in answers}) == 6


INVOKE_ANOTHER = """
import boto3, json

def handler(event, context):
    client = boto3.client("lambda")
    if event["do"] == "invoke":
        return json.load(client.invoke(FunctionName=event["function"], Payload=b'"from another"')["Payload"])
    if event["do"] == "list":
        return [function["FunctionName"] for function in client.list_functions()["Functions"]]
    try:
        client.delete_function(FunctionName=event["function"])
    except Exception as error:
        return str(error)
"""


def test_a_function_can_call_lambda_and_no_more(aws: Any, create: Create, name: str) -> None:
    create(name)
    other = f"{name}-caller"
    create(other, INVOKE_ANOTHER, MemorySize=512, Timeout=30)

    def call(do: str) -> Any:
        event = json.dumps({"do": do, "function": name})
        answer = aws.invoke(FunctionName=other, Payload=event)
        return json.load(answer["Payload"])

    assert call("invoke")["event"] == "from another"
    assert name in call("list")
    assert call("delete") == (
        "An error occurred (AccessDeniedException) when calling the DeleteFunction operation: User:"
        f" arn:aws:sts::000000000000:assumed-role/worker/{other} is not authorized to perform: lambda:DeleteFunction on"
        f" resource: arn:aws:lambda:us-east-1:000000000000:function:{name} because no identity-based policy allows the"
        " lambda:DeleteFunction action"
    )


BOOTSTRAP = """#!/usr/bin/env python3
import os, urllib.request

api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
while True:
    with urllib.request.urlopen(f"{api}/next") as event:
        request_id, body = event.headers["Lambda-Runtime-Aws-Request-Id"], event.read()
    print("got", body.decode(), flush=True)
    urllib.request.urlopen(f"{api}/{request_id}/response", data=b'{"got": ' + body + b"}").close()
"""


def test_a_runtime_of_the_functions_own(aws: Any, create: Create, name: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, BOOTSTRAP)
    create(name, Runtime="provided.al2023", Handler="unused", Code={"ZipFile": buffer.getvalue()}, MemorySize=512)
    for number in range(3):
        answer = aws.invoke(FunctionName=name, Payload=str(number), LogType="Tail")
        assert json.load(answer["Payload"]) == {"got": number}
        assert f"got {number}\n" in base64.b64decode(answer["LogResult"]).decode()


def test_a_function_by_its_whole_arn(aws: Any, create: Create, name: str) -> None:
    arn = create(name)["FunctionArn"]
    assert json.load(aws.invoke(FunctionName=f"{arn}:$LATEST", Payload=b"1")["Payload"])["arn"] == f"{arn}:$LATEST"


def test_json_logs(aws: Any, create: Create, name: str) -> None:
    source = "import logging\ndef handler(e, c): logging.getLogger().warning('said %s', e)"
    create(name, source, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "DEBUG"})
    answer = aws.invoke(FunctionName=name, Payload=b"1", LogType="Tail")
    lines = [json.loads(line) for line in base64.b64decode(answer["LogResult"]).decode().splitlines()]
    said = next(line for line in lines if line.get("message") == "said 1")
    assert (said["level"], said["requestId"]) == ("WARNING", answer["ResponseMetadata"]["RequestId"])
    assert {"platform.start", "platform.report"} <= {line.get("type") for line in lines}

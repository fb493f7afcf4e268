"""SnapStart through boto3: publish, wait, invoke, read the report."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Create = Callable[..., dict[str, Any]]

SOURCE = """
import boto3, uuid

session = boto3.Session()
client = session.client("lambda")
keys = [session.get_credentials().get_frozen_credentials().access_key]
imported = uuid.uuid4().hex
client.get_account_settings()  # a connection stays open
print("importing")

def handler(event, context):
    keys.append(session.get_credentials().get_frozen_credentials().access_key)
    found = client.get_function_configuration(FunctionName=context.function_name, Qualifier=context.function_version)
    return {"imported": imported, "keys": keys, "status": found["SnapStart"]["OptimizationStatus"]}
"""
ON = {"Runtime": "python3.12", "SnapStart": {"ApplyOn": "PublishedVersions"}, "MemorySize": 256}


def call(aws: Any, name: str, version: str) -> tuple[Any, str]:
    """The answer and the log of an invocation."""
    answer = aws.invoke(FunctionName=name, Qualifier=version, LogType="Tail")
    payload = json.load(answer["Payload"])
    assert "FunctionError" not in answer, payload
    return payload, base64.b64decode(answer["LogResult"]).decode()


def test_a_version_is_captured_when_it_is_published_and_restored_when_it_is_called(
    aws: Any, create: Create, name: str
) -> None:
    made = create(name, SOURCE, **ON)
    assert made["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    published = aws.publish_version(FunctionName=name)
    assert (published["State"], published["SnapStart"]["OptimizationStatus"]) == ("Pending", "Off")
    with pytest.raises(ClientError) as caught:
        aws.invoke(FunctionName=name, Qualifier="1")
    assert caught.value.response["Error"]["Code"] == "ResourceConflictException"
    waiter = aws.get_waiter("published_version_active")
    waiter.wait(FunctionName=name, Qualifier="1", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    payload, log = call(aws, name, "1")
    assert payload["status"] == "On"
    before, after = payload["keys"]
    assert before != after, "the template's credentials were restored"
    assert re.search(r"\tRestore Duration: [\d.]+ ms\tBilled Restore Duration: \d+ ms\t$", log.rstrip("\n"))
    again, log = call(aws, name, "1")
    assert again["imported"] == payload["imported"]
    assert "Restore" not in log
    on_demand, log = call(aws, name, "$LATEST")
    assert on_demand["imported"] != payload["imported"]
    assert (on_demand["status"], "Init Duration" in log) == ("Off", True)


def test_a_version_that_fails_in_its_init(aws: Any, create: Create, name: str) -> None:
    create(name, "import os\nif os.environ['AWS_LAMBDA_FUNCTION_VERSION'] == '1': raise ValueError('no')", **ON)
    aws.publish_version(FunctionName=name)
    waiter = aws.get_waiter("published_version_active")
    with pytest.raises(Exception, match="terminal failure"):
        waiter.wait(FunctionName=name, Qualifier="1", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    shown = aws.get_function_configuration(FunctionName=name, Qualifier="1")
    assert (shown["State"], shown["StateReasonCode"]) == ("Failed", "FunctionError.RuntimeInitError")


def test_runtimes_that_have_none(aws: Any, create: Create, name: str) -> None:
    with pytest.raises(ClientError, match=r"python3\.11 is not supported for SnapStart enabled functions\."):
        create(name, **{**ON, "Runtime": "python3.11"})

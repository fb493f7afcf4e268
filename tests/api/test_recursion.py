"""Loops of functions through boto3: real functions, whose SDK hands the lineage on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Create = Callable[..., dict[str, Any]]
ITSELF = """
import boto3, json, os

client = boto3.client("lambda")

def handler(event, context):
    if event["turns"] == 0:
        return os.environ["_X_AMZN_TRACE_ID"].rpartition("Lineage=")[2]
    again = json.dumps({"turns": event["turns"] - 1})
    try:
        return json.load(client.invoke(FunctionName=context.function_name, Payload=again)["Payload"])
    except Exception as error:
        return type(error).__name__, str(error)
"""


def refused(call: Callable[..., Any], **params: Any) -> tuple[int, str, str]:
    """Status, code and text of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def test_a_life(aws: Any, create: Create, name: str) -> None:
    create(name)
    assert aws.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Terminate"
    assert aws.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")["RecursiveLoop"] == "Allow"
    assert aws.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Allow"
    assert refused(aws.get_function_recursion_config, FunctionName=f"{name}-nobody")[:2] == (
        404,
        "ResourceNotFoundException",
    )
    assert refused(aws.put_function_recursion_config, FunctionName=name, RecursiveLoop="Maybe")[:2] == (
        400,
        "ValidationException",
    )


def test_the_sixteenth_turn(server: Any, create: Create, name: str) -> None:
    aws = server.client()
    create(name, ITSELF, MemorySize=1024, Timeout=60)

    def invoke(turns: int, lineage: str | None = None) -> Any:
        """Invoke as if in the middle of a chain."""

        def add(params: Any, **_: Any) -> None:
            if lineage is not None:
                root = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
                params["headers"]["X-Amzn-Trace-Id"] = f"{root};Lineage={lineage}"

        aws.meta.events.register("before-call.lambda.Invoke", add, unique_id="lineage")
        try:
            return json.load(aws.invoke(FunctionName=name, Payload=json.dumps({"turns": turns}))["Payload"])
        finally:
            aws.meta.events.unregister("before-call.lambda.Invoke", unique_id="lineage")

    first = invoke(0)
    hops, mark, times = first.split(":")
    assert (hops, len(mark), times) == ("1", 8, "0")
    assert invoke(1) == f"2:{mark}:1"
    assert invoke(1, f"14:{mark}:13") == f"16:{mark}:15"
    ended = [
        "RecursiveInvocationException",
        "An error occurred (RecursiveInvocationException) when calling the Invoke operation: Lambda has detected your"
        " function being invoked in a recursive loop and stopped your function's invocation.",
    ]
    assert invoke(1, f"15:{mark}:14") == ended
    aws.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    assert invoke(1, f"15:{mark}:14") == f"17:{mark}:16"

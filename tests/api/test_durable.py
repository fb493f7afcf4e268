"""Durable executions over the wire, by a function that speaks the protocol itself, and over a server's end."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from lambent.cli.local_server import LocalServer
from tests.api.conftest import ACCOUNT, REGION, Server, parameters

SOURCE = """
import time, boto3

def handler(event, context):
    aws = boto3.client("lambda")
    arn, token = event["DurableExecutionArn"], event["CheckpointToken"]
    done = {each["Id"]: each for each in event["InitialExecutionState"]["Operations"]}
    asked = done[arn.rpartition("/")[2]]["ExecutionDetails"]["InputPayload"]
    if any(done[each]["Status"] == "SUCCEEDED" for each in "wc" if each in done):
        return {"Status": "SUCCEEDED", "Result": done["c"]["CallbackDetails"].get("Result", asked)}
    if "w" not in done:
        updates = [
            {"Id": "s", "Type": "STEP", "Action": "START"},
            {"Id": "w", "Type": "WAIT", "Action": "START", "WaitOptions": {"WaitSeconds": 200}},
            {"Id": "c", "Type": "CALLBACK", "Action": "START"},
        ]
        aws.checkpoint_durable_execution(DurableExecutionArn=arn, CheckpointToken=token, Updates=updates)
        if asked == '"hang"':
            time.sleep(60)
    return {"Status": "PENDING"}
"""
DURABLE = {"ExecutionTimeout": 800, "RetentionPeriodInDays": 3}


def until(true: Callable[[], Any]) -> Any:
    """What becomes of something that is soon true."""
    ends = time.monotonic() + 30
    while not (found := true()):
        assert time.monotonic() < ends
        time.sleep(0.02)
    return found


def move(server: Server, seconds: int) -> None:
    """Move the server's clock, as its root."""
    body = json.dumps({"advance": seconds}).encode()
    request = AWSRequest("POST", f"{server.endpoint}/_lambent/clock", data=body)
    SigV4Auth(Credentials(server.access_key_id, server.secret_access_key), "lambda", REGION).add_auth(request)
    asked = urllib.request.Request(request.url, body, dict(request.headers), method="POST")
    urllib.request.urlopen(asked).close()


def events(aws: Any, arn: str) -> list[str]:
    return [event["EventType"] for event in aws.get_durable_execution_history(DurableExecutionArn=arn)["Events"]]


def start(aws: Any, payload: bytes, **more: Any) -> str:
    given = {"FunctionName": "d", "Qualifier": "$LATEST", "InvocationType": "Event", "Payload": payload}
    answer = aws.invoke(**(given | more))
    assert answer["StatusCode"] == 202
    return str(answer["DurableExecutionArn"])


def allow(server: Server) -> None:
    statement = {"Effect": "Allow", "Action": "lambda:CheckpointDurableExecution", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    server.client("iam").put_role_policy(RoleName="worker", PolicyName="durable", PolicyDocument=document)


def ready(server: Server) -> Any:
    """A client, and the durable function `d`."""
    allow(server)
    aws = server.client()
    aws.create_function(**parameters("d", SOURCE, DurableConfig=DURABLE))
    aws.get_waiter("function_active_v2").wait(FunctionName="d", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    return aws


def status(aws: Any, arn: str) -> str:
    return str(aws.get_durable_execution(DurableExecutionArn=arn)["Status"])


def test_executions_survive_kill_9_in_a_wait_and_in_a_step(directory: Path) -> None:
    with LocalServer(directory) as process:
        aws = ready(Server(process))
        waiting = start(aws, b'"wait"', DurableExecutionName="waiting")
        hanging = start(aws, b'"hang"')
        until(lambda: events(aws, waiting)[-1] == "InvocationCompleted")
        until(lambda: events(aws, hanging)[-1] == "CallbackStarted")
        before = events(aws, waiting)
        process.crash()
    with LocalServer(directory, ["--test-clock"]) as process:
        server = Server(process)
        aws = server.client()
        assert events(aws, waiting) == before
        assert start(aws, b'"wait"', DurableExecutionName="waiting") == waiting
        until(lambda: events(aws, hanging)[-1] == "InvocationCompleted")  # again, without its first checkpoint
        assert status(aws, waiting) == status(aws, hanging) == "RUNNING"
        move(server, 200)
        for arn, result in ((waiting, '"wait"'), (hanging, '"hang"')):
            until(lambda arn=arn: status(aws, arn) == "SUCCEEDED")
            assert aws.get_durable_execution(DurableExecutionArn=arn)["Result"] == result
        assert events(aws, waiting) == [*before, "WaitSucceeded", "InvocationCompleted", "ExecutionSucceeded"]
        assert len(aws.list_durable_executions_by_function(FunctionName="d")["DurableExecutions"]) == 2


def test_a_callback_from_outside_and_what_users_do(directory: Path) -> None:
    with LocalServer(directory) as process:
        aws = ready(Server(process))
        arn = start(aws, b"1")
        shown = until(lambda: [each for each in history(aws, arn) if each["EventType"] == "CallbackStarted"])
        until(lambda: events(aws, arn)[-1] == "InvocationCompleted")
        aws.pause_durable_execution(DurableExecutionArn=arn, Reason="lunch")
        aws.send_durable_execution_callback_heartbeat(CallbackId=shown[0]["CallbackStartedDetails"]["CallbackId"])
        callback = shown[0]["CallbackStartedDetails"]["CallbackId"]
        aws.send_durable_execution_callback_success(CallbackId=callback, Result=b'"called"')
        assert status(aws, arn) == "PAUSED"
        aws.resume_durable_execution(DurableExecutionArn=arn)
        until(lambda: status(aws, arn) == "SUCCEEDED")
        assert aws.get_durable_execution(DurableExecutionArn=arn)["Result"] == '"called"'
        assert (
            refused(aws.send_durable_execution_callback_failure, CallbackId=callback)
            == f"InvalidParameterValueException: Callback {callback} is already completed."
        )
        aws.stop_durable_execution(DurableExecutionArn=arn, Error={"ErrorMessage": "too late"})
        assert status(aws, arn) == "SUCCEEDED"
        aws.delete_durable_execution(DurableExecutionArn=arn)
        until(lambda: not aws.list_durable_executions_by_function(FunctionName="d")["DurableExecutions"])
        given = {"DurableExecutionArn": arn, "CheckpointToken": "AAAA"}
        for call in (aws.checkpoint_durable_execution, aws.get_durable_execution_state):
            assert refused(call, **given) == "InvalidParameterValueException: Invalid checkpoint token"


def history(aws: Any, arn: str) -> list[dict[str, Any]]:
    return list(aws.get_durable_execution_history(DurableExecutionArn=arn)["Events"])


def refused(call: Callable[..., Any], **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return "{Code}: {Message}".format(**caught.value.response["Error"])


def test_refusals(aws: Any, create: Callable[..., Any], name: str) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:x:1/durable-execution/n/i"
    missing = "ResourceNotFoundException: Durable Execution does not exist"
    assert refused(aws.get_durable_execution, DurableExecutionArn=arn) == missing
    assert refused(aws.send_durable_execution_callback_success, CallbackId="AAAA") == (
        "ResourceNotFoundException: Callback does not exist: AAAA"
    )
    create(name, DurableConfig={"ExecutionTimeout": 901})
    assert refused(aws.invoke, FunctionName=name) == (
        "InvalidParameterValueException: You cannot invoke a durable function using an unqualified ARN."
    )
    assert refused(aws.invoke, FunctionName=name, Qualifier="$LATEST") == (
        "InvalidParameterValueException: You cannot synchronously invoke a durable function with an executionTimeout"
        " greater than 15 minutes."
    )

"""CloudWatch Logs through boto3: as people use it on functions' logs, and on their own."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.api.conftest import ACCOUNT, REGION

PRINTS = """
import json
def handler(event, context):
    print(event.get("say", "hello"))
    print(json.dumps({"level": "ERROR", "n": event.get("n", 1)}))
"""
LEVELS = """
import json, logging
def handler(event, context):
    for level in ("debug", "INFO", "ERROR"):
        print(json.dumps({"level": level, "timestamp": "2026-09-25T12:00:00Z"}))
    print("plain text is INFO")
    logging.getLogger().info("so is this")
    logging.getLogger().warning("but not this")
"""
KEEPS = """
import base64, gzip, json, os
def handler(event, context):
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    print("GOT", json.dumps(data))
"""


@pytest.fixture(scope="module")
def logs(server: Any) -> Any:
    return server.client("logs", config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False))


def now() -> int:
    return int(time.time() * 1000)


def until(look: Callable[[], Any]) -> Any:
    """What `look` gives once it gives something."""
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        if found := look():
            return found
    raise AssertionError("it never came")


def test_events_of_ones_own(logs: Any, name: str) -> None:
    logs.create_log_group(logGroupName=name, tags={"a": "b"})
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    at = now()
    entries = [{"timestamp": at + n, "message": f"line {n}"} for n in range(5)]
    assert "rejectedLogEventsInfo" not in logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=entries)
    page = logs.get_log_events(logGroupName=name, logStreamName="s", limit=2, startFromHead=True)
    assert [each["message"] for each in page["events"]] == ["line 0", "line 1"]
    rest = logs.get_log_events(logGroupName=name, logStreamName="s", nextToken=page["nextForwardToken"])
    assert [each["message"] for each in rest["events"]] == ["line 2", "line 3", "line 4"]
    end = logs.get_log_events(logGroupName=name, logStreamName="s", nextToken=rest["nextForwardToken"])
    assert (end["events"], end["nextForwardToken"]) == ([], rest["nextForwardToken"])
    back = logs.get_log_events(logGroupName=name, logStreamName="s", nextToken=rest["nextBackwardToken"])
    assert [each["message"] for each in back["events"]] == ["line 0", "line 1"]
    (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert (group["arn"], group["logGroupClass"]) == (
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*",
        "STANDARD",
    )
    assert group["storedBytes"] > 0 and abs(group["creationTime"] - at) < 60_000
    (stream,) = logs.describe_log_streams(logGroupName=name, orderBy="LastEventTime")["logStreams"]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (at, at + 4)
    logs.delete_log_group(logGroupName=name)
    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] == []
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match=r"The specified log group does not exist\."):
        logs.get_log_events(logGroupName=name, logStreamName="s")


def test_a_functions_log(logs: Any, aws: Any, create: Any, name: str) -> None:
    create(name, PRINTS)
    group = f"/aws/lambda/{name}"
    aws.invoke(FunctionName=name, Payload=b'{"say": "a <b>word</b>"}')
    aws.invoke(FunctionName=name, Payload=b'{"n": 7}')
    found = until(lambda: logs.filter_log_events(logGroupName=group, filterPattern='"<b>word"')["events"])
    assert [each["message"] for each in found] == ["a <b>word</b>"]
    until(lambda: len(logs.filter_log_events(logGroupName=group, filterPattern="REPORT")["events"]) == 2)
    (seven,) = logs.filter_log_events(logGroupName=group, filterPattern='{ $.level = "ERR*" && $.n > 3 }')["events"]
    assert json.loads(seven["message"])["n"] == 7
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 3})
    every = [each for page in pages for each in page["events"]]
    assert len({each["eventId"] for each in every}) == len(every) > 8
    query = logs.start_query(
        logGroupName=group,
        startTime=int(time.time()) - 600,
        endTime=int(time.time()) + 600,
        queryString='filter @type = "REPORT" | stats count(*) as calls, max(@memorySize / 1e6) as mb by bin(1d)',
    )["queryId"]
    told = until(lambda: (r := logs.get_query_results(queryId=query))["status"] == "Complete" and r)
    assert {each["field"]: each["value"] for each in told["results"][0]}["calls"] == "2"
    assert {each["field"]: each["value"] for each in told["results"][0]}["mb"] == "128"
    assert told["statistics"]["recordsMatched"] == 2


def test_levels_of_what_a_function_prints(logs: Any, aws: Any, create: Any, name: str) -> None:
    create(name, LEVELS, LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "SystemLogLevel": "WARN"})
    aws.invoke(FunctionName=name, LogType="Tail", Payload=b"{}")
    group = f"/aws/lambda/{name}"
    until(lambda: logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"])
    found = until(lambda: logs.filter_log_events(logGroupName=group)["events"])
    assert [json.loads(each["message"])["level"] for each in found] == ["ERROR", "WARNING"]


def test_live_tail(logs: Any, name: str) -> None:
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"
    session = logs.start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="wanted")["responseStream"]
    heard: list[str] = []
    for event in session:
        if "sessionStart" in event or ("sessionUpdate" in event and not heard):
            entries = [{"timestamp": now(), "message": each} for each in ("wanted", "not")]
            logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=entries)
        heard += [each["message"] for each in event.get("sessionUpdate", {}).get("sessionResults", ())]
        if heard:
            break
    session.close()
    assert set(heard) == {"wanted"}


def test_a_subscription(logs: Any, aws: Any, create: Any, name: str) -> None:
    create(name, KEEPS)
    group = f"{name}-source"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    wanted = {"logGroupName": group, "filterName": "f", "filterPattern": "ERROR", "destinationArn": arn}
    with pytest.raises(ClientError, match="Could not execute the lambda function"):
        logs.put_subscription_filter(**wanted)
    aws.add_permission(
        FunctionName=name,
        StatementId="logs",
        Action="lambda:InvokeFunction",
        Principal="logs.amazonaws.com",
        SourceArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*",
    )
    logs.put_subscription_filter(**wanted)
    (shown,) = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    assert (shown["filterName"], shown["destinationArn"]) == ("f", arn)
    entries = [{"timestamp": now(), "message": each} for each in ("INFO fine", "ERROR bad")]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=entries)

    def got() -> Any:
        try:
            return logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="GOT")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return None

    data = json.loads(until(got)[0]["message"].removeprefix("GOT "))
    assert (data["messageType"], data["owner"], data["logGroup"]) == ("DATA_MESSAGE", ACCOUNT, group)
    assert [each["message"] for each in data["logEvents"]] == ["ERROR bad"]
    logs.delete_log_group(logGroupName=group)


def test_a_role_that_may_not_write(server: Any, logs: Any, aws: Any, create: Any, name: str) -> None:
    iam = server.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    create(name, PRINTS, Role=f"arn:aws:iam::{ACCOUNT}:role/{name}")
    answer = aws.invoke(FunctionName=name, Payload=b"{}", LogType="Tail")
    assert b"hello" in base64.b64decode(answer["LogResult"])
    assert logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"] == []


def test_others_need_leave(server: Any, logs: Any, name: str) -> None:
    iam = server.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    theirs = server.client("logs", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    logs.create_log_group(logGroupName=name)
    with pytest.raises(ClientError, match=f"logs:FilterLogEvents on resource: arn:aws:logs:.*:{name}:log-stream:"):
        theirs.filter_log_events(logGroupName=name)


def test_what_there_is_not_is_refused_by_name(logs: Any, name: str) -> None:
    with pytest.raises(ClientError, match="logGroupClass INFREQUENT_ACCESS is not supported by Lambent"):
        logs.create_log_group(logGroupName=name, logGroupClass="INFREQUENT_ACCESS")
    with pytest.raises(ClientError, match="The operation PutDestination of the service logs is not supported"):
        logs.put_destination(
            destinationName="d", targetArn="arn:aws:kinesis:x:1:stream/s", roleArn="arn:aws:iam::1:role/r"
        )

"""Lambda Insights through boto3: the layer that people attach, the records of real environments, their metrics."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.api.conftest import Server

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: layers need the isolated sandbox")

LAYER = "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:60"
SOURCE = """
import os, threading, time

kept = []

def handler(event, context):
    if event.get("busy"):
        over = time.process_time() + 0.05
        while time.process_time() < over:
            pass
        open("/tmp/x", "wb").write(b"x" * 3_000_000)
        kept.extend(open("/dev/null") for _ in range(20))
        threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    if event.get("exit"):
        os._exit(1)
    return os.listdir("/opt")
"""


def test_every_invocation_is_measured(server: Server, aws: Any, name: str, create: Callable[..., Any]) -> None:
    made = create(name, SOURCE, Layers=[LAYER], MemorySize=256)
    assert made["Layers"] == [{"Arn": LAYER, "CodeSize": 0}]
    requests = []
    for event in ({}, {"busy": True}, {"exit": True}):
        answer = aws.invoke(FunctionName=name, Payload=json.dumps(event))
        requests.append(answer["ResponseMetadata"]["RequestId"])
    logs = server.client("logs")
    wanted = {"logGroupName": "/aws/lambda-insights", "logStreamNamePrefix": f"{name}/"}
    for _ in range(400):
        events = logs.filter_log_events(**wanted)["events"]
        if len(events) == 3:
            break
        time.sleep(0.02)
    cold, busy, gone = (json.loads(event["message"]) for event in events)
    assert [each["request_id"] for each in (cold, busy, gone)] == requests
    assert (cold["cold_start"], busy["cold_start"], cold["total_memory"]) == (True, False, 256)
    assert 50 <= busy["cpu_total_time"] < 5000
    assert busy["tmp_used"] - cold["tmp_used"] >= 3_000_000
    assert busy["fd_use"] - cold["fd_use"] == 20
    assert busy["threads_max"] - cold["threads_max"] == 1
    assert (gone["shutdown"], gone["shutdown_reason"], gone["version"]) == (True, "Failure", "$LATEST")

    metrics = server.client("cloudwatch")
    by = [{"Name": "function_name", "Value": name}]
    span = {"StartTime": time.time() - 600, "EndTime": time.time() + 600, "Period": 3600}
    for _ in range(400):
        found = metrics.get_metric_statistics(
            Namespace="LambdaInsights", MetricName="cpu_total_time", Dimensions=by, Statistics=["SampleCount"], **span
        )["Datapoints"]
        if sum(point["SampleCount"] for point in found) == 3:
            return
        time.sleep(0.02)
    raise AssertionError(found)


def test_the_layer_is_refused_elsewhere(aws: Any, name: str, create: Callable[..., Any]) -> None:
    create(name, SOURCE)
    with pytest.raises(ClientError) as refused:
        aws.update_function_configuration(FunctionName=name, Layers=[LAYER.replace("us-east-1", "eu-west-1")])
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    aws.update_function_configuration(FunctionName=name, Layers=[LAYER.replace("Extension", "Extension-Arm64")])

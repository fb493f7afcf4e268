"""CloudWatch through boto3, in each of its protocols; and what Lambda tells it of a function."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import botocore.loaders
import pytest
from botocore.exceptions import ClientError

from tests.api.conftest import Server

SPAN = timedelta(minutes=10)


def around() -> dict[str, datetime]:
    now = datetime.now(UTC)
    return {"StartTime": now - SPAN, "EndTime": now + SPAN}


def speaking(server: Server, protocol: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of CloudWatch that knows one protocol alone, as older SDKs do."""
    load = botocore.loaders.Loader.load_service_model

    def only(self: Any, service: str, kind: str, *args: Any, **more: Any) -> Any:
        model = load(self, service, kind, *args, **more)
        if service == "cloudwatch" and kind == "service-2":
            model["metadata"] |= {"protocol": protocol, "protocols": [protocol]}
        return model

    monkeypatch.setattr(botocore.loaders.Loader, "load_service_model", only)
    session = boto3.session.Session()
    return session.client(
        "cloudwatch",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
    )


def test_a_log_line_in_the_embedded_format_is_a_metric(server: Server, name: str) -> None:
    logs, client = server.client("logs"), server.client("cloudwatch")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    at = int(time.time() * 1000)
    told = {"Namespace": name, "Dimensions": [["who"]], "Metrics": [{"Name": "m", "Unit": "Count"}]}
    line = json.dumps({"_aws": {"Timestamp": at, "CloudWatchMetrics": [told]}, "who": "ann", "m": [2, 3]})
    events = [{"timestamp": at, "message": text} for text in ("nothing", line)]
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)
    dimensions = [{"Name": "who", "Value": "ann"}]
    wanted = {"Namespace": name, "MetricName": "m", "Dimensions": dimensions, "Period": 3600, "Statistics": ["Sum"]}
    for _ in range(400):
        if found := client.get_metric_statistics(**wanted, **around())["Datapoints"]:
            break
        time.sleep(0.02)
    assert [(each["Sum"], each["Unit"]) for each in found] == [(5.0, "Count")]


@pytest.mark.parametrize("protocol", ["query", "json", "smithy-rpc-v2-cbor"])
def test_values_there_and_back(server: Server, protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = speaking(server, protocol, monkeypatch)
    namespace = f"Api/{protocol}"
    data = [{"MetricName": "load", "Values": [1.0, 3.0], "Counts": [2.0, 1.0], "Unit": "Percent"}]
    client.put_metric_data(Namespace=namespace, MetricData=data)
    (metric,) = client.list_metrics(Namespace=namespace)["Metrics"]
    assert (metric["MetricName"], metric["Dimensions"]) == ("load", [])
    told = client.get_metric_statistics(
        Namespace=namespace, MetricName="load", Period=3600, Statistics=["Sum", "SampleCount"], **around()
    )
    assert sum(point["Sum"] for point in told["Datapoints"]) == 5
    assert {point["Unit"] for point in told["Datapoints"]} == {"Percent"}
    names = ["p50", "p99", "TM(2:)", "TC(:2)", "PR(:2)"]
    told = client.get_metric_statistics(
        Namespace=namespace, MetricName="load", Period=3600, ExtendedStatistics=names, **around()
    )
    expected = dict(zip(names, [1.0, 3.0, 3.0, 2.0, 200 / 3], strict=True))
    assert told["Datapoints"][-1]["ExtendedStatistics"] == pytest.approx(expected)
    query = {"Metric": {"Namespace": namespace, "MetricName": "load"}, "Period": 3600, "Stat": "Maximum"}
    queries = [{"Id": "m1", "MetricStat": query, "ReturnData": False}, {"Id": "e1", "Expression": "m1 * 10"}]
    (result,) = client.get_metric_data(MetricDataQueries=queries, **around())["MetricDataResults"]
    assert (result["Id"], result["Values"], result["StatusCode"]) == ("e1", [30.0], "Complete")
    with pytest.raises(ClientError) as refused:
        client.put_metric_data(Namespace="AWS/Api", MetricData=data)
    # The query protocol has a code of its own for the same refusal, and its clients look for that one.
    codes = {"InvalidParameterValue", "InvalidParameterValueException"}
    assert refused.value.response["Error"]["Code"] in codes
    client.close()


def test_what_lambda_tells_of_a_function(server: Server, create: Callable[..., Any]) -> None:
    name = "counted"
    create(name, "def handler(event, context):\n    return 1 / event['by']\n")
    client, lambda_ = server.client("cloudwatch"), server.client()
    for by in (1, 2, 0):
        lambda_.invoke(FunctionName=name, Payload=f'{{"by":{by}}}')
    dimensions = [{"Name": "FunctionName", "Value": name}]

    def total(metric: str, statistic: str = "Sum") -> float:
        told = client.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=dimensions,
            Period=3600,
            Statistics=[statistic],
            **around(),
        )
        return sum(point[statistic] for point in told["Datapoints"])

    until = time.monotonic() + 20
    while total("Invocations") < 3 and time.monotonic() < until:
        time.sleep(0.1)
    assert (total("Invocations"), total("Errors"), total("Throttles")) == (3, 1, 0)
    assert total("Duration", "SampleCount") == 3
    assert total("Duration") > 0
    assert total("ConcurrentExecutions", "Maximum") >= 1


def test_an_alarm_is_put_off_by_hand_and_told(server: Server) -> None:
    client = server.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName="api",
        Namespace="Api",
        MetricName="x",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    client.set_alarm_state(AlarmName="api", StateValue="ALARM", StateReason="tried")
    (alarm,) = client.describe_alarms(AlarmNames=["api"])["MetricAlarms"]
    assert alarm["AlarmArn"].endswith(":alarm:api")
    items = client.describe_alarm_history(AlarmName="api", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert "Alarm updated from INSUFFICIENT_DATA to ALARM" in [item["HistorySummary"] for item in items]
    client.delete_alarms(AlarmNames=["api"])
    assert client.describe_alarms(AlarmNames=["api"])["MetricAlarms"] == []


def test_what_is_not_there_is_refused_by_name(server: Server) -> None:
    with pytest.raises(ClientError) as refused:
        server.client("cloudwatch").put_metric_stream(
            Name="s", FirehoseArn="arn:f", RoleArn="arn:r", OutputFormat="json"
        )
    assert "PutMetricStream" in str(refused.value)

"""Traces of a real function in a real sandbox: Lambda's segments, and those that it sends to the daemon's port."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import Server

pytestmark = pytest.mark.root
FUNCTION = "AWS::Lambda::Function"

SOURCE = """
import json, os, socket, time

def handler(event, context):
    header = dict(part.split("=") for part in os.environ["_X_AMZN_TRACE_ID"].split(";"))
    host, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].split(":")
    now = time.time()
    part = {"trace_id": header["Root"], "parent_id": header["Parent"], "id": "abcdef0123456789", "name": "lookup",
            "type": "subsegment", "start_time": now, "end_time": now + 0.01, "namespace": "remote"}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        for text in (json.dumps(part), "nonsense"):
            daemon.sendto(b'{"format": "json", "version": 1}\\n' + text.encode(), (host, int(port)))
    return header["Root"]
"""


def test_a_traced_function(server: Server, create: Callable[..., Any]) -> None:
    iam, lambda_, xray = server.client("iam"), server.client(), server.client("xray")
    iam.attach_role_policy(RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess")
    create("traced", SOURCE, TracingConfig={"Mode": "Active"})
    root = "1-5759e988-bd862e3fe1be46a994272793"
    traced = {"X-Amzn-Trace-Id": f"Root={root};Parent=53995c3f42cd8ad8;Sampled=1"}
    lambda_.meta.events.register("before-call.lambda.Invoke", lambda params, **_: params["headers"].update(traced))
    for _ in range(2):  # the first waits for its INIT, the second is warm
        answer = lambda_.invoke(FunctionName="traced")
        assert json.load(answer["Payload"]) == root
    until = time.monotonic() + 20
    documents: list[Any] = []
    while len(documents) < 5 and time.monotonic() < until:
        traces = xray.batch_get_traces(TraceIds=[root])["Traces"]
        documents = [json.loads(each["Document"]) for trace in traces for each in trace["Segments"]]
        time.sleep(0.1)
    by_origin: dict[str, list[Any]] = {}
    for document in documents:
        by_origin.setdefault(document.get("origin", document["name"]), []).append(document)
    assert {origin: len(found) for origin, found in by_origin.items()} == {
        "AWS::Lambda": 2,
        "AWS::Lambda::Function": 2,
        "lookup": 1,  # sent twice under one id
    }
    assert {document["parent_id"] for document in by_origin["AWS::Lambda"]} == {"53995c3f42cd8ad8"}
    functions = {document["id"] for document in by_origin["AWS::Lambda::Function"]}
    assert by_origin["lookup"][0]["parent_id"] in functions
    parts = [part["name"] for document in by_origin["AWS::Lambda::Function"] for part in document["subsegments"]]
    assert sorted(set(parts)) == ["Initialization", "Invocation", "Overhead"]
    assert (parts.count("Initialization"), parts.count("Invocation")) == (1, 2)
    now = datetime.now(UTC)
    graph = xray.get_service_graph(StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=5))
    kinds = {service["Type"] for service in graph["Services"]}
    assert kinds >= {"client", "AWS::Lambda", "AWS::Lambda::Function", "remote"}


ASKS = """
import json, os, socket, time, urllib.request

def handler(event, context):
    daemon = "http://" + os.environ["AWS_XRAY_DAEMON_ADDRESS"]
    asked = urllib.request.Request(daemon + "/GetSamplingRules", b"{}", {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked) as answer:
        rules = [record["SamplingRule"]["RuleName"] for record in json.load(answer)["SamplingRuleRecords"]]
    counts = {"ClientID": "c" * 24, "Timestamp": int(time.time()), "RequestCount": 3, "SampledCount": 1}
    told = json.dumps({"SamplingStatisticsDocuments": [{"RuleName": "mine", **counts}]}).encode()
    with urllib.request.urlopen(urllib.request.Request(daemon + "/SamplingTargets", told)) as answer:
        (target,) = json.load(answer)["SamplingTargetDocuments"]
    header = dict(part.split("=") for part in os.environ["_X_AMZN_TRACE_ID"].split(";"))
    host, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].split(":")
    now = time.time()
    call = {"trace_id": header["Root"], "parent_id": header["Parent"], "id": event["call"], "name": "sqs",
            "type": "subsegment", "start_time": now, "end_time": now, "namespace": "aws", "aws": event["aws"]}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.sendto(b'{"format": "json", "version": 1}\\n' + json.dumps(call).encode(), (host, int(port)))
    return {"rules": rules, "quota": target["ReservoirQuota"]}
"""


def test_central_rules_and_the_way_over_a_queue(server: Server, create: Callable[..., Any]) -> None:
    iam, lambda_, xray, sqs = server.client("iam"), server.client(), server.client("xray"), server.client("sqs")
    for policy in ("AWSXRayDaemonWriteAccess", "AmazonSQSFullAccess"):
        iam.attach_role_policy(RoleName="worker", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    every = dict.fromkeys(("ServiceName", "ServiceType", "Host", "HTTPMethod", "URLPath", "ResourceARN"), "*")
    rule = {"RuleName": "mine", "Priority": 1, "FixedRate": 0.5, "ReservoirSize": 7, "Version": 1, **every}
    xray.create_sampling_rule(SamplingRule=rule)
    url = sqs.create_queue(QueueName="traced")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    create("asks", ASKS, TracingConfig={"Mode": "Active"})
    create("works", "def handler(event, context): raise ValueError('no such thing')", TracingConfig={"Mode": "Active"})
    lambda_.create_event_source_mapping(FunctionName="works", EventSourceArn=arn)
    root, call = "1-5759e988-bd862e3fe1be46a994272794", "0123456789abcdef"
    header = {"X-Amzn-Trace-Id": f"Root={root};Sampled=1"}
    lambda_.meta.events.register("before-call.lambda.Invoke", lambda params, **_: params["headers"].update(header))
    event = json.dumps({"call": call, "aws": {"queue_url": url}})
    answer = lambda_.invoke(FunctionName="asks", Payload=event, LogType="Tail")
    assert json.load(answer["Payload"]) == {"rules": ["mine", "Default"], "quota": 7}
    assert f"\nXRAY TraceId: {root}\tSegmentId: " in base64.b64decode(answer["LogResult"]).decode()
    trace = {"AWSTraceHeader": {"StringValue": f"Root={root};Parent={call};Sampled=1", "DataType": "String"}}
    sqs.send_message(QueueUrl=url, MessageBody="work", MessageSystemAttributes=trace)
    asks, works, queue = ("asks", "AWS::Lambda::Function"), ("works", "AWS::Lambda"), (url, "AWS::SQS::Queue")
    until = time.monotonic() + 20
    edges: set[Any] = set()
    while not edges >= {(asks, queue), (queue, works), (works, ("works", "AWS::Lambda::Function"))}:
        assert time.monotonic() < until, edges
        services = xray.get_trace_graph(TraceIds=[root])["Services"]
        named = {service["ReferenceId"]: (service["Name"], service["Type"]) for service in services}
        edges = {
            (named[service["ReferenceId"]], named[edge["ReferenceId"]])
            for service in services
            for edge in service["Edges"]
        }
    window = {"StartTime": datetime.now(UTC) - timedelta(minutes=5), "EndTime": datetime.now(UTC)}
    wanted = 'service("works") { message = "no such thing" } AND edge("asks", "' + url + '")'
    found = xray.get_trace_summaries(FilterExpression=wanted, **window)["TraceSummaries"]
    assert [summary["Id"] for summary in found] == [root]
    for mapping in lambda_.list_event_source_mappings(FunctionName="works")["EventSourceMappings"]:
        lambda_.delete_event_source_mapping(UUID=mapping["UUID"])
    sqs.delete_queue(QueueUrl=url)
    xray.delete_sampling_rule(RuleName="mine")


FANS_OUT = """
import boto3

clients = {name: boto3.client(name) for name in ("sns", "events", "lambda")}

def handler(event, context):
    clients["sns"].publish(TopicArn=event["topic"], Message="news")
    clients["events"].put_events(Entries=[{"Source": "traced", "DetailType": "d", "Detail": "{}"}])
    clients["lambda"].invoke(FunctionName="traced-called")
    clients["lambda"].invoke(FunctionName="traced-later", InvocationType="Event")
"""


def test_one_trace_over_topics_buses_and_calls(server: Server, create: Callable[..., Any]) -> None:
    iam, lambda_, xray = server.client("iam"), server.client(), server.client("xray")
    sns, events = server.client("sns"), server.client("events")
    for policy in ("AWSXRayDaemonWriteAccess", "AmazonSNSFullAccess", "AmazonEventBridgeFullAccess"):
        iam.attach_role_policy(RoleName="worker", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    active = {"TracingConfig": {"Mode": "Active"}}
    create("traced-fan", FANS_OUT, **active)
    by = ("published", "routed", "called", "later")
    arns = {}
    for name in by:
        made = create(f"traced-{name}", "def handler(event, context): return 1", **active)
        arns[name] = made["FunctionArn"]
    for name, principal in (("published", "sns"), ("routed", "events")):
        allowed = {"Action": "lambda:InvokeFunction", "Principal": f"{principal}.amazonaws.com"}
        lambda_.add_permission(FunctionName=f"traced-{name}", StatementId="s", **allowed)
    topic = sns.create_topic(Name="traced")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arns["published"])
    events.put_rule(Name="traced", EventPattern=json.dumps({"source": ["traced"]}))
    events.put_targets(Rule="traced", Targets=[{"Id": "1", "Arn": arns["routed"]}])
    root = "1-5759e988-bd862e3fe1be46a994272795"
    header = {"X-Amzn-Trace-Id": f"Root={root};Sampled=1"}
    lambda_.meta.events.register("before-call.lambda.Invoke", lambda params, **_: params["headers"].update(header))
    answer = lambda_.invoke(FunctionName="traced-fan", Payload=json.dumps({"topic": topic}))
    assert "FunctionError" not in answer, answer["Payload"].read()
    until = time.monotonic() + 20
    services: dict[str, Any] = {}
    while len(services) < 1 + len(by):
        assert time.monotonic() < until, services.keys()
        traces = xray.batch_get_traces(TraceIds=[root])["Traces"]
        documents = [json.loads(each["Document"]) for trace in traces for each in trace["Segments"]]
        services = {each["name"]: each for each in documents if each.get("origin") == "AWS::Lambda"}
    (fan,) = (each["id"] for each in documents if (each["name"], each.get("origin")) == ("traced-fan", FUNCTION))
    for name in by:
        assert services[f"traced-{name}"]["parent_id"] == fan
    attempts = {each["parent_id"] for each in documents if each["name"] == "Attempt #1"}
    assert attempts == {services[f"traced-{name}"]["id"] for name in ("published", "routed", "later")}
    events.remove_targets(Rule="traced", Ids=["1"])
    events.delete_rule(Name="traced")
    sns.delete_topic(TopicArn=topic)

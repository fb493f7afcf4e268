"""Traces of a real function in a real sandbox: Lambda's segments, and those that it sends to the daemon's port."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import Server

pytestmark = pytest.mark.root

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
    assert sorted(parts) == ["Initialization", "Invocation", "Invocation"]
    now = datetime.now(UTC)
    graph = xray.get_service_graph(StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=5))
    kinds = {service["Type"] for service in graph["Services"]}
    assert kinds >= {"client", "AWS::Lambda", "AWS::Lambda::Function", "remote"}

"""The service graph."""

from __future__ import annotations

import json
from typing import Any

from lambent.services.xray.graph import Graph
from lambent.services.xray.summary import Traced
from tests.unit.services.xray.conftest import NOW, segment, trace
from tests.unit.services.xray.test_summary import traced


def call(id_: str, name: str, namespace: str | None = "aws", **more: Any) -> dict[str, Any]:
    told = {"id": id_ * 16, "name": name, "start_time": NOW, "end_time": NOW + 0.5, **more}
    return told | ({"namespace": namespace} if namespace else {})


TRACED = traced(
    segment(1, "a", "f", 0, 2, origin="AWS::Lambda"),
    segment(
        1,
        "b",
        "f",
        0,
        2,
        origin="AWS::Lambda::Function",
        parent_id="a" * 16,
        subsegments=[call("c", "SQS", throttle=True, error=True), call("d", "g"), call("e", "local", None)],
    ),
    segment(1, "1", "g", 0, 1, origin="AWS::Lambda", parent_id="d" * 16, fault=True),
    segment(1, "2", "http://h", 0, 1, type="subsegment", parent_id="b" * 16, namespace="remote"),
)


def test_nodes_and_edges() -> None:
    services = Graph([TRACED]).services()
    named = {service["ReferenceId"]: (service["Name"], service["Type"]) for service in services}
    edges = {
        (named[service["ReferenceId"]], named[edge["ReferenceId"]]): edge["SummaryStatistics"]
        for service in services
        for edge in service["Edges"]
    }
    f, function, g = ("f", "AWS::Lambda"), ("f", "AWS::Lambda::Function"), ("g", "AWS::Lambda")
    client, sqs, remote = ("clients", "client"), ("SQS", "AWS::SQS"), ("http://h", "remote")
    assert set(named.values()) == {client, f, function, g, sqs, remote}
    assert set(edges) == {(client, f), (f, function), (function, g), (function, sqs), (function, remote)}
    assert edges[function, g]["FaultStatistics"]["TotalCount"] == 1
    assert edges[function, sqs]["ErrorStatistics"] == {"ThrottleCount": 1, "OtherCount": 0, "TotalCount": 1}
    assert [service["Name"] for service in services if service["Root"]] == ["f"]


def test_statistics_add_up() -> None:
    services = Graph([TRACED, TRACED]).services()
    (f,) = (service for service in services if service["Type"] == "AWS::Lambda" and service["Name"] == "f")
    assert (f["SummaryStatistics"]["TotalCount"], f["SummaryStatistics"]["OkCount"]) == (2, 2)
    assert f["SummaryStatistics"]["TotalResponseTime"] == 4
    assert f["ResponseTimeHistogram"] == [{"Value": 2.0, "Count": 2}]
    assert (f["StartTime"], f["EndTime"]) == (NOW, NOW + 2)
    statistics, histogram = Graph([TRACED]).totals()
    assert (statistics["TotalCount"], statistics["FaultStatistics"]["TotalCount"]) == (5, 1)
    assert sum(entry["Count"] for entry in histogram) == 5


def test_batches_join_traces() -> None:
    def sender(number: int, name: str, id_: str, part: str) -> Traced:
        aws = {"queue_url": "q"}
        return traced(
            segment(number, id_, name, origin="AWS::Lambda::Function", subsegments=[call(part, "SQS", aws=aws)])
        )

    first, second = sender(1, "f", "a", "1"), sender(2, "g", "b", "2")
    links = [{"trace_id": trace(2), "id": "2" * 16}, {"trace_id": trace(3), "id": "e" * 16}, "odd"]
    worker = traced(segment(1, "c", "h", origin="AWS::Lambda", parent_id="1" * 16, links=links))
    joined = traced(*(json.loads(each.document) for each in (*first.segments, *worker.segments)))
    services = Graph([joined, second]).services()
    named = {service["ReferenceId"]: service["Name"] for service in services}
    edges = {
        (service["Name"], named[edge["ReferenceId"]]): edge["SummaryStatistics"]["TotalCount"]
        for service in services
        for edge in service["Edges"]
    }
    assert edges == {("clients", "f"): 1, ("clients", "g"): 1, ("f", "q"): 1, ("g", "q"): 1, ("q", "h"): 2}

"""Log lines as OTLP has them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lambent.model.invocation import Ended
from lambent.observe.log_files import Group
from lambent.observe.otlp import log_records
from lambent.observe.otlp.log_records import Reader
from tests.unit.observe.traces.test_functions import ended

STREAM = f"2026/11/28/[7]{'a' * 32}"
TRACE = "1-5759e988-bd862e3fe1be46a994272793"
HEX = "5759e988bd862e3fe1be46a994272793"
ID = "79b4f56e-95b1-4643-9700-2807f4e68189"

REPORT = f"REPORT RequestId: {ID}\tx\nXRAY TraceId: {TRACE}\tSegmentId: {'c' * 16}\tSampled: true\t"


def plain(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    def value(of: dict[str, Any]) -> Any:
        (inner,) = of.values()
        return [value(each) for each in inner["values"]] if isinstance(inner, dict) else inner

    return {each["key"]: value(each["value"]) for each in attributes}


def record(text: str, timestamp_ms: int = 5) -> dict[str, Any]:
    tree = Reader().request([(Group("1", "r", "/aws/lambda/f"), STREAM, timestamp_ms, text)], 1.0)
    (found,) = tree["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    return dict(found)


def test_a_resource_is_an_environment() -> None:
    shared = f"2026/11/28/g[$LATEST]{'b' * 32}"
    written = [
        (Group("1", "eu-west-1", "/aws/lambda/f"), STREAM, 1, "a"),
        (Group("1", "eu-west-1", "mine"), shared, 2, "b"),
        (Group("1", "eu-west-1", "/aws/lambda/f"), STREAM, 3, "c"),
    ]
    first, second = Reader().request(written, 1.5)["resourceLogs"]
    assert plain(first["resource"]["attributes"]) == {
        "service.name": "f",
        "faas.name": "f",
        "faas.version": "7",
        "faas.instance": STREAM,
        "cloud.provider": "aws",
        "cloud.account.id": "1",
        "cloud.region": "eu-west-1",
        "cloud.resource_id": "arn:aws:lambda:eu-west-1:1:function:f",
        "aws.log.group.names": ["/aws/lambda/f"],
        "aws.log.stream.names": [STREAM],
    }
    assert [each["body"]["stringValue"] for each in first["scopeLogs"][0]["logRecords"]] == ["a", "c"]
    told = plain(second["resource"]["attributes"])
    assert (told["faas.name"], told["faas.version"], told["aws.log.group.names"]) == ("g", "$LATEST", ["mine"])


def test_times_are_nanoseconds_and_bodies_are_unicode() -> None:
    found = record("half \ud83d of one", -1_790_000_000_123)
    assert (found["timeUnixNano"], found["observedTimeUnixNano"]) == ("1790000000123000000", "1000000000")
    assert found["body"] == {"stringValue": "half ? of one"}
    assert "severityText" not in found


@pytest.mark.parametrize(
    ("text", "level", "number", "asked", "traced"),
    [
        (f"START RequestId: {ID} Version: 7", "INFO", 9, ID, None),
        (
            f"REPORT RequestId: {ID}\tx\nXRAY TraceId: {TRACE}\tSegmentId: {'c' * 16}\tSampled: true\t",
            "INFO",
            9,
            ID,
            "c",
        ),
        (f"[WARNING]\t2026-11-28T00:00:00.000Z\t{ID}\tcareful", "WARN", 13, None, None),
        ("[ERROR] ValueError: no", "ERROR", 17, None, None),
        (f"2026-11-28T00:00:00.000Z\t{ID}\tDEBUG\thello", "DEBUG", 5, None, None),
        ("[12] is a list", "", 0, None, None),
        (f"about RequestId: {ID}", "", 0, None, None),
        ("XRAY TraceId: told by a function", "", 0, None, None),
        (json.dumps({"level": "critical", "requestId": ID, "xray_trace_id": TRACE}), "FATAL", 21, ID, ""),
        (json.dumps({"level": "TRACE", "AWSRequestId": ID}), "TRACE", 1, ID, None),
        (json.dumps({"level": 5, "requestId": 7, "record": "x"}), "", 0, None, None),
        (
            json.dumps(
                {
                    "type": "platform.report",
                    "record": {"requestId": ID, "tracing": {"value": f"Root={TRACE};Parent={'d' * 16};Sampled=1"}},
                }
            ),
            "INFO",
            9,
            ID,
            "d",
        ),
        ("{not json", "", 0, None, None),
        ("{}", "", 0, None, None),
    ],
)
def test_level_request_and_trace(text: str, level: str, number: int, asked: str | None, traced: str | None) -> None:
    found = record(text)
    assert (found.get("severityText", ""), found.get("severityNumber", 0)) == (level, number)
    assert plain(found["attributes"]).get("faas.invocation_id") == asked
    assert found.get("traceId") == (None if traced is None else HEX)
    assert found.get("spanId") == (traced * 16 if traced else None)


def test_what_is_forged_is_not_believed() -> None:
    found = record(REPORT, -5)
    assert (found["timeUnixNano"], found["attributes"]) == ("5000000", [])
    assert {"traceId", "severityText"}.isdisjoint(found)


def ids(reader: Reader, *texts: str) -> list[tuple[str | None, str | None]]:
    """Request and segment of each line."""
    tree = reader.request([(Group("1", "r", "/aws/lambda/f"), STREAM, 5, text) for text in texts], 1.0)
    records = tree["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    return [(plain(each["attributes"]).get("faas.invocation_id"), each.get("spanId")) for each in records]


def over(request_id: str, *, traced: bool = True) -> Ended:
    case = ended(traced=traced)
    return msgspec.structs.replace(case, invocation=msgspec.structs.replace(case.invocation, request_id=request_id))


def test_a_line_is_of_the_invocation_that_runs_in_its_stream() -> None:
    reader = Reader()
    reader.ended(over(ID))
    start, end = f"START RequestId: {ID} Version: 1", f"REPORT RequestId: {ID}\tx"
    assert ids(reader, "import", start, "mine") == [(None, None), (ID, "b" * 16), (ID, "b" * 16)]
    assert ids(reader, "mine, too", f"END RequestId: {ID}", end, "afterwards") == [
        (ID, "b" * 16),
        (ID, "b" * 16),
        (ID, "b" * 16),
        (None, None),
    ]


def test_of_several_at_once_nobody_knows_whose_a_line_is() -> None:
    reader, other = Reader(), ID.replace("7", "8")
    reader.ended(over(ID, traced=False))

    def told(kind: str, request_id: str) -> str:
        return json.dumps({"type": kind, "record": {"requestId": request_id}})

    both = told("platform.start", ID), told("platform.start", other)
    assert ids(reader, *both, "whose?", told("platform.report", ID), "the other's") == [
        (ID, None),
        (other, None),
        (None, None),
        (ID, None),
        (other, None),
    ]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_records, "REMEMBERED", 2)
    reader = Reader()
    for number in range(3):
        reader.ended(over(f"{number}{ID[1:]}"))
    starts = [f"START RequestId: {number}{ID[1:]} Version: 1" for number in range(3)]
    assert [segment for _, segment in ids(reader, *starts)] == [None, "b" * 16, "b" * 16]


def test_invocations_whose_ends_were_lost_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_records, "AT_ONCE", 2)
    reader = Reader()
    ids(reader, *(f"START RequestId: {number:x}{ID[1:]} Version: 1" for number in range(15)))
    assert [len(running) for running in reader._running.values()] == [1]
    assert ids(reader, "the last one's") == [(f"e{ID[1:]}", None)]

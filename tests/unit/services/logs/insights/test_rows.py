"""Fields that are discovered: of Lambda's lines as AWS names them, and of JSON."""

from __future__ import annotations

import pytest

from lambent.observe.log_lines import Found
from lambent.services.logs.insights.rows import Row, row

ID = "11111111-2222-3333-4444-555555555555"
REPORT = (
    f"REPORT RequestId: {ID}\tDuration: 12.50 ms\tBilled Duration: 93 ms\tMemory Size: 128 MB\tMax Memory Used: 31 MB\t"
    "Init Duration: 80.00 ms\t\nXRAY TraceId: 1-5e-ab\tSegmentId: 16f\tSampled: true\t"
)


def of(message: str, group: str = "/aws/lambda/f", *, forged: bool = False) -> Row:
    return row(Found(5, "s", 0, 6, message, forged), group=group, account="1", pointer="p")


def test_what_every_event_has() -> None:
    found = of("hello")
    assert {
        name: found[name] for name in ("@timestamp", "@message", "@logStream", "@log", "@ingestionTime", "@ptr")
    } == {
        "@timestamp": 5.0,
        "@message": "hello",
        "@logStream": "s",
        "@log": "1:/aws/lambda/f",
        "@ingestionTime": 6.0,
        "@ptr": "p",
    }
    assert found["missing"] is None


def test_a_report() -> None:
    found = of(REPORT)
    names = ("@type", "@requestId", "@duration", "@billedDuration", "@memorySize", "@maxMemoryUsed", "@initDuration")
    assert [found[name] for name in names] == ["REPORT", ID, 12.5, 93.0, 128e6, 31e6, 80.0]
    assert (found["@xrayTraceId"], found["@xraySegmentId"]) == ("1-5e-ab", "16f")
    assert of(REPORT, "other")["@type"] is None


def test_what_a_function_forged_gives_no_figure() -> None:
    found = of(REPORT, forged=True)
    assert (found["@type"], found["@duration"], found["@forged"]) == (None, None, 1.0)
    assert (found["@requestId"], found["@message"]) == (ID, REPORT)


def test_other_lines() -> None:
    assert of(f"START RequestId: {ID} Version: 1")["@type"] == "START"
    assert of(f"[INFO]\t2026-01-01T00:00:00Z\t{ID}\thello")["@requestId"] == ID
    assert of("INIT_START Runtime Version: x")["@type"] == "INIT_START"
    assert of(f"say REPORT RequestId: {ID}")["@type"] is None


@pytest.mark.parametrize(
    ("message", "group", "found"),
    [
        ('{"a": {"b": [1, {"c": 2}]}, "@message": "no"}', "g", {"a.b.0": 1, "a.b.1.c": 2}),
        ('told {"a": 1} and {"a": 2}', "/aws/lambda/f", {"a": 1}),
        ('told {"a": 1}', "g", {"a": None}),
        ('{"a": ', "g", {"a": None}),
        ('{"a":' * 30 + "1" + "}" * 30, "g", {".".join("a" * 30): None}),
    ],
)
def test_json(message: str, group: str, found: dict[str, object]) -> None:
    fields = of(message, group)
    assert {name: fields[name] for name in found} == found
    assert fields["@message"] == message

"""What each schema shows, and what a text log says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.runtime_api import telemetry_records as records
from lambent.runtime_api.telemetry_records import Category, Event
from lambent.runtime_api.telemetry_render import Schema, render, text_line

LOGS = [schema for schema in Schema if schema.is_logs]
TELEMETRY = [schema for schema in Schema if not schema.is_logs]
INIT = {"initialization_type": "on-demand", "phase": "init"}
START = records.start("r", version="1", function_arn="arn", tenant_id="t", trace_id="Root=1")
DONE = records.runtime_done("r", status="failure", error_type="E", duration_ms=1.0, trace_id="Root=1")
REPORT = records.report("r", status="error", error_type="E", duration_ms=1, billed_ms=2, memory_mb=3, max_memory_mb=4)


def shown(event: Event, schema: Schema, *, json_logs: bool = False) -> Any:
    """The rendered event, decoded; None if the schema does not have it."""
    rendered = render(event, schema, 0.0, json_logs=json_logs)
    return None if rendered is None else json.loads(rendered)


def record(event: Event, schema: Schema) -> Any:
    """What is left of the record."""
    return shown(event, schema)["record"]


def test_the_envelope() -> None:
    assert shown(records.end("r"), Schema.LOGS_2020_08_15) == {
        "time": "1970-01-01T00:00:00.000Z",
        "type": "platform.end",
        "record": {"requestId": "r"},
    }


@pytest.mark.parametrize("schema", Schema)
def test_which_types_a_schema_has(schema: Schema) -> None:
    only_logs = [records.end("r"), records.fault("x"), records.logs_subscription("e", [])]
    only_telemetry = [
        records.init_start(**INIT),
        records.init_runtime_done(**INIT, status="success"),
        records.init_report(**INIT, duration_ms=1),
        records.restore_start(),
        records.restore_runtime_done(status="success"),
        records.restore_report(duration_ms=1, status="success"),
        records.telemetry_subscription("e", []),
    ]
    both = [
        START,
        REPORT,
        records.extension("e", state="Ready", events=[]),
        records.logs_dropped(records=1, size=1, reason=""),
        records.line(Category.FUNCTION, "x"),
        records.line(Category.EXTENSION, "x"),
    ]
    assert all((shown(event, schema) is not None) is schema.is_logs for event in only_logs)
    assert all((shown(event, schema) is None) is schema.is_logs for event in only_telemetry)
    assert all(shown(event, schema) is not None for event in both)
    assert (shown(DONE, schema) is None) is (schema is Schema.LOGS_2020_08_15)


@pytest.mark.parametrize("schema", LOGS)
def test_the_logs_api_knows_less(schema: Schema) -> None:
    assert record(START, schema) == {"requestId": "r", "version": "1"}
    assert record(REPORT, schema).keys() == {"requestId", "metrics"}
    if schema is Schema.LOGS_2021_03_18:
        assert record(DONE, schema) == {"requestId": "r", "status": "failure"}


@pytest.mark.parametrize("schema", TELEMETRY)
def test_what_came_with_which_version(schema: Schema) -> None:
    assert ("functionArn" in record(START, schema)) is (schema is Schema.TELEMETRY_2025_01_29)
    first = schema is Schema.TELEMETRY_2022_07_01
    begun = records.init_start(**INIT, function_name="f", runtime_version="v")
    assert ("functionName" in record(begun, schema)) is not first
    assert record(begun, schema)["runtimeVersion"] == "v"
    assert ("status" in record(records.init_report(**INIT, duration_ms=1, status="error"), schema)) is not first
    assert record(DONE, schema)["errorType"] == "E"


@pytest.mark.parametrize("schema", Schema)
@pytest.mark.parametrize(
    ("line", "decoded"),
    [
        ('{"level": "INFO", "n": 12345678901234567890123}', {"level": "INFO", "n": 12345678901234567890123}),
        ('{\n "a": 1\n}', {"a": 1}),
        ("{ no json", None),
        ("[1]", None),
        ("plain", None),
        ("{" * 100_000, None),
    ],
    ids=["object", "lines", "broken", "array", "plain", "deep"],
)
def test_lines_of_a_json_log(schema: Schema, line: str, decoded: object) -> None:
    event = records.line(Category.FUNCTION, line)
    with_objects = schema in (Schema.TELEMETRY_2022_12_13, Schema.TELEMETRY_2025_01_29)
    assert shown(event, schema)["record"] == line
    assert shown(event, schema, json_logs=True)["record"] == (decoded if decoded and with_objects else line)
    rendered = render(event, schema, 0.0, json_logs=True)
    assert rendered is not None
    assert b"\n" not in rendered


def test_text_lines() -> None:
    assert text_line(records.extension("e", state="Ready", events=["INVOKE", "SHUTDOWN"])) == (
        "EXTENSION\tName: e\tState: Ready\tEvents: [INVOKE,SHUTDOWN]"
    )
    assert text_line(records.extension("e", state="InitError", events=[], error_type="A.B")) == (
        "EXTENSION\tName: e\tState: InitError\tEvents: []\tError Type: A.B"
    )
    assert text_line(records.telemetry_subscription("e", ["platform", "function"])) == (
        "TELEMETRY\tName: e\tState: Subscribed\tTypes: [platform, function]"
    )
    assert text_line(records.logs_subscription("e", ["platform", "function"])) == (
        "LOGS\tName: e\tState: Subscribed\tTypes: [platform,function]"
    )
    assert text_line(records.fault("x")) is None
    assert text_line(REPORT) is None

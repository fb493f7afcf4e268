"""The platform's lines in the JSON log format."""

from __future__ import annotations

import json
from typing import Any

from lambent.invoke.records import JsonLines, Records
from lambent.invoke.report import InitReport, RestoreReport, measured
from lambent.model.invocation import InitType, Invocation, Report
from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtime_api import telemetry_records

PYTHON = Runtime(name="python3.12", kind=RuntimeKind.PYTHON, version="3.12.1")
AT = 1709573858.033


def lines(level: str | None = None) -> JsonLines:
    return JsonLines(Records(PYTHON, region="us-east-1", name="f", version="7"), level=level)


def kinds(events: list[str]) -> list[str]:
    return [json.loads(event)["type"] for event in events]


def report(status: str = "success", error_type: str | None = None) -> Any:
    return measured(
        "id", seconds=0.1, init_seconds=0.05, memory_mb=128, peak_bytes=1, status=status, error_type=error_type
    )


def test_start_and_report() -> None:
    (start,) = lines().started(AT, "id")
    assert json.loads(start) == {
        "time": "2024-03-04T17:37:38.033Z",
        "type": "platform.start",
        "record": {"requestId": "id", "version": "7"},
    }
    (end,) = lines().ended(AT, report())
    assert json.loads(end)["record"] == {
        "requestId": "id",
        "status": "success",
        "metrics": {
            "durationMs": 100.0,
            "billedDurationMs": 150,
            "memorySizeMB": 128,
            "maxMemoryUsedMB": 1,
            "initDurationMs": 50.0,
        },
    }


def test_a_failure_tells_its_type_and_is_a_warning() -> None:
    events = lines("WARN").ended(AT, report("error", "Runtime.ExitError"))
    assert kinds(events) == ["platform.runtimeDone", "platform.report"]
    assert all(json.loads(event)["record"]["errorType"] == "Runtime.ExitError" for event in events)


def test_the_system_level_filters() -> None:
    assert lines("WARN").started(AT, "id") == []
    assert lines("WARN").ended(AT, report()) == []
    assert kinds(lines("INFO").ended(AT, report())) == ["platform.report"]
    assert kinds(lines("DEBUG").ended(AT, report())) == ["platform.runtimeDone", "platform.report"]


def test_init() -> None:
    (start,) = lines().init_started(AT)
    record = json.loads(start)["record"]
    assert record["initializationType"] == "on-demand"
    assert record["runtimeVersion"] == "python:3.12.1"
    assert lines().init_ended(AT, InitReport(80, "init", "success")) == []
    events = lines().init_ended(AT, InitReport(80, "invoke", "error", "Runtime.ImportModuleError"))
    assert kinds(events) == ["platform.initRuntimeDone", "platform.initReport"]
    assert json.loads(events[1])["record"]["metrics"] == {"durationMs": 80}


def test_the_old_text_lines_have_no_place_here() -> None:
    assert lines().timed_out(AT, "id", "x") == []
    assert lines().broke(AT, "id", "Runtime.ExitError", "x") == []


def test_the_init_of_what_is_provisioned_is_worth_telling() -> None:
    made = Records(PYTHON, region="r", name="f", version="1", init_type=InitType.PROVISIONED)
    (line,) = JsonLines(made, level="INFO").init_ended(AT, InitReport(80.0, "init", "success"))
    record = json.loads(line)
    assert record["type"] == "platform.initReport"
    assert record["record"]["initializationType"] == "provisioned-concurrency"
    assert lines("INFO").init_ended(AT, InitReport(80.0, "init", "success")) == []


def test_subscribers_are_told_more_of_a_start_than_the_log() -> None:
    made = Records(PYTHON, region="r", name="f", version="1", tenant_id="t")
    traced = made.traced_start(Invocation("id", b"", 1, "arn", trace_id="Root=1", tenant_id="t"))
    assert traced.record == {
        "requestId": "id",
        "version": "1",
        "functionArn": "arn",
        "tenantId": "t",
        "tracing": {"type": "X-Amzn-Trace-Id", "value": "Root=1"},
    }
    assert made.start("id").record == {"requestId": "id", "version": "1", "tenantId": "t"}
    assert made.runtime_done("id", status="success", error_type=None, duration_ms=1.0).record["tenantId"] == "t"
    assert made.report(Report("id", 1.0, 1, 128, 20)).record["tenantId"] == "t"
    nobody = Records(PYTHON, region="r", name="f", version="1")
    assert nobody.start("id").record == {"requestId": "id", "version": "1"}


def test_what_extensions_do_is_in_the_log() -> None:
    event = telemetry_records.extension("agent", state="Ready", events=["INVOKE"])
    assert kinds(lines().told(AT, event)) == ["platform.extension"]
    assert lines("WARN").told(AT, event) == []


def test_on_managed_instances_neither_time_nor_memory_is_one_invocations() -> None:
    made = Records(PYTHON, region="r", name="f", version="1", init_type=InitType.MANAGED)
    assert made.report(Report("id", 1.5, 2, 128, 20)).record["metrics"] == {"durationMs": 1.5}


def test_a_restore() -> None:
    assert kinds(lines().restore_started(AT)) == ["platform.restoreStart"]
    assert kinds(lines("DEBUG").restore_ended(AT, RestoreReport(3.0))) == [
        "platform.restoreRuntimeDone",
        "platform.restoreReport",
    ]
    (told,) = lines().restore_ended(AT, RestoreReport(3.0))
    assert json.loads(told)["record"] == {"status": "success", "metrics": {"durationMs": 3.0}}
    failed = lines("WARN").restore_ended(AT, RestoreReport(3.0, "error", "Runtime.AfterRestoreError"))
    assert [json.loads(event)["record"]["errorType"] for event in failed] == ["Runtime.AfterRestoreError"] * 2
    (skipped,) = lines().uncaptured(AT, "runs 2 threads")
    assert json.loads(skipped)["record"] == {
        "reason": "The function runs 2 threads. Each of its environments is initialized anew."
    }
    restored = measured(
        "id", seconds=0.1, init_seconds=None, memory_mb=1, peak_bytes=1, restore=RestoreReport(5.0, hooks_ms=1.0)
    )
    assert json.loads(lines().ended(AT, restored)[-1])["record"]["metrics"]["restoreDurationMs"] == 5.0


def test_what_is_traced_says_so() -> None:
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    tracing = {"spanId": "53995c3f42cd8ad8", "type": "X-Amzn-Trace-Id", "value": header}
    traced = measured("id", seconds=0.1, init_seconds=None, memory_mb=128, peak_bytes=1, trace_id=header)
    told = [json.loads(event)["record"]["tracing"] for event in lines("DEBUG").ended(AT, traced)]
    assert told == [tracing, tracing]
    records = Records(PYTHON, region="us-east-1", name="f", version="7")
    start = records.traced_start(Invocation("id", b"", 1, "arn", trace_id=header, traced=True))
    assert isinstance(start.record, dict)
    assert start.record["tracing"] == tracing
    passing = records.traced_start(Invocation("id", b"", 1, "arn", trace_id=header))
    assert isinstance(passing.record, dict)
    assert passing.record["tracing"] == {"type": "X-Amzn-Trace-Id", "value": header}

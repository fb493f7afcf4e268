"""Every record constructor: the fields that AWS documents, and none that is absent."""

from __future__ import annotations

import pytest

from lambent.runtime_api import telemetry_records as records
from lambent.runtime_api.telemetry_records import Category, Event, Span, timestamp

TRACE = "Root=1-2-3;Sampled=1"
TRACING = {"spanId": "s1", "type": "X-Amzn-Trace-Id", "value": TRACE}
SPANS = [Span("responseLatency", 1_709_577_758.033, 12.5)]
SPANS_SHOWN = [{"name": "responseLatency", "start": "2024-03-04T18:42:38.033Z", "durationMs": 12.5}]
INSTANCE = {
    "function_name": "f",
    "function_version": "1",
    "instance_id": "i",
    "instance_max_memory": 256,
    "runtime_version": "python:3.12.v1",
    "runtime_version_arn": "arn:r",
}
INSTANCE_SHOWN = {
    "functionName": "f",
    "functionVersion": "1",
    "instanceId": "i",
    "instanceMaxMemory": 256,
    "runtimeVersion": "python:3.12.v1",
    "runtimeVersionArn": "arn:r",
}
INIT = {"initialization_type": "on-demand", "phase": "init"}
INIT_SHOWN = {"initializationType": "on-demand", "phase": "init"}


@pytest.mark.parametrize(
    ("event", "kind", "record"),
    [
        (records.init_start(**INIT), "initStart", INIT_SHOWN),
        (records.init_start(**INIT, **INSTANCE), "initStart", {**INIT_SHOWN, **INSTANCE_SHOWN}),
        (
            records.init_runtime_done(**INIT, status="success"),
            "initRuntimeDone",
            {**INIT_SHOWN, "status": "success"},
        ),
        (
            records.init_runtime_done(**INIT, status="error", error_type="Runtime.ExitError", spans=SPANS),
            "initRuntimeDone",
            {**INIT_SHOWN, "status": "error", "errorType": "Runtime.ExitError", "spans": SPANS_SHOWN},
        ),
        (
            records.init_report(**INIT, duration_ms=1.5),
            "initReport",
            {**INIT_SHOWN, "metrics": {"durationMs": 1.5}},
        ),
        (
            records.init_report(**INIT, duration_ms=1.5, status="timeout", error_type="E", spans=SPANS),
            "initReport",
            {
                **INIT_SHOWN,
                "metrics": {"durationMs": 1.5},
                "status": "timeout",
                "errorType": "E",
                "spans": SPANS_SHOWN,
            },
        ),
        (records.start("r"), "start", {"requestId": "r"}),
        (
            records.start("r", version="1", function_arn="arn", tenant_id="t", trace_id=TRACE, span_id="s1"),
            "start",
            {"requestId": "r", "version": "1", "functionArn": "arn", "tenantId": "t", "tracing": TRACING},
        ),
        (records.runtime_done("r", status="success"), "runtimeDone", {"requestId": "r", "status": "success"}),
        (
            records.runtime_done(
                "r",
                status="failure",
                error_type="E",
                duration_ms=2.0,
                produced_bytes=0,
                spans=SPANS,
                trace_id=TRACE,
            ),
            "runtimeDone",
            {
                "requestId": "r",
                "status": "failure",
                "errorType": "E",
                "metrics": {"durationMs": 2.0, "producedBytes": 0},
                "spans": SPANS_SHOWN,
                "tracing": {"type": "X-Amzn-Trace-Id", "value": TRACE},
            },
        ),
        (records.end("r"), "end", {"requestId": "r"}),
        (
            records.report("r", status="success", duration_ms=1.5, billed_ms=2, memory_mb=128, max_memory_mb=30),
            "report",
            {
                "requestId": "r",
                "status": "success",
                "metrics": {"durationMs": 1.5, "billedDurationMs": 2, "memorySizeMB": 128, "maxMemoryUsedMB": 30},
            },
        ),
        (
            records.report(
                "r",
                status="error",
                error_type="E",
                duration_ms=1.5,
                billed_ms=2,
                memory_mb=128,
                max_memory_mb=30,
                init_ms=3.5,
                restore_ms=4.5,
                spans=SPANS,
                trace_id=TRACE,
                span_id="s1",
            ),
            "report",
            {
                "requestId": "r",
                "status": "error",
                "errorType": "E",
                "metrics": {
                    "durationMs": 1.5,
                    "billedDurationMs": 2,
                    "memorySizeMB": 128,
                    "maxMemoryUsedMB": 30,
                    "initDurationMs": 3.5,
                    "restoreDurationMs": 4.5,
                },
                "spans": SPANS_SHOWN,
                "tracing": TRACING,
            },
        ),
        (records.restore_start(**INSTANCE), "restoreStart", INSTANCE_SHOWN),
        (records.restore_runtime_done(status="success"), "restoreRuntimeDone", {"status": "success"}),
        (
            records.restore_report(duration_ms=9.0, status="success", spans=SPANS),
            "restoreReport",
            {"status": "success", "metrics": {"durationMs": 9.0}, "spans": SPANS_SHOWN},
        ),
        (
            records.extension("e", state="Ready", events=("INVOKE",)),
            "extension",
            {"name": "e", "state": "Ready", "events": ["INVOKE"]},
        ),
        (
            records.extension("e", state="LaunchError", events=(), error_type="PermissionDenied"),
            "extension",
            {"name": "e", "state": "LaunchError", "events": [], "errorType": "PermissionDenied"},
        ),
        (
            records.telemetry_subscription("e", ["platform"]),
            "telemetrySubscription",
            {"name": "e", "state": "Subscribed", "types": ["platform"]},
        ),
        (
            records.logs_subscription("e", ["function"]),
            "logsSubscription",
            {"name": "e", "state": "Subscribed", "types": ["function"]},
        ),
        (
            records.logs_dropped(records=2, size=30, reason="why"),
            "logsDropped",
            {"droppedBytes": 30, "droppedRecords": 2, "reason": "why"},
        ),
        (records.fault("words"), "fault", "words"),
    ],
)
def test_platform_records(event: Event, kind: str, record: object) -> None:
    assert event == Event(f"platform.{kind}", record)  # type: ignore[arg-type]
    assert event.category is Category.PLATFORM


@pytest.mark.parametrize("category", [Category.FUNCTION, Category.EXTENSION])
def test_lines(category: Category) -> None:
    event = records.line(category, "hello")
    assert (event.type, event.record, event.category) == (category.value, "hello", category)


def test_timestamps() -> None:
    assert timestamp(0.0) == "1970-01-01T00:00:00.000Z"
    assert timestamp(1_709_577_758.0336) == "2024-03-04T18:42:38.033Z"

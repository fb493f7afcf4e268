"""Figures and the text lines that show them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.invoke.report import InitReport, RestoreReport, TextLines, measured, runtime_version, timestamp
from lambent.model.invocation import InitType
from lambent.model.runtime import Runtime, RuntimeKind

PYTHON = Runtime(name="python3.12", kind=RuntimeKind.PYTHON, version="3.12.1", executable="/usr/bin/python3.12")
MEBIBYTE = 1024 * 1024
AT = 1709573858.0331


def lines(old_lines: bool = True) -> TextLines:
    return TextLines(PYTHON, region="us-east-1", version="$LATEST", old_lines=old_lines)


def test_the_example_of_the_documentation() -> None:
    report = measured("id", seconds=0.13361, init_seconds=0.080, memory_mb=128, peak_bytes=31 * MEBIBYTE)
    assert lines().ended(AT, report) == [
        "END RequestId: id",
        "REPORT RequestId: id\tDuration: 133.61 ms\tBilled Duration: 214 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 31 MB\tInit Duration: 80.00 ms\t",
    ]


def test_a_warm_report_has_no_init_duration() -> None:
    report = measured("id", seconds=0.001004, init_seconds=None, memory_mb=1769, peak_bytes=31 * MEBIBYTE + 1)
    assert lines().ended(AT, report)[1] == (
        "REPORT RequestId: id\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 1769 MB\tMax Memory Used: 32 MB\t"
    )


@pytest.mark.parametrize(
    ("status", "error_type", "end"),
    [
        ("timeout", "Sandbox.Timedout", "Status: timeout"),
        ("error", "Runtime.ExitError", "Status: error\tError Type: Runtime.ExitError"),
        ("failure", "ValueError", "Max Memory Used: 1 MB\t"),
    ],
)
def test_the_status_of_a_report(status: str, error_type: str, end: str) -> None:
    report = measured(
        "id", seconds=3, init_seconds=None, memory_mb=128, peak_bytes=1, status=status, error_type=error_type
    )
    assert lines().ended(AT, report)[1].endswith(end)


@pytest.mark.parametrize(
    ("seconds", "init", "billed"),
    [
        (0.0, None, 1),
        (0.001, None, 1),
        (0.0010049, None, 1),
        (0.0010051, None, 2),
        (0.13361, 0.08039, 214),
        (3, None, 3000),
    ],
)
def test_billed_is_the_sum_of_what_is_shown_rounded_up(seconds: float, init: float | None, billed: int) -> None:
    assert measured("id", seconds=seconds, init_seconds=init, memory_mb=1, peak_bytes=0).billed_ms == billed


@given(st.floats(0, 900), st.floats(0, 10) | st.none())
def test_billed_covers_the_shown_figures_and_no_millisecond_more(seconds: float, init: float | None) -> None:
    report = measured("id", seconds=seconds, init_seconds=init, memory_mb=1, peak_bytes=0)
    shown = report.duration_ms + (report.init_ms or 0)
    assert shown - 1e-6 <= report.billed_ms < max(shown, 0.01) + 1


def test_the_other_lines() -> None:
    (start,) = lines().init_started(AT)
    assert start.startswith(
        "INIT_START Runtime Version: python:3.12.1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:"
    )
    assert lines().started(AT, "id") == ["START RequestId: id Version: $LATEST"]
    assert lines().init_ended(AT, InitReport(80.0, "init", "success")) == []
    assert lines().init_ended(AT, InitReport(1236.04, "init", "error", "Runtime.ExitError")) == [
        "INIT_REPORT Init Duration: 1236.04 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError"
    ]
    assert lines().init_ended(AT, InitReport(10000, "init", "timeout")) == [
        "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"
    ]


def test_the_old_lines_can_be_switched_off() -> None:
    assert lines().timed_out(AT, "id", "Task timed out after 3.00 seconds") == [
        "2024-03-04T17:37:38.033Z id Task timed out after 3.00 seconds"
    ]
    assert lines().broke(AT, "id", "Runtime.ExitError", "Runtime exited with error: signal: killed") == [
        "RequestId: id Error: Runtime exited with error: signal: killed\nRuntime.ExitError"
    ]
    assert lines(old_lines=False).timed_out(AT, "id", "x") == []
    assert lines(old_lines=False).broke(AT, "id", "Runtime.ExitError", "x") == []


def test_versions_and_times() -> None:
    assert runtime_version(PYTHON) == "python:3.12.1"
    assert runtime_version(Runtime(name="provided.al2023", kind=RuntimeKind.EXEC)) == "provided:al2023"
    assert runtime_version(Runtime(name="nodejs20.x", kind=RuntimeKind.FRAMED, version="20.1.0")) == "nodejs:20.1.0"
    assert timestamp(0) == "1970-01-01T00:00:00.000Z"


def test_the_init_of_what_is_provisioned_has_its_line_and_one_on_demand_has_not() -> None:
    report = InitReport(80.0, "init", "success")
    provisioned = TextLines(PYTHON, region="r", version="1", old_lines=True, init_type=InitType.PROVISIONED)
    assert provisioned.init_ended(0, report) == ["INIT_REPORT Init Duration: 80.00 ms\tPhase: init"]
    assert provisioned.init_ended(0, InitReport(80.0, "invoke", "success")) == []
    assert TextLines(PYTHON, region="r", version="1", old_lines=True).init_ended(0, report) == []


def test_a_restore() -> None:
    arn = "arn:aws:lambda:us-east-1::runtime:"
    assert (
        lines()
        .restore_started(AT)[0]
        .startswith(f"RESTORE_START Runtime Version: python:3.12.1\tRuntime Version ARN: {arn}")
    )
    assert lines().restore_ended(AT, RestoreReport(552.9)) == ["RESTORE_REPORT Restore Duration: 552.90 ms"]
    assert lines().restore_ended(AT, RestoreReport(10.0, "timeout")) == [
        "RESTORE_REPORT Restore Duration: 10.00 ms\tStatus: timeout"
    ]
    assert lines().restore_ended(AT, RestoreReport(1.0, "error", "Runtime.AfterRestoreError")) == [
        "RESTORE_REPORT Restore Duration: 1.00 ms\tStatus: error\tError Type: Runtime.AfterRestoreError"
    ]
    restore = RestoreReport(552.904, hooks_ms=219.2)
    report = measured(
        "id", seconds=0.04191, init_seconds=None, memory_mb=1024, peak_bytes=126 * MEBIBYTE, restore=restore
    )
    assert lines().ended(AT, report)[1] == (
        "REPORT RequestId: id\tDuration: 41.91 ms\tBilled Duration: 42 ms\tMemory Size: 1024 MB\t"
        "Max Memory Used: 126 MB\tRestore Duration: 552.90 ms\tBilled Restore Duration: 220 ms\t"
    )


def test_what_is_traced_has_a_second_line_in_its_report() -> None:
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a:0"
    report = measured(
        "id", seconds=0.001, init_seconds=None, memory_mb=128, peak_bytes=32 << 20, status="timeout", trace_id=header
    )
    assert lines().ended(AT, report)[1] == (
        "REPORT RequestId: id\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 32 MB\t"
        "Status: timeout\nXRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\t"
        "SegmentId: 53995c3f42cd8ad8\tSampled: true\t"
    )

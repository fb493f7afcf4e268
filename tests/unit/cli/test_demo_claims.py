"""Each claim of the demo holds for a true log and fails for each way that a log can be untrue."""

from __future__ import annotations

import struct

import pytest

from lambent.cli.demo_claims import ClaimFailed, check_report, distinct, png_size, read_report

COLD = (
    "START RequestId: r1 Version: $LATEST\nhello\nEND RequestId: r1\n"
    "REPORT RequestId: r1\tDuration: 100.50 ms\tBilled Duration: 151 ms\tMemory Size: 512 MB\tMax Memory Used: 60 MB"
    "\tInit Duration: 50.00 ms\t\n"
)
WARM = COLD.replace("\tInit Duration: 50.00 ms", "").replace("151 ms", "101 ms")


def check(log: str, *, cold: bool, seen_ms: float = 200.0) -> object:
    return check_report(log, request_id="r1", memory_mb=512, seen_ms=seen_ms, cold=cold)


def test_true_reports_are_read() -> None:
    report = read_report(COLD)
    assert (report.duration_ms, report.billed_ms, report.init_ms, report.status) == (100.5, 151, 50.0, None)
    assert read_report(WARM).init_ms is None
    assert read_report(WARM.rstrip() + "\tStatus: timeout\n").status == "timeout"
    check(COLD, cold=True)
    check(WARM, cold=False)


@pytest.mark.parametrize(
    "log",
    [
        "",
        COLD.replace("START", "STOP"),
        COLD.replace("END RequestId: r1", "END RequestId: r2"),
        COLD.replace("REPORT RequestId: r1", "REPORT RequestId: r2"),
        COLD.replace("Memory Size: 512", "Memory Size: 128"),
        COLD.replace("Used: 60", "Used: 0"),
        COLD.replace("Used: 60", "Used: 513"),
        COLD.replace("Billed Duration: 151", "Billed Duration: 101"),
        COLD.replace("Duration: 100.50", "Duration: 160.50"),
        WARM,
    ],
)
def test_an_untrue_report_is_found(log: str) -> None:
    with pytest.raises(ClaimFailed):
        check(log, cold=True)


def test_memory_that_cannot_be_measured_is_zero() -> None:
    unknown = COLD.replace("Used: 60", "Used: 0")
    check_report(unknown, request_id="r1", memory_mb=512, seen_ms=200.0, cold=True, memory_known=False)
    with pytest.raises(ClaimFailed, match="Max Memory Used"):
        check_report(COLD, request_id="r1", memory_mb=512, seen_ms=200.0, cold=True, memory_known=False)


def test_a_warm_invocation_has_no_init() -> None:
    with pytest.raises(ClaimFailed, match="Init Duration"):
        check(COLD, cold=False)


def test_png_sizes() -> None:
    assert png_size(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 200, 150) + b"rest") == (200, 150)
    with pytest.raises(ClaimFailed):
        png_size(b"\xff\xd8\xff\xe0 a JPEG is none")


def test_distinct_counts_values() -> None:
    assert distinct([{"boot": "a"}, {"boot": "b"}, {"boot": "a"}], "boot") == 2

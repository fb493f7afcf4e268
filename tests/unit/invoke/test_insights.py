"""What Lambda Insights records of an invocation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.invoke.insights import Insights, record
from lambent.model.invocation import Invocation, Report
from lambent.observe.metrics.embedded import drawn
from lambent.sandbox.readings import Reading
from tests.unit.invoke.conftest import make_function
from tests.unit.services.lambda_.conftest import StoppedClock

MS = 1_000_000
FUNCTION = make_function(version="7")
REPORT = Report("r1", 45.19, 46, 256, 63)
INVOCATION = Invocation("r1", b"", 0, f"{FUNCTION.function_arn}:Blue", trace_id="Root=1-5faae118-ab;Parent=1;Sampled=0")
BEGUN = Reading(100 * MS, 40 * MS, 40 * MS, 1000, 2000, 512_000, 500_000, 3, 9, 1024)
NOW = Reading(200 * MS, 100 * MS, 60 * MS, 1911, 6434, 512_000, 450_000, 11, 416, 1024)


def told(report: Report = REPORT, begun: Reading = BEGUN, now: Reading = NOW) -> dict[str, Any]:
    return record(FUNCTION, INVOCATION, report, begun, now, 1_605_034_324_256)


def test_a_record_has_awss_fields_and_the_invocations_own_figures() -> None:
    found = told()
    del found["_aws"]
    assert found == {
        "event_type": "performance",
        "function_name": "f",
        "version": "Blue",
        "function_version": "7",
        "request_id": "r1",
        "trace_id": "1-5faae118-ab",
        "duration": 45.19,
        "billed_duration": 46,
        "billed_mb_ms": 46 * 256,
        "cold_start": False,
        "used_memory_max": 63,
        "total_memory": 256,
        "memory_utilization": 24,
        "cpu_user_time": 75.0,
        "cpu_system_time": 25.0,
        "cpu_total_time": 100.0,
        "rx_bytes": 911,
        "tx_bytes": 4434,
        "total_network": 5345,
        "tmp_max": 512_000,
        "tmp_free": 450_000,
        "tmp_used": 62_000,
        "threads_max": 11,
        "fd_use": 416,
        "fd_max": 1024,
    }


def test_its_metrics_can_be_read_by_function_and_by_version() -> None:
    cold = Report("r1", 45.19, 46, 256, 63, init_ms=130.5)
    found = drawn(json.dumps(told(cold)), 1_605_034_324.0)
    by = [(("function_name", "f"),), (("function_name", "f"), ("version", "Blue"))]
    assert {(each.namespace, each.dimensions) for each in found} == {("LambdaInsights", each) for each in by}
    assert {each.name: (*each.values, each.unit) for each in found} == {
        "memory_utilization": (24, "Percent"),
        "total_memory": (256, "Megabytes"),
        "used_memory_max": (63, "Megabytes"),
        "cpu_total_time": (100, "Milliseconds"),
        "tx_bytes": (4434, "Bytes"),
        "rx_bytes": (911, "Bytes"),
        "total_network": (5345, "Bytes"),
        "init_duration": (130.5, "Milliseconds"),
    }


@pytest.mark.parametrize(
    ("report", "more"),
    [
        (Report("r1", 1, 1, 256, 63, status="failure", error_type="KeyError"), {"cold_start": False}),
        (Report("r1", 1, 1, 256, 63, init_ms=2.0), {"cold_start": True, "init_duration": 2.0}),
        (Report("r1", 1, 1, 256, 63, restore_ms=2.0), {"cold_start": True}),
        (Report("r1", 1, 1, 256, 63, status="error"), {"shutdown": True, "shutdown_reason": "Failure"}),
        (
            Report("r1", 1, 1, 256, 63, status="timeout"),
            {"timeout": True, "shutdown": True, "shutdown_reason": "Timeout"},
        ),
    ],
    ids=["a handler's error", "cold", "restored", "a crash", "a timeout"],
)
def test_starts_and_ends(report: Report, more: dict[str, Any]) -> None:
    special = {"cold_start", "init_duration", "timeout", "shutdown", "shutdown_reason"}
    found = {name: value for name, value in told(report).items() if name in special}
    assert found == {"cold_start": False} | more


def test_what_is_not_known_is_not_there_and_what_the_kernel_has_not_sampled_was_the_functions_own() -> None:
    missing = told(now=Reading())
    assert not missing.keys() & {"cpu_total_time", "rx_bytes", "tmp_max", "threads_max", "fd_use"}
    assert "cpu_total_time" not in {each["Name"] for each in missing["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    short = told(now=Reading(101 * MS, 40 * MS, 40 * MS))
    assert (short["cpu_user_time"], short["cpu_system_time"], short["cpu_total_time"]) == (1.0, 0.0, 1.0)


class Measured:
    """An environment that tells what a test gives it."""

    def __init__(self, *readings: Reading) -> None:
        self._readings = list(readings)

    def read(self) -> Reading:
        return self._readings.pop(0)


def test_each_invocation_is_one_line() -> None:
    lines: list[tuple[int, str]] = []

    class Sink:
        def write(self, timestamp_ms: int, message: str) -> None:
            lines.append((timestamp_ms, message))

    clock = StoppedClock()
    insights = Insights(FUNCTION, Sink(), clock)
    environment: Any = Measured(BEGUN, NOW)
    insights.begin(environment)
    insights.ended(INVOCATION, REPORT, environment)
    insights.begin(object())  # type: ignore[arg-type]
    insights.ended(INVOCATION, REPORT, None)
    first, second = (json.loads(line) for _, line in lines)
    assert (lines[0][0], first["_aws"]["Timestamp"]) == (int(clock.now() * 1000), int(clock.now() * 1000))
    assert (first["rx_bytes"], "rx_bytes" in second) == (911, False)

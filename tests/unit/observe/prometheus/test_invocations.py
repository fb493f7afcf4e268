"""Counters of invocations, as Prometheus is told."""

from __future__ import annotations

import msgspec
import pytest

from lambent.observe.prometheus import invocations
from lambent.observe.prometheus.exposition import rendered
from lambent.observe.prometheus.invocations import InvocationTotals, labels_of
from tests.unit.invoke.conftest import make_function
from tests.unit.observe.metrics.test_functions import ARN, VERSION, ended

OF = '{account="000000000000",region="us-east-1",function="f"}'


def test_what_ran_and_what_was_refused() -> None:
    totals = InvocationTotals()
    totals.ended(ended(ARN, 3.0))
    totals.ended(ended(ARN, 5.0, "failure"))
    cold = ended(ARN, 2_000_000.0)
    totals.ended(msgspec.structs.replace(cold, report=msgspec.structs.replace(cold.report, init_ms=1.0)))
    totals.throttled(VERSION, ARN)
    lines = rendered(totals.families()).splitlines()
    for name, count in (("invocations", 3), ("errors", 1), ("throttles", 1), ("cold_starts", 1)):
        assert f"lambent_{name}_total{OF} {count}" in lines
    for bound, count in (("0.001", 0), ("0.005", 2), ("900", 2), ("+Inf", 3)):
        assert f'lambent_duration_seconds_bucket{OF[:-1]},le="{bound}"}} {count}' in lines
    assert f"lambent_duration_seconds_sum{OF} 2000.008" in lines


def test_too_many_functions_are_told_of_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invocations, "FUNCTIONS", 1)
    totals = InvocationTotals()
    for name in ("a", "b", "c"):
        totals.throttled(make_function(name=name), "")
    text = rendered(totals.families())
    assert 'function="a"} 1' in text
    assert 'function=""} 2' in text
    assert labels_of("1/r/n/m") == {"account": "1", "region": "r", "function": "n/m"}

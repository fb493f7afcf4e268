"""Loops ended and code let through, as metrics."""

from __future__ import annotations

from pathlib import Path

from lambent.observe.metrics.incidents import IncidentMetrics
from lambent.observe.metrics.series import Series
from lambent.observe.metrics.store import MetricStore
from tests.unit.invoke.conftest import make_function
from tests.unit.services.lambda_.conftest import StoppedClock


async def test_by_function_and_account_or_by_account_alone(tmp_path: Path) -> None:
    function = make_function()
    async with MetricStore(tmp_path / "m.db", StoppedClock()) as store:
        incidents = IncidentMetrics(store, StoppedClock())
        incidents.count(function, "f", "RecursiveInvocationsDropped")
        incidents.unsigned(function)
        told = {(each.name, each.dimensions) for each in await store.listed(function.account, function.region)}
        series = Series(function.account, function.region, "AWS/Lambda", "RecursiveInvocationsDropped")
        (point,) = await store.read(series, 0, 1e12)
    assert told == {
        ("RecursiveInvocationsDropped", ()),
        ("RecursiveInvocationsDropped", (("FunctionName", "f"),)),
        ("SignatureValidationErrors", ()),
    }
    assert point.summary.marks == {1: 1}

"""Charges against AWS's own pricing examples, and tiers worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from lambent.observe.bill import prices
from lambent.observe.bill.charges import by, forecast, reckon
from lambent.observe.bill.usage import Kind, Line, Used

TABLE = prices.load(None)


def used(kind: str, amount: float, day: str = "2026-11-01", **more: str) -> Used:
    members = {
        "day": day,
        "account": "1",
        "region": "us-east-1",
        "function": "arn:f",
        "version": "1",
        "alias": "",
        "architecture": "x86_64",
        "kind": kind,
    }
    return Used(Line(**(members | more)), amount)


def total(*lines: Used, free: bool = True) -> float:
    return sum(charge.cost for charge in reckon(lines, TABLE, free=free))


def test_the_example_of_a_mobile_backend() -> None:
    # Three million requests of 120 ms at 1,536 MB on x86: AWS's page says 2.33 for compute and 0.40 for requests.
    lines = [used(Kind.REQUESTS, 3e6), used(Kind.GB_SECONDS, 3e6 * 0.12 * 1.5)]
    assert total(lines[1]) == pytest.approx(2.33, abs=0.01)
    assert total(lines[0]) == pytest.approx(0.40, abs=0.001)
    assert total(*lines) == pytest.approx(2.73, abs=0.01)


def test_an_example_of_provisioned_concurrency() -> None:
    # 1,000 environments of 1 GB for two hours, 1.2 million invocations of a second each: 30.00 + 0.24 + 11.67.
    assert total(used(Kind.CONCURRENCY, 1000 * 7200)) == pytest.approx(30.00, abs=0.01)
    assert total(used(Kind.PROVISIONED, 1.2e6)) == pytest.approx(11.67, abs=0.01)
    assert total(used(Kind.REQUESTS, 1.2e6), free=False) == pytest.approx(0.24)


def test_an_example_of_storage() -> None:
    # 1.5 million invocations of 100 ms with 5,120 MB: 4,608 MB are paid for.
    assert total(used(Kind.STORAGE, 1.5e6 * 0.1 * 4.5)) == pytest.approx(0.0209, abs=0.0001)


def test_tiers_count_a_month_of_one_architecture() -> None:
    first, second = used(Kind.GB_SECONDS, 5e9), used(Kind.GB_SECONDS, 2e9, "2026-11-02")
    assert total(first, second, free=False) == pytest.approx(6e9 * 0.0000166667 + 1e9 * 0.000015)
    other = used(Kind.GB_SECONDS, 2e9, "2026-11-02", architecture="arm64")
    assert total(first, other, free=False) == pytest.approx(5e9 * 0.0000166667 + 2e9 * 0.0000133334)
    later = used(Kind.GB_SECONDS, 2e9, "2026-12-01")
    assert total(first, later, free=False) == pytest.approx(7e9 * 0.0000166667)


def test_free_units_are_an_accounts_every_month() -> None:
    lines = [used(Kind.REQUESTS, 6e5), used(Kind.REQUESTS, 6e5, "2026-11-02", region="eu-west-1")]
    assert [charge.free for charge in reckon(lines, TABLE)] == [6e5, 4e5]
    assert total(*lines) == pytest.approx(0.04)
    assert total(lines[0], used(Kind.REQUESTS, 6e5, "2026-12-01")) == 0
    assert total(lines[0], used(Kind.REQUESTS, 6e5, account="2")) == 0


def test_grouped() -> None:
    lines = [used(Kind.REQUESTS, 2e6), used(Kind.GB_SECONDS, 1.0), used(Kind.REQUESTS, 1e6, function="arn:g")]
    charges = reckon(lines, TABLE)
    assert by(charges, "function") == {
        "arn:f": ({"requests": 2e6, "gb_seconds": 1.0}, pytest.approx(0.2)),
        "arn:g": ({"requests": 1e6}, pytest.approx(0.2)),
    }
    assert set(by(charges, "tag", {"arn:g": "red"})) == {"", "red"}


def test_a_forecast_goes_on_as_it_began() -> None:
    lines = [used(Kind.REQUESTS, 3e6), used(Kind.REQUESTS, 9e9, "2026-10-01")]
    # A tenth of November is over: thirty million by its end, of which one is free.
    assert forecast(lines, TABLE, date(2026, 11, 4), 0.0) == pytest.approx(29e6 * 2e-7)
    assert forecast(lines, TABLE, date(2026, 11, 4), 0.0, free=False) == pytest.approx(30e6 * 2e-7)


def test_a_snapshot_by_the_list_prices() -> None:
    # 1 GB for 30 days, restored a thousand times: 30 * 86,400 * 0.0000015046 and 1,000 * 0.0001397998.
    assert total(used(Kind.CACHED, 30 * 86_400)) == pytest.approx(3.90, abs=0.001)
    assert total(used(Kind.RESTORED, 1000)) == pytest.approx(0.1398, abs=0.0001)


def test_every_kind_has_a_price() -> None:
    for kind in Kind:
        for architecture in ("x86_64", "arm64"):
            assert TABLE.tiers("eu-west-1", kind, architecture), kind

"""Bills as they are asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambent.model.errors import ApiError
from lambent.observe.bill import prices
from lambent.observe.bill.bill import Bill
from lambent.observe.bill.usage import Usage
from tests.unit.observe.bill.test_usage import ARN, ended
from tests.unit.services.lambda_.conftest import StoppedClock

ACCOUNT = "000000000000"


@pytest.fixture
async def bill(tmp_path: Path) -> AsyncIterator[Bill]:
    clock = StoppedClock()

    async def tag_of(function: str, key: str) -> str:
        return f"{key} of {function[-1]}"

    async with Usage(tmp_path / "u.db", clock) as usage:
        for _ in range(3):
            usage.ended(ended())
        clock.at -= 86_400
        usage.ended(ended(ARN))
        clock.at += 86_400
        yield Bill(usage, prices.load(None), tag_of, clock)


async def test_by_function_this_month(bill: Bill) -> None:
    shown = await bill.shown(ACCOUNT, {})
    assert [(row.name, row.amounts["requests"]) for row in shown.rows] == [(ARN, 4)]
    assert (shown.first, shown.last, shown.currency) == ("2026-09-01", "2026-09-21", "USD")
    assert shown.total == pytest.approx(4 * 0.5 * 3.09e-08)  # /tmp has no free units
    assert shown.forecast > shown.total


async def test_by_other_things(bill: Bill) -> None:
    by_alias = await bill.shown(ACCOUNT, {"by": "alias"})
    assert {row.name: row.amounts["requests"] for row in by_alias.rows} == {"": 1, "live": 3}
    by_day = await bill.shown(ACCOUNT, {"by": "day", "from": "2026-09-21", "free": "no"})
    assert [row.name for row in by_day.rows] == ["2026-09-21"]
    assert by_day.rows[0].cost == pytest.approx(3 * 2e-7 + 0.75 * 0.0000166667 + 1.5 * 3.09e-08)
    assert [row.name for row in (await bill.shown(ACCOUNT, {"tag": "team"})).rows] == ["team of f"]
    assert (await bill.shown("1", {})).rows == []


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"by": "colour"}, "by must be one of function, version"),
        ({"by": "tag"}, "it needs the tag's key"),
        ({"from": "yesterday"}, "yesterday is no day: write it YYYY-MM-DD"),
    ],
)
async def test_what_is_refused(bill: Bill, wanted: dict[str, str], why: str) -> None:
    with pytest.raises(ApiError, match=why):
        await bill.shown(ACCOUNT, wanted)


async def test_the_file_adds_up(bill: Bill) -> None:
    rows = list(csv.DictReader(io.StringIO(await bill.file(ACCOUNT, {}))))
    assert {row["lineItem/ResourceId"] for row in rows} == {f"{ARN}:live", f"{ARN}:3"}
    total = sum(float(row["lineItem/UnblendedCost"]) for row in rows)
    assert total == pytest.approx((await bill.shown(ACCOUNT, {})).total)

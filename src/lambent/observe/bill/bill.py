"""The bill of an account: usage of some days under the price table, grouped as somebody wants to see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime

import msgspec

from lambent.context import Clock
from lambent.model.errors import ApiError
from lambent.observe.bill import report_file
from lambent.observe.bill.charges import by, forecast, reckon
from lambent.observe.bill.prices import Prices
from lambent.observe.bill.usage import Usage

GROUPS = ("function", "version", "alias", "day", "kind", "region", "architecture", "tag")

TagOf = Callable[[str, str], Awaitable[str]]
"""(function's ARN, tag's key) -> the tag's value, or nothing."""


class Row(msgspec.Struct, frozen=True, rename="pascal"):
    """One group: amounts by kind of usage, and what they cost."""

    name: str
    amounts: dict[str, float]
    cost: float


class Shown(msgspec.Struct, frozen=True, rename="pascal"):
    """A bill. `as_of` says how old the prices are; `forecast` is for the whole of this month."""

    currency: str
    as_of: str
    first: str
    last: str
    total: float
    forecast: float
    rows: list[Row]


class Bill:
    """Everybody's; each account sees its own."""

    def __init__(self, usage: Usage, prices: Prices, tag_of: TagOf, clock: Clock) -> None:
        self._usage = usage
        self.prices = prices
        self._tag_of = tag_of
        self._clock = clock

    async def shown(self, account: str, wanted: Mapping[str, str]) -> Shown:
        """From `from` to `to` (this month), `by` one of `GROUPS` (`function`), with `tag` by a tag's values; `free`
        `no` leaves the free units out. Raises ApiError."""
        group, tag = wanted.get("by", "tag" if "tag" in wanted else "function"), wanted.get("tag")
        if group not in GROUPS or (group == "tag" and not tag):
            raise _invalid(f"by must be one of {', '.join(GROUPS)}; by tag it needs the tag's key")
        today = datetime.fromtimestamp(self._clock.now(), UTC)
        first, last = _days(wanted, today.date())
        # Free units and tiers are a month's, so the month is reckoned whole, whatever part of it is shown.
        used = await self._usage.read(account, first[:8] + "01", max(last, today.strftime("%Y-%m-%d")))
        free = wanted.get("free") != "no"
        charges = reckon(used, self.prices, free=free)
        shown = [charge for charge in charges if first <= charge.line.day <= last]
        tags: dict[str, str] = {}
        if group == "tag" and tag is not None:
            for function in {charge.line.function for charge in shown}:
                tags[function] = await self._tag_of(function, tag)
        rows = [Row(name, amounts, cost) for name, (amounts, cost) in sorted(by(shown, group, tags).items())]
        part = (today.hour + today.minute / 60) / 24
        return Shown(
            self.prices.currency,
            self.prices.as_of,
            first,
            last,
            sum(charge.cost for charge in shown),
            forecast(used, self.prices, today.date(), part, free=free),
            rows,
        )

    async def file(self, account: str, wanted: Mapping[str, str]) -> str:
        """The same as a Cost and Usage Report. Raises ApiError."""
        today = datetime.fromtimestamp(self._clock.now(), UTC).date()
        first, last = _days(wanted, today)
        charges = reckon(await self._usage.read(account, first[:8] + "01", last), self.prices)
        return report_file.text([each for each in charges if first <= each.line.day <= last], self.prices.currency)


def _days(wanted: Mapping[str, str], today: date) -> tuple[str, str]:
    first = wanted.get("from", today.replace(day=1).isoformat())
    last = wanted.get("to", today.isoformat())
    for day in (first, last):
        try:
            date.fromisoformat(day)
        except ValueError:
            raise _invalid(f"{day} is no day: write it YYYY-MM-DD") from None
    return first, last


def _invalid(text: str) -> ApiError:
    return ApiError("InvalidParameterValueException", text, status=400)

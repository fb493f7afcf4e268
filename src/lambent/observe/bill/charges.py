"""From usage to charges: free units first, then tiers, month by month. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import msgspec

from lambent.observe.bill.prices import Prices, Tier
from lambent.observe.bill.usage import Line, Used


class Charge(msgspec.Struct, frozen=True):
    """What one line costs; `free` of its `amount` was given."""

    line: Line
    amount: float
    free: float
    cost: float


def reckon(used: Iterable[Used], prices: Prices, *, free: bool = True) -> list[Charge]:
    """Charges in the order of the lines, which must be that of their days.

    Free units are an account's, in each month; tiers count an account's usage of one region and architecture in it.
    """
    left: dict[tuple[str, str, str], float] = {}
    before: defaultdict[tuple[str, str, str, str, str], float] = defaultdict(float)
    charges = []
    for each in used:
        line = each.line
        month = line.day[:7]
        pool = (line.account, month, line.kind)
        given = min(each.amount, left.setdefault(pool, prices.free.get(line.kind, 0.0))) if free else 0.0
        if free:
            left[pool] -= given
        counted = (line.account, month, line.region, line.kind, line.architecture)
        tiers = prices.tiers(line.region, line.kind, line.architecture)
        cost = _cost(tiers, before[counted] + given, before[counted] + each.amount)
        before[counted] += each.amount
        charges.append(Charge(line, each.amount, given, cost))
    return charges


def forecast(used: Iterable[Used], prices: Prices, today: date, part: float, *, free: bool = True) -> float:
    """What this month comes to if it goes on as it began; `part` of today is over, `free` as in `reckon`."""
    month = today.strftime("%Y-%m")
    first = today.replace(day=1)
    days = ((first + timedelta(days=32)).replace(day=1) - first).days
    factor = days / max(today.day - 1 + part, 1 / 24)
    grown = [Used(each.line, each.amount * factor) for each in used if each.line.day.startswith(month)]
    return sum(charge.cost for charge in reckon(grown, prices, free=free))


def by(charges: Iterable[Charge], key: str, tags: Mapping[str, str] = {}) -> dict[str, tuple[dict[str, float], float]]:
    """Amounts by kind, and the cost, for each value of a member of the lines, or of a tag (`tag`) of the functions;
    `tags` is that tag's value by function."""
    result: dict[str, tuple[dict[str, float], float]] = {}
    for charge in charges:
        name = tags.get(charge.line.function, "") if key == "tag" else str(getattr(charge.line, key))
        amounts, cost = result.get(name, ({}, 0.0))
        amounts[charge.line.kind] = amounts.get(charge.line.kind, 0.0) + charge.amount
        result[name] = amounts, cost + charge.cost
    return result


def _cost(tiers: list[Tier], start: float, end: float) -> float:
    """The price of a month's usage from one unit to another."""
    cost, below = 0.0, 0.0
    for tier in tiers:
        upto = float("inf") if tier.upto is None else tier.upto
        cost += max(0.0, min(end, upto) - max(start, below)) * tier.price
        below = upto
    return cost

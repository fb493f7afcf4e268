"""Whether the values of a metric put an alarm off: how many of how many, and what is missing. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence

import msgspec

from lambent.services.cloudwatch.records import AlarmState

COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}

MISSING = "missing"
TREATMENTS = frozenset({MISSING, "ignore", "breaching", "notBreaching"})

EXTRA = 3
"""So many periods before those that count are looked at, too, in case that newer ones have no value."""


class Terms(msgspec.Struct, frozen=True):
    """When an alarm goes off: `needed` of the last `periods` values are beyond the threshold."""

    comparison: str
    threshold: float
    periods: int
    needed: int
    treatment: str = MISSING


class Verdict(msgspec.Struct, frozen=True):
    """What the values say; `state` None: nothing new. `counted` are the values that were judged, the newest last."""

    state: AlarmState | None
    reason: str
    counted: tuple[tuple[int, float], ...] = ()


def judge(terms: Terms, values: Mapping[int, float], ends: Sequence[int]) -> Verdict:
    """`values` by the starts of their periods; `ends` the starts of all that are looked at, the oldest first."""
    newest = [(at, values[at]) for at in ends if at in values][-terms.periods :]
    recent = ends[-terms.periods :]
    there = [(at, values[at]) for at in recent if at in values]
    if not newest:
        return _nothing(terms)
    # Where a value is missing among those that count, older ones stand in first; what then lacks is treated.
    counted = there if len(there) == terms.periods else newest
    lacking = terms.periods - len(counted)
    beyond = COMPARISONS[terms.comparison][0]
    breaching = [pair for pair in counted if beyond(pair[1], terms.threshold)]
    off = len(breaching) + (lacking if terms.treatment == "breaching" else 0)
    if off >= terms.needed:
        return Verdict(AlarmState.ALARM, _said(terms, counted, breaching, off), tuple(counted))
    possible = off + (lacking if terms.treatment in (MISSING, "ignore") else 0)
    if possible >= terms.needed and terms.treatment == "ignore":
        return Verdict(None, "", tuple(counted))
    return Verdict(AlarmState.OK, _said(terms, counted, breaching, off), tuple(counted))


def _nothing(terms: Terms) -> Verdict:
    """No value at all."""
    many = f"no datapoints were received for {terms.periods} period{'s' if terms.periods > 1 else ''}"
    if terms.treatment == "ignore":
        return Verdict(None, "")
    if terms.treatment == MISSING:
        return Verdict(AlarmState.INSUFFICIENT, f"Insufficient Data: {many}")
    state = AlarmState.ALARM if terms.treatment == "breaching" else AlarmState.OK
    kind = "[Breaching]" if state is AlarmState.ALARM else "[NonBreaching]"
    return Verdict(
        state,
        f"Threshold Crossed: {many} and {terms.periods} missing datapoint{'s were' if terms.periods > 1 else ' was'}"
        f" treated as {kind}.",
    )


def _said(terms: Terms, counted: Sequence[tuple[int, float]], breaching: Sequence[tuple[int, float]], off: int) -> str:
    _, words = COMPARISONS[terms.comparison]
    told = breaching or counted
    shown = ", ".join(str(value) for _, value in reversed(told))
    plural = "s" if len(told) > 1 else ""
    was, negation = ("were" if plural else "was"), "" if off >= terms.needed else "not "
    return (
        f"Threshold Crossed: {len(told)} datapoint{plural} [{shown}] {was} {negation}{words} the threshold"
        f" ({terms.threshold})."
    )

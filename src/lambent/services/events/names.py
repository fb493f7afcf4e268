"""Names and ARNs of EventBridge's resources. Pure."""

from __future__ import annotations

from typing import NamedTuple

from lambent.services.access import Place
from lambent.services.events.records import DEFAULT


class Named(NamedTuple):
    """A resource: where it is, and its name."""

    at: Place
    name: str


def bus_named(at: Place, given: str | None) -> Named:
    """A bus by its name or ARN; the default one if nothing was given."""
    if not given:
        return Named(at, DEFAULT)
    if given.startswith("arn:") and given.count(":") >= 5:
        _, _, _, region, account, resource = given.split(":", 5)
        return Named(Place(account, region), resource.partition("/")[2])
    return Named(at, given)


def bus_arn(bus: Named) -> str:
    """The ARN of a bus."""
    return f"arn:aws:events:{bus.at.region}:{bus.at.account}:event-bus/{bus.name}"


def rule_arn(bus: Named, name: str) -> str:
    """The ARN of a rule; the default bus is not told."""
    path = name if bus.name == DEFAULT else f"{bus.name}/{name}"
    return f"arn:aws:events:{bus.at.region}:{bus.at.account}:rule/{path}"


def rule_of(arn: str) -> tuple[Named, str] | None:
    """Bus and name of the rule that an ARN means; None if it means none."""
    parts = arn.split(":", 5)
    kind, _, path = parts[5].partition("/") if len(parts) == 6 and parts[2] == "events" else ("", "", "")
    if kind != "rule":
        return None
    bus, _, name = path.rpartition("/")
    return Named(Place(parts[4], parts[3]), bus or DEFAULT), name


def bus_of(arn: str) -> Named | None:
    """The bus that an ARN means; None if it means none."""
    return _of(arn, "event-bus")


def archive_of(arn: str) -> Named | None:
    """The archive that an ARN means; None if it means none."""
    return _of(arn, "archive")


def _of(arn: str, wanted: str) -> Named | None:
    parts = arn.split(":", 5)
    kind, _, name = parts[5].partition("/") if len(parts) == 6 and parts[2] == "events" else ("", "", "")
    return Named(Place(parts[4], parts[3]), name) if kind == wanted and name else None


def bus_of_rule(arn: str) -> str:
    """The ARN of the bus that a rule (by its ARN) listens to."""
    found = rule_of(arn)
    assert found is not None
    return bus_arn(found[0])

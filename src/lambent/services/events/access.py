"""EventBridge's actions and resources, as its part of the Service Authorization Reference lists them; bus policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from lambent.policy.document import Malformed, Use, parse
from lambent.policy.index import PolicySet
from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.events.names import Named, bus_arn, bus_named, bus_of, rule_arn, rule_of
from lambent.services.events.records import Rule
from lambent.services.events.repository import Repository
from lambent.services.operation import Params

EVENTS = "events.amazonaws.com"
"""The service, as policies name it."""

_COMPILED = 1024
_OF_BUSES = frozenset(
    {"CreateEventBus", "UpdateEventBus", "DeleteEventBus", "DescribeEventBus", "PutPermission", "RemovePermission"}
)
_OF_RULES = frozenset(
    {"PutRule", "DescribeRule", "DeleteRule", "EnableRule", "DisableRule", "PutTargets", "RemoveTargets"}
) | {"ListTargetsByRule"}


class EventsAccess:
    """How calls of EventBridge are judged."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on its resource; PutEvents on every bus that it names; for roles that are passed, that too."""
        if operation == "PutEvents":
            return _putting(at, params.get("Entries"))
        account, resource = _resource(operation, at, params)
        keys: dict[str, Sequence[str]] = {}
        if operation in _OF_RULES and (named := rule_of(resource)) is not None:
            rule = await self._rule(*named)
            keys["events:creatoraccount"] = (at.account if rule is None else rule.created_by,)
            keys |= _pattern(params.get("EventPattern")) if operation == "PutRule" else {}
            keys |= _targets(params.get("Targets")) if operation == "PutTargets" else {}
        needs = [Need(f"events:{operation}", resource, account, keys)]
        for role in _roles(params):
            needs.append(Need("iam:PassRole", role, at.account, {"iam:passedtoservice": (EVENTS,)}))
        return needs

    async def guard(self, need: Need) -> Guarded:
        """A bus's policy, which speaks of its rules as well; the tags of either."""
        bus = bus_of(need.resource)
        tags: Mapping[str, str] = {}
        if bus is None:
            of_rule = rule_of(need.resource)
            if of_rule is None:
                return UNGUARDED
            bus, name = of_rule
            rule = await self._rule(bus, name)
            tags = {} if rule is None else rule.tags
        found = await self._repository.bus(bus.at, bus.name)
        if found is None:
            return UNGUARDED
        return Guarded(None if found.policy is None else _compiled(found.policy), tags or found.tags)

    async def _rule(self, bus: Named, name: str) -> Rule | None:
        rules = await self._repository.rules(bus.at, bus.name)
        return next((rule for rule in rules if rule.name == name), None)


def _putting(at: Place, entries: Any) -> Sequence[Need]:
    """One need a bus. What is no list of entries is the model's to refuse."""
    needs: dict[str, Need] = {}
    for entry in entries if isinstance(entries, list) else ():
        given = entry.get("EventBusName") if isinstance(entry, dict) else None
        bus = bus_named(at, given if isinstance(given, str) else None)
        arn = bus_arn(bus)
        keys = dict(needs[arn].keys) if arn in needs else {}
        for key, member in (("events:source", "Source"), ("events:detail-type", "DetailType")):
            if isinstance(entry, dict) and isinstance(value := entry.get(member), str):
                keys[key] = (*keys.get(key, ()), value)
        needs[arn] = Need("events:PutEvents", arn, bus.at.account, keys)
    return list(needs.values()) or [Need("events:PutEvents", "*", at.account)]


def _resource(operation: str, at: Place, params: Params) -> tuple[str, str]:
    """Account and ARN of what a call is about; `*` for calls about nothing in particular."""
    given = params.get("EventBusName")
    bus = bus_named(at, given if isinstance(given, str) else None)
    if operation in _OF_BUSES:
        name = params.get("Name")
        bus = bus_named(at, name) if isinstance(name, str) else bus
        return bus.at.account, bus_arn(bus)
    name = params.get("Rule" if "Target" in operation else "Name")
    if operation in _OF_RULES and isinstance(name, str):
        return bus.at.account, rule_arn(bus, name)
    for member, kind in (("ArchiveName", "archive"), ("ReplayName", "replay")):
        if isinstance(name := params.get(member), str):
            return at.account, f"arn:aws:events:{at.region}:{at.account}:{kind}/{name}"
    if isinstance(arn := params.get("ResourceARN"), str) and arn.count(":") >= 5:
        return arn.split(":")[4] or at.account, arn
    return (bus.at.account if given else at.account), "*"


def _pattern(text: Any) -> Mapping[str, Sequence[str]]:
    """What a pattern wants of sources and types of events, by plain values. What is no pattern is refused later."""
    try:
        pattern = msgspec.json.decode(text) if isinstance(text, str) else None
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return {}
    found: dict[str, Sequence[str]] = {}
    for key, member in (("events:source", "source"), ("events:detail-type", "detail-type")):
        wanted = pattern.get(member) if isinstance(pattern, dict) else None
        if isinstance(wanted, list):
            found[key] = tuple(each for each in wanted if isinstance(each, str))
    return found


def _targets(targets: Any) -> Mapping[str, Sequence[str]]:
    listed = targets if isinstance(targets, list) else ()
    arns = tuple(each["Arn"] for each in listed if isinstance(each, dict) and isinstance(each.get("Arn"), str))
    return {"events:targetarn": arns}


def _roles(params: Params) -> Sequence[str]:
    """The roles that a call hands over."""
    listed = params.get("Targets")
    holders = [params, *(listed if isinstance(listed, list) else ())]
    found = [each.get("RoleArn") for each in holders if isinstance(each, dict)]
    return [role for role in dict.fromkeys(found) if isinstance(role, str) and role]


@lru_cache(_COMPILED)
def _compiled(document: str) -> PolicySet:
    """A bus's policy, which was checked when it came. What is no policy all the same allows nothing."""
    try:
        return PolicySet([parse(document, Use.RESOURCE, "event bus policy")])
    except Malformed:
        return PolicySet([])

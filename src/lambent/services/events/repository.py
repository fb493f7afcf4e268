"""Where buses, rules, archives and replays are kept, with a cache of the buses and of every bus's rules in front.

`ACCOUNT/REGION/events/bus/NAME`, `.../rule/BUS/NAME`, `.../archive/NAME`, `.../replay/NAME`. Of the rules that have a
schedule there is a list for all accounts: `events/scheduled/ACCOUNT/REGION/BUS/NAME`, and beside it
`events/fired/ACCOUNT/REGION/BUS/NAME`: for which time a rule was fired last; of the replays that are not over
another: `events/replaying/ACCOUNT/REGION/NAME`; of the archives that do not keep their events for good a third:
`events/expiring/ACCOUNT/REGION/NAME`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Generic, TypeVar

import msgspec

from lambent.bus.base import Bus as Wire
from lambent.services.access import Place
from lambent.services.events import errors
from lambent.services.events.records import DEFAULT, Archive, Bus, Replay, Rule
from lambent.services.races import again_or
from lambent.store.base import ABSENT, Store, Write

TOPIC = "event-rules"
"""The bus topic on which the keys of rules (and of other records here) are told that have changed."""

_AT_ONCE = 1000
_CACHED = 1000
_SCHEDULED = "events/scheduled/"
_FIRED = "events/fired/"
_REPLAYING = "events/replaying/"
_EXPIRING = "events/expiring/"

T = TypeVar("T", Bus, Rule, Archive, Replay)
again_on_conflict = again_or(errors.too_many_changes)


class Kept(msgspec.Struct, Generic[T], frozen=True):
    """A record as it was read, to be written back."""

    value: T
    revision: int


class Repository:
    """Buses, rules, archives and replays of every account and region."""

    def __init__(self, store: Store, wire: Wire) -> None:
        self._store = store
        self._wire = wire
        self._buses: dict[tuple[Place, str], Bus | None] = {}
        self._rules: dict[tuple[Place, str], tuple[Rule, ...]] = {}
        self._changes = 0
        wire.subscribe(TOPIC, self._forget)

    @property
    def changes(self) -> int:
        """How often anything has changed: what was made of it before is not to be kept."""
        return self._changes

    async def bus(self, at: Place, name: str) -> Bus | None:
        """A bus by its name, from the cache where possible; the default one is always there."""
        known = self._buses.get((at, name), _UNKNOWN)
        if not isinstance(known, _Unknown):
            return known
        changes = self._changes
        kept = await self.kept_bus(at, name)
        found = None if kept is None else kept.value
        if changes == self._changes:
            if len(self._buses) >= _CACHED:
                self._buses.clear()
            self._buses[(at, name)] = found
        return found

    async def kept_bus(self, at: Place, name: str) -> Kept[Bus] | None:
        """A bus read from the store; the default one may never have been written (revision 0)."""
        kept = await self._kept(_key(at, "bus", name), Bus)
        if kept is None and name == DEFAULT:
            return Kept(Bus(name=DEFAULT, account=at.account, region=at.region), ABSENT)
        return kept

    async def buses(self, at: Place, *, prefix: str = "", after: str = "", limit: int = _AT_ONCE) -> list[Bus]:
        """Buses in the order of their names. The default one is among them if it was written."""
        return await self._list(_key(at, "bus", prefix), _key(at, "bus", after) if after else "", limit, Bus)

    async def kept_rule(self, at: Place, bus: str, name: str) -> Kept[Rule] | None:
        """A rule read from the store."""
        return await self._kept(_key(at, "rule", bus, name), Rule)

    async def count_rules(self, at: Place, bus: str) -> int:
        """How many rules a bus has."""
        return await self._store.count(_key(at, "rule", bus, ""))

    async def rules(self, at: Place, bus: str) -> tuple[Rule, ...]:
        """All rules of a bus in the order of their names, from the cache where possible."""
        known = self._rules.get((at, bus))
        if known is not None:
            return known
        changes = self._changes
        listed: list[Rule] = []
        prefix = _key(at, "rule", bus, "")
        while page := await self._list(prefix, prefix + listed[-1].name if listed else "", _AT_ONCE, Rule):
            listed += page
        found = tuple(listed)
        if changes == self._changes:
            if len(self._rules) >= _CACHED:
                self._rules.clear()
            self._rules[(at, bus)] = found
        return found

    async def scheduled(self) -> AsyncIterator[Rule]:
        """The rules of all accounts that have a schedule, whether enabled or not."""
        async for key in self._listed(_SCHEDULED):
            account, region, bus, name = key.split("/", 3)
            kept = await self.kept_rule(Place(account, region), bus, name)
            if kept is not None:
                yield kept.value

    async def fired(self, rule: Rule) -> float:
        """For which time a rule was fired last; 0 if it never was."""
        record = await self._store.get(_fired(rule))
        return 0.0 if record is None else msgspec.msgpack.decode(record.value, type=float)

    async def set_fired(self, rule: Rule, time: float) -> None:
        """Keep for which time a rule was fired last."""
        await self._store.put(_fired(rule), msgspec.msgpack.encode(time))

    async def kept_archive(self, at: Place, name: str) -> Kept[Archive] | None:
        """An archive read from the store."""
        return await self._kept(_key(at, "archive", name), Archive)

    async def archives(self, at: Place, *, prefix: str = "", after: str = "") -> list[Archive]:
        """Archives in the order of their names."""
        return await self._list(_key(at, "archive", prefix), _key(at, "archive", after), _AT_ONCE, Archive)

    async def expiring(self) -> AsyncIterator[Archive]:
        """The archives of all accounts that do not keep their events for good."""
        async for key in self._listed(_EXPIRING):
            account, region, name = key.split("/", 2)
            kept = await self.kept_archive(Place(account, region), name)
            if kept is not None:
                yield kept.value

    async def kept_replay(self, at: Place, name: str) -> Kept[Replay] | None:
        """A replay read from the store."""
        return await self._kept(_key(at, "replay", name), Replay)

    async def replays(self, at: Place, *, prefix: str = "", after: str = "") -> list[Replay]:
        """Replays in the order of their names."""
        return await self._list(_key(at, "replay", prefix), _key(at, "replay", after), _AT_ONCE, Replay)

    async def replaying(self) -> AsyncIterator[tuple[Place, str]]:
        """Where the replays are that are not over, and their names."""
        async for key in self._listed(_REPLAYING):
            account, region, name = key.split("/", 2)
            yield Place(account, region), name

    async def commit(self, *writes: Write) -> None:
        """All or nothing. Raises Conflict."""
        await self._store.transact(writes)
        for write in writes:
            self._forget(TOPIC, write.key)
            self._wire.publish(TOPIC, write.key)

    async def _kept(self, key: str, kind: type[T]) -> Kept[T] | None:
        record = await self._store.get(key)
        return None if record is None else Kept(msgspec.msgpack.decode(record.value, type=kind), record.revision)

    async def _list(self, prefix: str, after: str, limit: int, kind: type[T]) -> list[T]:
        records = await self._store.list(prefix, after=after, limit=limit)
        return [msgspec.msgpack.decode(record.value, type=kind) for record in records]

    async def _listed(self, prefix: str) -> AsyncIterator[str]:
        after = ""
        while page := await self._store.list(prefix, after=after, limit=_AT_ONCE):
            for record in page:
                yield record.key.removeprefix(prefix)
            after = page[-1].key

    def _forget(self, topic: str, key: str) -> None:
        self._changes += 1
        parts = key.split("/")
        if len(parts) < 5 or parts[0] == "events":
            return
        at = Place(parts[0], parts[1])
        self._buses.pop((at, parts[4]), None)
        self._rules.pop((at, parts[4]), None)


class _Unknown:
    """Nothing is known of a bus, not even whether it is there."""


_UNKNOWN = _Unknown()


def rule_named(key: str) -> tuple[Place, str, str] | None:
    """Place, bus and name of the rule whose key was told on `TOPIC`; None if it is no rule's."""
    parts = key.split("/")
    if len(parts) != 6 or parts[3] != "rule":
        return None
    return Place(parts[0], parts[1]), parts[4], parts[5]


def put_bus(bus: Bus, kept: Kept[Bus] | None = None) -> Write:
    """Write a new bus (`kept` None), or one back."""
    return _put(_key(_place(bus), "bus", bus.name), bus, kept)


def drop_bus(kept: Kept[Bus]) -> Write:
    """Delete a bus."""
    return Write(_key(_place(kept.value), "bus", kept.value.name), None, kept.revision)


def put_rule(rule: Rule, kept: Kept[Rule] | None = None) -> Sequence[Write]:
    """Write a new rule (`kept` None), or one back."""
    writes = [_put(rule_key(rule), rule, kept)]
    if rule.schedule is not None:
        writes.append(Write(_listing(rule), b""))
    elif kept is not None and kept.value.schedule is not None:
        writes += _unscheduled(rule)
    return writes


def drop_rule(kept: Kept[Rule]) -> Sequence[Write]:
    """Delete a rule."""
    writes = [Write(rule_key(kept.value), None, kept.revision)]
    return writes if kept.value.schedule is None else [*writes, *_unscheduled(kept.value)]


def put_archive(archive: Archive, kept: Kept[Archive] | None = None) -> Sequence[Write]:
    """Write a new archive (`kept` None), or one back."""
    listing = Write(_expiring(archive), b"" if archive.days else None)
    return [_put(_key(_place(archive), "archive", archive.name), archive, kept), listing]


def drop_archive(kept: Kept[Archive]) -> Sequence[Write]:
    """Delete an archive."""
    archive = kept.value
    key = _key(_place(archive), "archive", archive.name)
    return [Write(key, None, kept.revision), Write(_expiring(archive), None)]


def put_replay(replay: Replay, kept: Kept[Replay] | None = None) -> Sequence[Write]:
    """Write a new replay (`kept` None), or one back."""
    at = _place(replay)
    listing = Write(f"{_REPLAYING}{at.account}/{at.region}/{replay.name}", b"" if replay.ended is None else None)
    return [_put(_key(at, "replay", replay.name), replay, kept), listing]


def drop_replay(kept: Kept[Replay]) -> Write:
    """Delete a replay that is over."""
    return Write(_key(_place(kept.value), "replay", kept.value.name), None, kept.revision)


def _put(key: str, value: Bus | Rule | Archive | Replay, kept: Kept[T] | None) -> Write:
    return Write(key, msgspec.msgpack.encode(value), ABSENT if kept is None else kept.revision)


def _place(value: Bus | Rule | Archive | Replay) -> Place:
    return Place(value.account, value.region)


def rule_key(rule: Rule) -> str:
    """Under which key a rule is kept."""
    return _key(_place(rule), "rule", rule.bus, rule.name)


def _listing(rule: Rule) -> str:
    return f"{_SCHEDULED}{rule.account}/{rule.region}/{rule.bus}/{rule.name}"


def _fired(rule: Rule) -> str:
    return f"{_FIRED}{rule.account}/{rule.region}/{rule.bus}/{rule.name}"


def _unscheduled(rule: Rule) -> Sequence[Write]:
    return Write(_listing(rule), None), Write(_fired(rule), None)


def _expiring(archive: Archive) -> str:
    return f"{_EXPIRING}{archive.account}/{archive.region}/{archive.name}"


def _key(at: Place, kind: str, *names: str) -> str:
    return f"{at.account}/{at.region}/events/{kind}/{'/'.join(names)}"

"""Where groups and sampling rules are kept: `ACCOUNT/REGION/xray/group/NAME`, `.../rule/NAME`."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from lambent.services.access import Place
from lambent.services.xray.records import DEFAULT, Group, Rule
from lambent.store.base import ABSENT, Conflict, Store

_AT_ONCE = 1000
T = TypeVar("T", Group, Rule)


class Repository:
    """Those of every account and region."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def group(self, at: Place, name: str) -> Group | None:
        """A group by its name."""
        return await self._one(_key(at, "group", name), Group)

    async def groups(self, at: Place) -> list[Group]:
        """All groups, by name."""
        return await self._all(_key(at, "group", ""), Group)

    async def rule(self, at: Place, name: str) -> Rule | None:
        """A sampling rule by its name; the default one is there even if nobody changed it."""
        found = await self._one(_key(at, "rule", name), Rule)
        return Rule(at.account, at.region, DEFAULT, 0.0, 0.0) if found is None and name == DEFAULT else found

    async def rules(self, at: Place) -> list[Rule]:
        """All sampling rules, in the order in which they are tried."""
        found = await self._all(_key(at, "rule", ""), Rule)
        default = await self.rule(at, DEFAULT)
        others = sorted((rule for rule in found if rule.name != DEFAULT), key=lambda rule: (rule.priority, rule.name))
        return others if default is None else [*others, default]

    async def add(self, what: Group | Rule) -> bool:
        """Keep something new; False if its name is taken."""
        try:
            await self._store.put(_key_of(what), msgspec.msgpack.encode(what), expect=ABSENT)
        except Conflict:
            return False
        return True

    async def keep(self, what: Group | Rule) -> None:
        """Something as it is now."""
        await self._store.put(_key_of(what), msgspec.msgpack.encode(what))

    async def delete(self, what: Group | Rule) -> None:
        """It is gone."""
        await self._store.delete(_key_of(what))

    async def _one(self, key: str, kind: type[T]) -> T | None:
        record = await self._store.get(key)
        return None if record is None else msgspec.msgpack.decode(record.value, type=kind)

    async def _all(self, prefix: str, kind: type[T]) -> list[T]:
        records = await self._store.list(prefix, limit=_AT_ONCE)
        return [msgspec.msgpack.decode(record.value, type=kind) for record in records]


def _key_of(what: Group | Rule) -> str:
    return _key(Place(what.account, what.region), "group" if isinstance(what, Group) else "rule", what.name)


def _key(at: Place, kind: str, name: str) -> str:
    return f"{at.account}/{at.region}/xray/{kind}/{name}"

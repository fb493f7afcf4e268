"""Where alarms and dashboards are kept: `ACCOUNT/REGION/cloudwatch/alarm/NAME`, `.../history/NAME/TIME-ID`,
`ACCOUNT/-/cloudwatch/dashboard/NAME`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

import msgspec

from lambent.services.access import Place
from lambent.services.cloudwatch import limits
from lambent.services.cloudwatch.records import Alarm, Dashboard, HistoryItem
from lambent.store.base import Store, Write

_AT_ONCE = 1000
EVERYWHERE = "cloudwatch-alarms/"
"""Below this: the keys of all alarms, so that they are found when the server starts."""

T = TypeVar("T", Alarm, Dashboard, HistoryItem)


class Repository:
    """Alarms of every account and region."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def alarm(self, at: Place, name: str) -> Alarm | None:
        """An alarm by its name."""
        return await self._one(_alarm(at, name), Alarm)

    async def alarms(self, at: Place, prefix: str = "") -> list[Alarm]:
        """All alarms whose names begin so, in their order."""
        return await self._all(_alarm(at, prefix), Alarm)

    async def everybodys(self) -> list[Alarm]:
        """All alarms of all accounts and regions."""
        found = []
        after = ""
        while records := await self._store.list(EVERYWHERE, after=after, limit=_AT_ONCE):
            after = records[-1].key
            for record in records:
                if (alarm := await self._one(record.value.decode(), Alarm)) is not None:
                    found.append(alarm)
        return found

    async def keep(self, alarm: Alarm, *happened: HistoryItem) -> None:
        """An alarm as it is now, with what has happened to it."""
        at = Place(alarm.account, alarm.region)
        key = _alarm(at, alarm.name)
        writes = [
            Write(key, msgspec.msgpack.encode(alarm)),
            Write(EVERYWHERE + key, key.encode()),
            *(_history_write(at, alarm.name, item) for item in happened),
        ]
        await self._store.transact(writes)

    async def remember(self, alarm: Alarm, happened: HistoryItem) -> None:
        """Something that happened, and changed nothing of the alarm."""
        await self._store.transact([_history_write(Place(alarm.account, alarm.region), alarm.name, happened)])

    async def delete(self, at: Place, names: Sequence[str]) -> None:
        """Alarms are gone; their history stays for a while, as AWS's does."""
        keys = [_alarm(at, name) for name in names]
        await self._store.transact([Write(each, None) for key in keys for each in (key, EVERYWHERE + key)])

    async def history(self, at: Place, name: str | None) -> list[tuple[str, HistoryItem]]:
        """(alarm, what happened), the oldest first; of all alarms if no name is given."""
        prefix = _history(at, "" if name is None else f"{name}/")
        found = []
        after = ""
        while records := await self._store.list(prefix, after=after, limit=_AT_ONCE):
            after = records[-1].key
            for record in records:
                of = record.key[len(_history(at, "")) :].rpartition("/")[0]
                if name in (None, of):
                    found.append((of, msgspec.msgpack.decode(record.value, type=HistoryItem)))
        return sorted(found, key=lambda pair: pair[1].at)

    async def forget(self, at: Place, name: str, before: float) -> None:
        """What happened to an alarm before a time is not kept any more."""
        prefix = _history(at, f"{name}/")
        old = await self._store.list(prefix, limit=_AT_ONCE)
        late = f"{prefix}{before:017.6f}"
        ours = [record.key for record in old if "/" not in record.key[len(prefix) :]]
        await self._store.transact([Write(key, None) for key in ours if key < late or key in ours[: -limits.HISTORY]])

    async def dashboard(self, account: str, name: str) -> Dashboard | None:
        """A dashboard by its name."""
        return await self._one(_dashboard(account, name), Dashboard)

    async def dashboards(self, account: str, prefix: str) -> list[Dashboard]:
        """All dashboards whose names begin so, in their order."""
        return await self._all(_dashboard(account, prefix), Dashboard)

    async def keep_dashboard(self, dashboard: Dashboard) -> None:
        """A dashboard as it is now."""
        await self._store.put(_dashboard(dashboard.account, dashboard.name), msgspec.msgpack.encode(dashboard))

    async def delete_dashboards(self, account: str, names: Sequence[str]) -> None:
        """Dashboards are gone."""
        await self._store.transact([Write(_dashboard(account, name), None) for name in names])

    async def _one(self, key: str, kind: type[T]) -> T | None:
        record = await self._store.get(key)
        return None if record is None else msgspec.msgpack.decode(record.value, type=kind)

    async def _all(self, prefix: str, kind: type[T]) -> list[T]:
        found: list[T] = []
        after = ""
        while records := await self._store.list(prefix, after=after, limit=_AT_ONCE):
            after = records[-1].key
            found += (msgspec.msgpack.decode(record.value, type=kind) for record in records)
        return found


def _history_write(at: Place, name: str, item: HistoryItem) -> Write:
    value = msgspec.msgpack.encode(item)
    return Write(_history(at, f"{name}/{item.at:017.6f}-{crc32(value):08x}"), value)


def _alarm(at: Place, name: str) -> str:
    return f"{at.account}/{at.region}/cloudwatch/alarm/{name}"


def _history(at: Place, rest: str) -> str:
    return f"{at.account}/{at.region}/cloudwatch/history/{rest}"


def _dashboard(account: str, name: str) -> str:
    return f"{account}/-/cloudwatch/dashboard/{name}"

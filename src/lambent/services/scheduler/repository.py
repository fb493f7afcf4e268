"""Where schedules are kept: `ACCOUNT/REGION/scheduler/schedule/GROUP/NAME`, and groups: `.../group/NAME`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from lambent.services.access import Place
from lambent.services.scheduler.records import DEFAULT_GROUP, Group, Schedule
from lambent.store.base import ABSENT, Store, Write

AT_ONCE = 1000

_SCHEDULES = msgspec.msgpack.Decoder(Schedule)
_GROUPS = msgspec.msgpack.Decoder(Group)


class Kept(msgspec.Struct, frozen=True):
    """A schedule as it was read, to be written back."""

    schedule: Schedule
    revision: int


class Repository:
    """Schedules and groups of every account and region."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def schedule(self, at: Place, group: str, name: str) -> Kept | None:
        """A schedule by its group and name."""
        return await self.at(_key(at, group, name))

    async def at(self, key: str) -> Kept | None:
        """A schedule by its key."""
        record = await self._store.get(key)
        return None if record is None else Kept(_SCHEDULES.decode(record.value), record.revision)

    async def schedules(
        self, at: Place, group: str = "", *, after: tuple[str, str] | None = None, limit: int = AT_ONCE
    ) -> list[Schedule]:
        """Schedules of a group, or of all, in the order of group and name, behind `after` (group, name)."""
        start = _key(at, *after) if after else ""
        prefix = _key(at, group, "") if group else f"{_kind(at, 'schedule')}/"
        records = await self._store.list(prefix, after=start, limit=limit)
        return [_SCHEDULES.decode(record.value) for record in records]

    async def everything(self) -> AsyncIterator[Schedule]:
        """Every schedule, in every account and region: for the start of the server only."""
        after = ""
        while records := await self._store.list("", after=after, limit=AT_ONCE):
            for record in records:
                if is_secret(record.key):
                    yield _SCHEDULES.decode(record.value)
            after = records[-1].key

    async def put(self, schedule: Schedule, kept: Kept | None = None) -> None:
        """Write a new schedule (`kept` None), or one back. Raises Conflict."""
        expect = ABSENT if kept is None else kept.revision
        await self._store.transact([Write(key_of(schedule), msgspec.msgpack.encode(schedule), expect)])

    async def drop(self, schedules: Sequence[Schedule]) -> None:
        """Delete schedules."""
        await self._store.transact([Write(key_of(schedule), None) for schedule in schedules])

    async def drop_kept(self, kept: Kept) -> None:
        """Delete a schedule as it was read. Raises Conflict."""
        await self._store.transact([Write(key_of(kept.schedule), None, kept.revision)])

    async def count(self, at: Place, kind: str) -> int:
        """How many records of a kind (`schedule`, `group`) there are."""
        return await self._store.count(f"{_kind(at, kind)}/")

    async def group(self, at: Place, name: str) -> Group | None:
        """A group by its name; the default group is always there."""
        record = await self._store.get(_group_key(at, name))
        if record is not None:
            return _GROUPS.decode(record.value)
        return Group(account=at.account, region=at.region, name=name) if name == DEFAULT_GROUP else None

    async def groups(self, at: Place) -> list[Group]:
        """All groups by name, and the default one among them."""
        records = await self._store.list(_group_key(at, ""), limit=AT_ONCE)
        found = {group.name: group for group in (_GROUPS.decode(record.value) for record in records)}
        found.setdefault(DEFAULT_GROUP, Group(account=at.account, region=at.region, name=DEFAULT_GROUP))
        return sorted(found.values(), key=lambda group: group.name)

    async def put_group(self, group: Group, *, new: bool = False) -> None:
        """Write a group. Raises Conflict if it is `new`, and there."""
        at = Place(group.account, group.region)
        expect = ABSENT if new else None
        await self._store.transact([Write(_group_key(at, group.name), msgspec.msgpack.encode(group), expect)])

    async def drop_group(self, group: Group) -> None:
        """Delete a group."""
        await self._store.transact([Write(_group_key(Place(group.account, group.region), group.name), None)])


def is_secret(key: str) -> bool:
    """Whether what lies under a key must not be read in the files: users' inputs."""
    return key.split("/", 4)[2:4] == ["scheduler", "schedule"]


def key_of(schedule: Schedule) -> str:
    """Under which key a schedule is kept."""
    return _key(Place(schedule.account, schedule.region), schedule.group, schedule.name)


def key_of_arn(arn: str) -> str:
    """The same, by a schedule's ARN."""
    _, _, _, region, account, resource = arn.split(":", 5)
    _, group, name = resource.split("/", 2)
    return _key(Place(account, region), group, name)


def _kind(at: Place, kind: str) -> str:
    return f"{at.account}/{at.region}/scheduler/{kind}"


def _key(at: Place, group: str, name: str) -> str:
    return f"{_kind(at, 'schedule')}/{group}/{name}"


def _group_key(at: Place, name: str) -> str:
    return f"{_kind(at, 'group')}/{name}"

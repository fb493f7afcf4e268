"""How far the streams of a group have been read by one reader (a subscription, the metric filters): kept, so that a
killed server goes on where it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lambent.observe.log_names import Group
from lambent.services.logs.names import place
from lambent.services.logs.repository import Repository, of_group

METRICS = "*"
"""The reader that counts; subscriptions read by their names, which have no star."""


class Progress:
    """Positions in bytes, by the names of streams."""

    def __init__(self, repository: Repository, group: Group, reader: str) -> None:
        self._repository = repository
        self._group = group
        self._reader = reader

    async def at(self, stream: str) -> int | None:
        """Where the reader was; None if it has never kept it."""
        return await self._repository.get(int, place(self._group), self._key(stream))

    async def keep(self, positions: Mapping[str, int]) -> None:
        """The reader has come so far."""
        await self._repository.put_all(place(self._group), {self._key(name): at for name, at in positions.items()})

    async def retain(self, streams: Collection[str]) -> None:
        """Forget all streams but these: the others have gone."""
        known = await self._repository.all(int, place(self._group), self._key(""))
        bare = len(self._key(""))
        gone = [key for key in known if key[bare:] not in streams]
        await self._repository.drop_all(int, place(self._group), gone)

    def _key(self, stream: str) -> str:
        return of_group(self._group.name, self._reader, stream)

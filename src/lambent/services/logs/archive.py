"""Log groups as the operations see them: the files of their events, and what was said about them."""

from __future__ import annotations

from collections.abc import Sequence

from lambent.context import Clock, Context
from lambent.observe.log_files import LogFiles
from lambent.observe.log_lines import needle_of
from lambent.observe.log_names import Group
from lambent.observe.log_search import FOREVER, Page, Wanted
from lambent.observe.log_search import Place as Position
from lambent.observe.logs import LogStore
from lambent.services.logs import errors, limits
from lambent.services.logs.names import group_of, place
from lambent.services.logs.patterns.malformed import Malformed
from lambent.services.logs.patterns.pattern import Pattern, compiled
from lambent.services.logs.records import Settings
from lambent.services.logs.repository import Repository
from lambent.services.operation import Params


class Archive:
    """Finds groups, and reads their events."""

    def __init__(self, store: LogStore, repository: Repository, clock: Clock) -> None:
        self.store = store
        self.repository = repository
        self.clock = clock

    async def group(self, ctx: Context, params: Params) -> Group:
        """The group that is meant, which is there. Raises ApiError."""
        return await self.there(group_of(ctx, params))

    async def there(self, group: Group) -> Group:
        """The group itself. Raises ApiError if there is none."""
        if await self.store.ask(LogFiles.made, group) is None:
            raise errors.no_group()
        return group

    async def settings(self, group: Group) -> Settings:
        """What was said about a group."""
        return await self.repository.settings(place(group), group.name)

    async def say(self, group: Group, settings: Settings) -> None:
        """Keep what was said about a group."""
        await self.repository.put(place(group), group.name, settings)

    async def oldest(self, group: Group) -> int:
        """The time before which events are not kept any more; nobody sees one that is older."""
        days = (await self.settings(group)).retention_days
        return 0 if days is None else int(self.clock.now() * 1000) - days * limits.DAY_MS

    async def page(
        self,
        group: Group,
        streams: Sequence[str],
        *,
        start_ms: int = 0,
        end_ms: int = FOREVER,
        pattern: str = "",
        limit: int,
        beyond: Position | None = None,
        newest: bool = False,
    ) -> Page:
        """See `log_search.page`; without what is not kept any more. Raises ApiError, PlatformError."""
        found = checked(pattern)
        match = found.match
        wanted = Wanted(
            max(start_ms, await self.oldest(group)),
            end_ms,
            (lambda text: match(text) is not None) if pattern.strip() else None,
            None if found.needle is None else needle_of(found.needle),
        )
        return await self.store.page(group, streams, wanted, limit=limit, beyond=beyond, newest=newest)


def checked(pattern: str) -> Pattern:
    """A filter pattern. Raises ApiError."""
    try:
        return compiled(pattern)
    except Malformed as error:
        raise errors.bad_pattern(str(error)) from None

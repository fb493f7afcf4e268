"""Followers: told of what grows behind where they are, until all is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lambent.clock import MovableClock
from lambent.observe.log_files import LogFiles
from lambent.observe.log_following import Following
from lambent.observe.log_names import Group
from lambent.observe.logs import LogStore

GROUP = Group("1", "r", "g")


async def test_each_hears_what_comes_and_ends_with_the_last_of_it(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)

    async def read(look: Callable[..., Any], *arguments: Any) -> Any:
        return look(files, *arguments)

    following = Following(read)
    files.append(GROUP, "s", [(1, "old")])
    follower = following.begin(GROUP)
    assert len(following) == 0  # it does not know yet where it is
    follower.positions = files.sizes(GROUP)
    assert len(following) == 1
    told: list[str] = []

    async def follow() -> None:
        told.extend([event.message async for event in following.events(GROUP, follower)])

    task = asyncio.create_task(follow())
    for stream, at, text in (("s", 2, "b"), ("new", 1, "a")):
        files.append(GROUP, stream, [(at, text)])
        following.grew(GROUP, stream)
    following.grew(Group("1", "r", "other"), "s")
    following.close()
    await task
    assert told == ["a", "b"]
    assert len(following) == 0
    following.end(GROUP, follower)


async def test_a_tail_that_nobody_reads_ends_too(tmp_path: Path) -> None:
    async with LogStore(tmp_path, MovableClock()) as logs:
        await logs.put(GROUP, "s", [(1, "old")])
        unread, read = await logs.tail(GROUP), await logs.tail(GROUP)
        await logs.put(GROUP, "new", [(2, "told")])
        assert (await anext(aiter(read))).message == "told"
        assert len(logs._following) == 2
        for tail in (unread, read):
            await tail.aclose()
        assert len(logs._following) == 0

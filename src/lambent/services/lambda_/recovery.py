"""The first thing after a start: go on where the last run of the server stood."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.states import States, unsettled


async def recover(
    repository: Repository,
    states: States,
    reserve: Callable[[str, int | None], None],
    sweep: Callable[[set[str]], Awaitable[object]],
) -> None:
    """Settle what was left Pending or InProgress, `reserve` what was reserved (by function ARN), and `sweep`
    away the packages that no version refers to.

    Only while no request is served: a package that is being added has no version yet.
    """
    live: set[str] = set()
    async for version in repository.everything():
        live.add(version.code.digest)
        if unsettled(version):
            states.settle(version)
    async for function_arn, concurrency in repository.reservations():
        reserve(function_arn, concurrency)
    await sweep(live)

"""Settling behind a request's back: done, or logged, or left for the next start."""

from __future__ import annotations

import asyncio
import logging

import pytest

from lambent.services.settling import Settler


class Things(Settler):
    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []
        self.stuck = asyncio.Event()

    def settle(self, arn: str) -> None:
        self._soon(arn, self._settle(arn))

    async def _settle(self, arn: str) -> None:
        if arn == "broken":
            raise RuntimeError("no")
        if arn == "stuck":
            await self.stuck.wait()
        self.done.append(arn)


async def test_one_that_fails_harms_no_other_and_leaving_waits_for_none(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    async with Things() as things:
        for arn in ("stuck", "broken", "good"):
            things.settle(arn)
        await asyncio.wait([each for each in things._tasks if each.get_name() != "settle stuck"])
    assert things.done == ["good"]
    assert [record.message for record in caplog.records] == ["the state of broken could not be settled"]
    assert not things._tasks

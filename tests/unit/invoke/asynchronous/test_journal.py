"""Steps are remembered, and followed to the end of an event."""

from __future__ import annotations

import asyncio

from lambent.invoke.asynchronous.journal import Journal, Step


def step(event: str, what: str, *, last: bool = False) -> Step:
    return Step(1.0, event, "f", what, last=last)


async def test_steps_are_remembered_and_followed_to_their_end() -> None:
    journal = Journal()
    journal.tell(step("a", "accepted"))
    journal.tell(step("b", "accepted"))
    assert [each.event async for each in journal.steps()] == ["a", "b"]

    async def followed() -> list[str]:
        return [each.what async for each in journal.steps("a", follow=True)]

    following = asyncio.create_task(followed())
    await asyncio.sleep(0)
    for each in (step("a", "started"), step("b", "started"), step("a", "succeeded", last=True)):
        journal.tell(each)
    assert await following == ["accepted", "started", "succeeded"]
    assert await followed() == ["accepted", "started", "succeeded"]

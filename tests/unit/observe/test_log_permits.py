"""Permission to write a log: asked once in a while, remembered, told of when it is refused."""

from __future__ import annotations

import pytest

from lambent.observe.log_names import Group
from lambent.observe.log_permits import REMEMBERED_SECONDS, Permits
from tests.unit.services.lambda_.conftest import StoppedClock

GROUP = Group("1", "here", "g")


async def test_a_decision_counts_for_some_seconds(caplog: pytest.LogCaptureFixture) -> None:
    asked: list[tuple[Group, str, bool]] = []
    allowed = False

    async def judge(group: Group, role: str, there: bool) -> bool:
        asked.append((group, role, there))
        return allowed

    clock = StoppedClock()
    permits = Permits(judge, clock)
    assert permits.allows(GROUP, "") and not permits.allows(GROUP, "r") and not permits.knows(GROUP, "r")
    for _ in range(3):
        await permits.learn(GROUP, "r", lambda group: None)
    assert asked == [(GROUP, "r", False)]
    assert permits.knows(GROUP, "r") and not permits.allows(GROUP, "r")
    assert "lines for log group g are dropped: r may not write them" in caplog.text
    allowed = True
    clock.at += REMEMBERED_SECONDS
    assert not permits.knows(GROUP, "r")
    await permits.learn(GROUP, "r", lambda group: 5)
    assert permits.allows(GROUP, "r") and asked[1:] == [(GROUP, "r", True)]

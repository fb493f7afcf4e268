from __future__ import annotations

from lambent.schedules.backlog import AT_ONCE, Following, missed, overdue

MINUTE, DAY = 60.0, 86_400.0


def every(seconds: float) -> Following:
    return lambda after: (after // seconds + 1) * seconds


def once(time: float) -> Following:
    return lambda after: time if after < time else None


def test_everything_is_overdue_a_part_at_a_time() -> None:
    assert overdue(every(MINUTE), 0.0, (59.0).__ge__) == []
    assert overdue(every(MINUTE), 0.0, (120.0).__ge__) == [60.0, 120.0]
    part = overdue(every(MINUTE), 0.0, (365 * DAY).__ge__)
    assert part == [MINUTE * number for number in range(1, AT_ONCE + 1)]
    assert overdue(every(MINUTE), part[-1], (365 * DAY).__ge__)[0] == part[-1] + MINUTE


def test_what_was_missed_is_of_the_last_while() -> None:
    now = 365 * DAY
    assert missed(every(MINUTE), 0.0, now.__ge__, now=now, age=180.0) == [now - 120.0, now - 60.0, now]
    assert missed(every(MINUTE), now - 60.0, now.__ge__, now=now, age=180.0) == [now]
    assert missed(every(MINUTE), now, now.__ge__, now=now, age=180.0) == []


def test_of_what_is_older_the_last_counts() -> None:
    now = 100 * DAY + 10.0
    assert missed(every(DAY), 0.0, now.__ge__, now=now, age=5.0) == [100 * DAY]
    assert missed(once(MINUTE), 0.0, now.__ge__, now=now, age=DAY) == [MINUTE]
    assert missed(once(MINUTE), MINUTE, now.__ge__, now=now, age=DAY) == []
    assert missed(once(now + 1), 0.0, now.__ge__, now=now, age=DAY) == []

"""So many in a second, refilled all the time, never saved up."""

from __future__ import annotations

from lambent.invoke.pace import Bucket, Pace


def test_a_seconds_worth_at_once_and_then_as_time_goes_by() -> None:
    now = [100.0]
    pace, bucket = Pace(10.0, lambda: now[0]), Bucket()
    assert [pace.take(bucket, 1) for _ in range(11)] == [True] * 10 + [False]
    now[0] += 0.0625
    assert not pace.take(bucket, 1)
    now[0] += 0.0625
    assert [pace.take(bucket, 1) for _ in range(2)] == [True, False]
    now[0] += 60
    assert sum(pace.take(bucket, 1) for _ in range(30)) == 10
    assert sum(pace.take(Bucket(), 3) for _ in range(30)) == 30, "each bucket is its own"


def test_another_concurrency_is_another_rate() -> None:
    now = [0.0]
    pace, bucket = Pace(10.0, lambda: now[0]), Bucket()
    assert sum(pace.take(bucket, 5) for _ in range(100)) == 50
    now[0] += 1
    assert sum(pace.take(bucket, 1) for _ in range(100)) == 10
    now[0] += 1
    assert not pace.take(bucket, 0)

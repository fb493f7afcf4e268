"""The phases of retry policies."""

from __future__ import annotations

import pytest

from lambent.services.sns.schedule import ADDRESSED, MANAGED, Backoff, Retries


def delays(retries: Retries, count: int) -> list[float | None]:
    return [retries.delay(failures) for failures in range(1, count + 1)]


def test_functions_and_queues_are_tried_for_23_days() -> None:
    first = delays(MANAGED, 16)
    assert first[:5] == [0, 0, 0, 1, 1]
    assert (first[5], first[14], first[15]) == (1, 20, 20)
    assert first[5:15] == sorted(first[5:15], key=lambda pause: pause or 0)
    assert (MANAGED.delay(100_015), MANAGED.delay(100_016)) == (20, None)
    assert 23 < MANAGED.total / 86_400 < 24


def test_addresses_are_tried_three_times_more() -> None:
    assert delays(ADDRESSED, 4) == [20, 20, 20, None]


@pytest.mark.parametrize(
    ("backoff", "expected"),
    [
        (Backoff.LINEAR, [1, 6, 11, 16]),
        (Backoff.ARITHMETIC, [1, 3.5, 8.5, 16]),
        (Backoff.EXPONENTIAL, [1, 1 + 15 / 7, 1 + 45 / 7, 16]),
        (Backoff.GEOMETRIC, [1, 16 ** (1 / 3), 16 ** (2 / 3), 16]),
    ],
)
def test_all_phases_in_their_order(backoff: Backoff, expected: list[float]) -> None:
    retries = Retries(
        min_delay_target=1,
        max_delay_target=16,
        num_retries=8,
        num_no_delay_retries=1,
        num_min_delay_retries=2,
        num_max_delay_retries=1,
        backoff_function=backoff,
    )
    found = delays(retries, 9)
    assert found[:3] == [0, 1, 1]
    assert found[3:7] == pytest.approx(expected)
    assert found[7:] == [16, None]


def test_a_single_growing_pause_is_the_least() -> None:
    assert delays(Retries(min_delay_target=2, num_retries=1), 2) == [2, None]

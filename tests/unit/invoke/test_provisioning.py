"""Provisioned concurrency as lists of events to the pool, which starts and ends what provisioning says."""

from __future__ import annotations

import pytest

from lambent.invoke.base import Provisioned
from lambent.invoke.base import ProvisionedStatus as Status
from lambent.invoke.events import (
    Assign,
    Event,
    Freed,
    Kill,
    Lost,
    Memory,
    Provision,
    Ready,
    Retired,
    Start,
    StartFailed,
    Tick,
    Wake,
    Withdrawn,
    Woken,
)
from lambent.invoke.pool import Pool
from lambent.invoke.provisioning import INIT_FAILURE
from lambent.invoke.turns import Rate
from lambent.model.function import FunctionVersion
from tests.unit.invoke.scenes import IDLE, LIFE, arrived, play, pool, version, warm

ONE, TWO = version(number="1"), version(number="2")
LIVE = ONE.function_arn + ":live"


def provision(*shares: tuple[FunctionVersion, int], now: float = 0.0) -> Provision:
    return Provision(LIVE, shares, now)


def status(p: Pool) -> tuple[int, int, int, Status]:
    info = p.provisioned(LIVE)
    assert info is not None
    return info.requested, info.allocated, info.available, info.status


def allocated(p: Pool, count: int, function: FunctionVersion = ONE, now: float = 0.0) -> list[int]:
    """A complete allocation of `count`; returns the environments."""
    starts = p.handle(provision((function, count), now=now))
    numbers = [action.environment for action in starts if isinstance(action, Start)]
    for number in numbers:
        p.handle(Ready(number, now))
    return numbers


def test_an_allocation_starts_what_was_asked_for_and_opens_it_when_all_is_there() -> None:
    p = pool()
    assert p.handle(provision((ONE, 3))) == [Start(number, ONE, provisioned=True) for number in (1, 2, 3)]
    assert status(p) == (3, 0, 0, Status.IN_PROGRESS)
    assert play(p, Ready(1, 0), Ready(2, 0)) == []
    assert status(p) == (3, 2, 0, Status.IN_PROGRESS)
    assert p.handle(arrived(1, ONE)) == [Start(4, ONE)], "nothing is handed out before all is there"
    assert p.handle(Ready(3, 0)) == [Assign(1, 1)]
    assert status(p) == (3, 3, 3, Status.READY)
    assert [p.handle(arrived(ticket, ONE)) for ticket in (2, 3)] == [[Assign(2, 3)], [Assign(3, 2)]]


def test_provisioned_environments_are_taken_first_and_the_rest_spills_over() -> None:
    p = pool()
    on_demand = warm(p, ONE)
    (provisioned,) = allocated(p, 1)
    assert p.handle(arrived(1, ONE)) == [Assign(1, provisioned)]
    assert p.handle(arrived(2, ONE)) == [Assign(2, on_demand)]
    assert p.handle(arrived(3, ONE)) == [Start(3, ONE)]
    assert p.handle(Freed(provisioned, 0)) == [Assign(3, provisioned)]


def test_they_serve_their_own_version_only() -> None:
    p = pool()
    allocated(p, 1)
    assert p.handle(arrived(1, TWO)) == [Start(2, TWO)]


def test_neither_time_nor_memory_takes_them() -> None:
    p = pool()
    allocated(p, 2)
    assert p.handle(Tick(IDLE * 2)) == []
    assert p.handle(Memory(0, 10**9)) == []
    assert status(p) == (2, 2, 2, Status.READY)


def test_more_is_added_and_less_ends_the_rest() -> None:
    p = pool()
    allocated(p, 2)
    assert p.handle(provision((ONE, 3))) == [Start(3, ONE, provisioned=True)]
    assert status(p) == (3, 2, 2, Status.IN_PROGRESS)
    assert p.handle(arrived(1, ONE)) == [Assign(1, 2)], "what is there already serves on"
    p.handle(Ready(3, 0))
    assert status(p) == (3, 3, 3, Status.READY)
    assert p.handle(provision((ONE, 1))) == [Kill(3)]
    assert p.handle(Freed(2, 0)) == [Kill(2)]
    assert status(p) == (1, 1, 1, Status.READY)


def test_no_share_at_all_ends_it() -> None:
    p = pool()
    allocated(p, 2)
    p.handle(arrived(1, ONE))
    assert p.handle(provision()) == [Kill(1)]
    assert p.provisioned(LIVE) is None
    assert p.handle(Freed(2, 0)) == [Kill(2)]
    assert len(p) == 0


def test_what_starts_when_it_is_not_wanted_any_more_ends_when_it_is_there() -> None:
    p = pool()
    p.handle(provision((ONE, 2)))
    assert p.handle(provision()) == []
    assert p.handle(Ready(1, 0)) == [Kill(1)]
    assert p.handle(StartFailed(2, RuntimeError())) == []
    assert p.known_versions() == 0


def test_an_alias_that_moves_on_replaces_one_by_one() -> None:
    p = pool()
    allocated(p, 3)
    p.handle(arrived(1, ONE))
    starts = p.handle(provision((TWO, 3)))
    assert starts == [Start(number, TWO, provisioned=True) for number in (4, 5, 6)]
    assert status(p) == (3, 0, 0, Status.IN_PROGRESS)
    assert p.handle(arrived(2, ONE)) == [Assign(2, 2)], "the old ones serve on"
    assert p.handle(Ready(4, 0)) == [Kill(1)]
    assert p.handle(Ready(5, 0)) == [], "this one's turn was that of a busy one"
    assert p.handle(Ready(6, 0)) == []
    assert p.handle(Freed(2, 0)) == [Kill(2)]
    assert p.handle(Freed(3, 0)) == [Kill(3)]
    assert status(p) == (3, 3, 3, Status.READY)


def test_an_alias_that_moves_back_in_time_keeps_what_it_had() -> None:
    p = pool()
    allocated(p, 2)
    p.handle(provision((TWO, 2)))
    assert p.handle(provision((ONE, 2))) == []
    assert status(p) == (2, 2, 2, Status.READY)
    assert play(p, Ready(3, 0)) == [Kill(3)]
    assert play(p, Ready(4, 0)) == [Kill(4)]


def test_two_versions_share_while_traffic_moves() -> None:
    p = pool()
    allocated(p, 4)
    assert p.handle(provision((ONE, 3), (TWO, 1))) == [Start(5, TWO, provisioned=True)]
    assert p.handle(Ready(5, 0)) == [Kill(4)]
    assert status(p) == (4, 4, 4, Status.READY)


def test_a_function_that_fails_in_its_init_fails_the_allocation() -> None:
    p = pool()
    allocated(p, 1)
    p.handle(provision((ONE, 4)))
    p.handle(Ready(2, 0))
    assert p.handle(Ready(3, 0, failed=True)) == [Kill(2), Kill(3)]
    assert p.provisioned(LIVE) == Provisioned(4, 1, 1, Status.FAILED, INIT_FAILURE)
    assert p.handle(Ready(4, 0)) == [Kill(4)]
    assert p.handle(Tick(1000.0)) == [], "the function would fail again"
    assert p.handle(arrived(1, ONE)) == [Assign(1, 1)], "what was there before stays"
    assert p.handle(provision((ONE, 2))) == [Start(5, ONE, provisioned=True)]


def test_what_the_platform_failed_to_do_is_tried_again_in_time() -> None:
    p = pool()
    p.handle(provision((ONE, 2)))
    p.handle(Ready(1, 0))
    assert p.handle(StartFailed(2, RuntimeError("no cgroup"))) == [Kill(1)]
    info = p.provisioned(LIVE)
    assert info == Provisioned(2, 0, 0, Status.FAILED, "The platform could not start an execution environment.")
    assert p.handle(Tick(30.0)) == [Start(number, ONE, provisioned=True) for number in (3, 4)]
    assert play(p, Ready(3, 31.0), Ready(4, 31.0)) == []
    assert status(p) == (2, 2, 2, Status.READY)


def test_what_the_host_has_no_memory_for_is_not_allocated() -> None:
    p = pool()
    p.handle(Memory(10**9, 10**9))
    assert p.handle(provision((ONE, 2))) == []
    info = p.provisioned(LIVE)
    assert info is not None and info.status is Status.FAILED and "no memory" in str(info.reason)
    p.handle(Memory(2 * 10**9, 10**9))
    assert len(p.handle(Tick(30.0))) == 2


def test_idle_environments_on_demand_make_room() -> None:
    p = pool()
    other = warm(p, version("g"))
    p.handle(Memory(3 * 10**9, 1))
    play(p, Memory(0, 0))
    assert p.handle(provision((ONE, 1))) == [Kill(other)]
    assert status(p) == (1, 0, 0, Status.IN_PROGRESS)
    assert p.handle(Memory(10**9, 0)) == [Start(2, ONE, provisioned=True)]


def test_a_lost_one_is_replaced_and_the_replacement_serves_at_once() -> None:
    p = pool()
    allocated(p, 2)
    p.handle(arrived(1, ONE))
    assert p.handle(Lost(2)) == [Kill(2), Start(3, ONE, provisioned=True)]
    assert status(p) == (2, 1, 1, Status.READY)
    p.handle(Ready(3, 0))
    assert p.handle(arrived(2, ONE)) == [Assign(2, 3)]


def test_one_that_is_reset_while_idle_is_not_lost() -> None:
    p = pool()
    allocated(p, 1)
    assert play(p, Withdrawn(1), Freed(1, 0)) == []
    assert p.handle(arrived(1, ONE)) == [Assign(1, 1)]
    assert status(p) == (1, 1, 1, Status.READY)


def test_old_ones_serve_until_others_are_ready() -> None:
    p = pool()
    allocated(p, 2)
    p.handle(arrived(1, ONE, LIFE - 1))
    assert p.handle(Tick(LIFE)) == [Start(number, ONE, provisioned=True) for number in (3, 4)]
    assert p.handle(Tick(LIFE + 1)) == []
    assert p.handle(Ready(3, LIFE + 2)) == [Kill(1)]
    assert p.handle(Ready(4, LIFE + 2)) == []
    assert p.handle(Freed(2, LIFE + 3)) == [Kill(2)]
    assert status(p) == (2, 2, 2, Status.READY)


def test_an_allocation_has_its_rate() -> None:
    p = Pool(starts=100, idle_seconds=IDLE, lifetime_seconds=LIFE, scaling=Rate(1000, 10), allocation=Rate(3, 1))
    first = p.handle(provision((ONE, 5)))
    assert first[:3] == [Start(number, ONE, provisioned=True) for number in (1, 2, 3)]
    assert first[3:] == [Wake(pytest.approx(1 / 3))]
    assert p.handle(Woken(0.34)) == [Start(4, ONE, provisioned=True), Wake(pytest.approx(0.98 / 3, abs=0.01))]
    assert p.handle(Woken(1.0)) == [Start(5, ONE, provisioned=True)]
    assert p.handle(Woken(2.0)) == []


def test_an_allocation_does_not_keep_requests_waiting() -> None:
    p = pool(starts=1)
    g = version("g")
    p.handle(provision((ONE, 10)))
    p.handle(arrived(1, g))
    assert p.handle(Ready(1, 0)) == [Start(2, ONE, provisioned=True)]
    assert p.handle(Ready(2, 0)) == [Start(3, g)]
    assert p.handle(Ready(3, 0)) == [Assign(1, 3, cold=True), Start(4, ONE, provisioned=True)]


def test_a_deleted_function_keeps_nothing() -> None:
    p = pool()
    allocated(p, 3)
    p.handle(arrived(1, ONE))
    assert p.handle(Retired(ONE.function_arn, None)) == [Kill(1), Kill(2)]
    assert p.provisioned(LIVE) is None
    assert p.handle(Freed(3, 0)) == [Kill(3)]
    assert len(p) == p.known_versions() == 0


def test_a_deleted_version_takes_its_share_along() -> None:
    p = pool()
    p.handle(provision((ONE, 1), (TWO, 1)))
    p.handle(Ready(1, 0))
    assert p.handle(Retired(TWO.arn, None)) == []
    assert status(p) == (1, 1, 1, Status.READY)
    assert p.handle(Ready(2, 0)) == [Kill(2)]
    assert p.handle(arrived(1, ONE)) == [Assign(1, 1)]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_as_many_as_were_asked_for_are_there_in_the_end(seed: int) -> None:
    import random

    dice = random.Random(seed)
    p = Pool(starts=3, idle_seconds=IDLE, lifetime_seconds=50, scaling=Rate(1000, 10), allocation=Rate(5, 1))
    starting: list[int] = []
    busy: list[int] = []
    alive: set[int] = set()
    now, ticket, alarm = 0.0, 0, False

    def tell(event: Event) -> None:
        nonlocal alarm
        for action in p.handle(event):
            match action:
                case Start(number, _):
                    starting.append(number)
                    alive.add(number)
                case Kill(number):
                    alive.remove(number)
                    if number in starting:
                        starting.remove(number)
                    if number in busy:
                        busy.remove(number)
                case Assign(_, number):
                    assert number in alive and number not in busy
                    busy.append(number)
                case Wake():
                    assert not alarm, "one alarm at a time"
                    alarm = True

    for _ in range(120):
        now += dice.choice([0.0, 0.3, 3.0])
        match dice.randrange(9):
            case 0:
                shares = [(function, dice.randrange(1, 5)) for function in (ONE, TWO) if dice.random() < 0.6]
                tell(Provision(LIVE, tuple(shares), now))
            case 1 | 2 | 3 if starting:
                number = starting.pop(dice.randrange(len(starting)))
                tell(Ready(number, now, failed=dice.random() < 0.1))
            case 4 if starting:
                number = starting.pop()
                alive.remove(number)
                tell(StartFailed(number, RuntimeError()))
            case 5:
                ticket += 1
                tell(arrived(ticket, dice.choice([ONE, TWO]), now))
            case 6 if busy:
                number = busy.pop()
                tell(Freed(number, now) if dice.random() < 0.8 else Lost(number))
            case 7:
                tell(Tick(now))
            case 8 if alarm:
                alarm = False
                tell(Woken(now))
    tell(Provision(LIVE, ((ONE, 4), (TWO, 2)), now))
    for _ in range(60):
        now += 1
        while starting:
            tell(Ready(starting.pop(0), now))
        while busy:
            tell(Freed(busy.pop(), now))
        if alarm:
            alarm = False
            tell(Woken(now))
    assert status(p) == (6, 6, 6, Status.READY)
    assert [p.handle(arrived(1000 + each, ONE, now))[0] for each in range(4)]
    tell(Provision(LIVE, (), now))
    tell(Retired(ONE.function_arn, None))

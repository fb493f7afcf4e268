"""The pool as lists of events: every race is a list here, and nothing sleeps."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.invoke.admission import Refusal
from lambent.invoke.events import (
    Action,
    Assign,
    Closed,
    Freed,
    Grew,
    Kill,
    Lost,
    Memory,
    Ready,
    Refuse,
    Retired,
    Start,
    StartFailed,
    Throttle,
    Tick,
    Withdrawn,
    Yielded,
)
from lambent.invoke.members import FOOTPRINT_BYTES
from lambent.invoke.pool import Pool
from lambent.invoke.turns import Rate
from tests.unit.invoke.scenes import IDLE, LIFE, F, arrived, of_tenant, play, pool, version, warm

BOOM = RuntimeError("boom")


def test_a_first_request_starts_an_environment_and_gets_it() -> None:
    p = pool()
    assert p.handle(arrived(1, F)) == [Start(1, F)]
    assert p.handle(Yielded(1)) == []
    assert p.handle(Ready(1, 0.0)) == [Assign(1, 1, cold=True)]


def test_a_warm_environment_is_taken_at_once() -> None:
    p = pool()
    environment = warm(p)
    assert p.handle(arrived(2, F)) == [Assign(2, environment)]


def test_the_last_one_in_is_the_first_one_out() -> None:
    p = pool()
    play(p, arrived(1, F), arrived(2, F), Yielded(1), Yielded(2), Ready(1, 0), Ready(2, 0))
    play(p, Freed(2, 1.0), Freed(1, 2.0))
    assert p.handle(arrived(3, F)) == [Assign(3, 1)]
    assert p.handle(arrived(4, F)) == [Assign(4, 2)]


def test_ten_at_once_start_ten() -> None:
    p = pool(starts=16)
    starts = [p.handle(arrived(ticket, F)) for ticket in range(10)]
    assert starts == [[Start(number + 1, F)] for number in range(10)]


def test_a_waiting_request_takes_the_first_that_frees_and_the_surplus_start_stays_warm() -> None:
    p = pool()
    busy = warm(p)
    play(p, arrived(1, F))
    assert p.handle(arrived(2, F)) == [Start(2, F)]
    assert p.handle(Freed(busy, 1.0)) == [Assign(2, busy)]
    assert play(p, Yielded(2), Ready(2, 1.5)) == []
    assert p.handle(arrived(3, F)) == [Assign(3, 2)]


def test_waiting_requests_are_served_in_order() -> None:
    p = pool()
    play(p, arrived(1, F), arrived(2, F), Yielded(1), Yielded(2))
    assert p.handle(Ready(2, 0)) == [Assign(1, 2, cold=True)]
    assert p.handle(Ready(1, 0)) == [Assign(2, 1, cold=True)]


def test_starts_that_compute_are_bounded() -> None:
    p = pool(starts=2)
    assert p.handle(arrived(1, F)) == [Start(1, F)]
    assert p.handle(arrived(2, F)) == [Start(2, F)]
    assert p.handle(arrived(3, F)) == p.handle(arrived(4, F)) == []
    assert p.handle(Ready(1, 0.0)) == [Assign(1, 1, cold=True), Start(3, F)]
    assert p.handle(Yielded(2)) == [Start(4, F)]
    assert p.handle(Ready(2, 0.0)) == [Assign(2, 2, cold=True)], "it had yielded already"


def test_starts_that_rather_wait_than_compute_are_not_bounded() -> None:
    p = pool(starts=1)
    for number in range(1, 100):
        assert play(p, arrived(number), Yielded(number)) == []
    assert p.handle(arrived(100)) == [Start(100, F)]


def test_functions_take_turns_and_a_crowd_does_not_keep_the_others_waiting() -> None:
    p = pool(starts=1)
    g, h = version("g"), version("h")
    for ticket in range(10):
        p.handle(arrived(ticket, F))
    play(p, arrived(20, g), arrived(21, g), arrived(30, h))
    started = [action.function.name for number in range(1, 9) for action in p.handle(Yielded(number))]
    assert started == ["f", "g", "h", "f", "g", "f", "f", "f"]


def test_versions_of_a_function_share_its_turns() -> None:
    p = pool(starts=1)
    play(p, arrived(1), arrived(2), arrived(3, version(number="7")), arrived(4, version("g")))
    assert [p.handle(Yielded(number))[0] for number in (1, 2, 3)] == [
        Start(2, F),
        Start(3, version("g")),
        Start(4, version(number="7")),
    ]


def test_what_has_served_a_tenant_serves_no_other() -> None:
    p = pool()
    assert p.handle(of_tenant(1, "a")) == [Start(1, F, tenant="a")]
    assert p.handle(of_tenant(2, "b")) == [Start(2, F, tenant="b")]
    assert p.handle(Ready(2, 0.0)) == [Assign(2, 2, cold=True)], "not the request that waits longest"
    assert p.handle(Freed(2, 0.0)) == []
    assert p.handle(Ready(1, 0.0)) == [Assign(1, 1, cold=True)]
    assert p.handle(of_tenant(3, "a")) == [Start(3, F, tenant="a")]
    assert p.handle(of_tenant(4, "b")) == [Assign(4, 2)]
    assert p.handle(Freed(1, 0.0)) == [Assign(3, 1)]
    assert p.handle(arrived(5)) == [Start(4, F)], "nor does it serve nobody"
    assert p.handle(Retired(F.arn, None)) == []
    assert p.handle(Freed(2, 0.0)) == [Kill(2)]


def test_a_function_has_so_many_environments_for_its_tenants_idle_ones_too() -> None:
    p = pool(starts=1)
    for ticket, tenant in enumerate("abc"):
        play(p, of_tenant(ticket, tenant, most=2), arrived(10 + ticket, version("g")))
    assert p.handle(Ready(1, 0.0)) == [Assign(0, 1, cold=True), Start(2, version("g"))]
    assert p.handle(Freed(1, 0.0)) == []
    assert p.handle(Ready(2, 0.0)) == [Assign(10, 2, cold=True), Start(3, F, tenant="b")]
    assert p.handle(Ready(3, 0.0)) == [Assign(1, 3, cold=True), Start(4, version("g"))]
    refused = [Throttle(2, Refusal.TENANTS), Start(5, version("g"))]
    assert p.handle(Ready(4, 0.0)) == [Assign(11, 4, cold=True), *refused]
    assert p.handle(of_tenant(20, "a", most=2)) == [Assign(20, 1)]
    play(p, Ready(5, 0.0), Lost(1))
    assert p.handle(of_tenant(21, "c", most=2)) == [Start(6, F, tenant="c")]


def test_a_function_gets_so_many_new_environments_in_a_time_and_then_is_throttled() -> None:
    p = Pool(starts=100, idle_seconds=IDLE, lifetime_seconds=LIFE, scaling=Rate(10, 1), allocation=Rate(100, 1))
    assert all(p.handle(arrived(ticket)) == [Start(ticket + 1, F)] for ticket in range(10))
    assert p.handle(arrived(10)) == [Throttle(10, Refusal.SCALING)]
    assert p.handle(arrived(11, version(number="7"))) == [Throttle(11, Refusal.SCALING)], "it is the function's rate"
    assert p.handle(arrived(12, version("g"))) == [Start(11, version("g"))]
    assert p.handle(arrived(13, F, 0.1)) == [Start(12, F)]
    assert p.handle(arrived(14, F, 0.1)) == [Throttle(14, Refusal.SCALING)]


def test_warm_environments_are_no_new_ones() -> None:
    p = Pool(starts=100, idle_seconds=IDLE, lifetime_seconds=LIFE, scaling=Rate(1, 1000), allocation=Rate(100, 1))
    environment = warm(p)
    for ticket in range(20):
        assert p.handle(arrived(ticket)) == [Assign(ticket, environment)]
        p.handle(Freed(environment, 0.0))


def test_a_start_that_was_not_needed_does_not_count() -> None:
    p = Pool(starts=1, idle_seconds=IDLE, lifetime_seconds=LIFE, scaling=Rate(3, 1000), allocation=Rate(100, 1))
    busy = warm(p)
    play(p, arrived(1), arrived(2, version("g")), arrived(3))
    assert p.handle(Freed(busy, 0.0)) == [Assign(3, busy)]
    assert p.handle(Ready(2, 0.0)) == [Assign(2, 2, cold=True)], "nobody waits for the third any more"
    assert p.handle(arrived(4)) == [Start(3, F)]
    assert p.handle(arrived(5)) == []
    assert p.handle(arrived(6)) == [Throttle(6, Refusal.SCALING)]


def test_a_start_that_another_request_left_over_serves_the_next_one() -> None:
    p = pool()
    busy = warm(p)
    play(p, arrived(1), arrived(2), Freed(busy, 0.0))
    assert p.handle(arrived(3)) == []
    assert p.handle(Ready(2, 0.0)) == [Assign(3, 2, cold=True)]


def test_a_start_that_is_no_longer_needed_is_not_begun() -> None:
    p = pool(starts=1)
    g = version("g")
    busy = warm(p)
    play(p, arrived(1, F))
    assert p.handle(arrived(2, g)) == [Start(2, g)]
    assert p.handle(arrived(3, F)) == []
    assert p.handle(Freed(busy, 0)) == [Assign(3, busy)]
    assert p.handle(Yielded(2)) == []


def test_postponed_starts_are_begun_first_come_first_served_across_functions() -> None:
    p = pool(starts=1)
    g = version("g")
    play(p, arrived(1, F), arrived(2, g), arrived(3, F))
    assert p.handle(Yielded(1)) == [Start(2, g)]
    assert p.handle(Yielded(2)) == [Start(3, F)]


def test_a_failed_start_refuses_the_oldest_waiting_request() -> None:
    p = pool()
    play(p, arrived(1, F), arrived(2, F))
    assert p.handle(StartFailed(2, BOOM)) == [Refuse(1, BOOM)]
    assert play(p, Yielded(1), Ready(1, 0)) == [Assign(2, 1, cold=True)]


def test_a_failed_surplus_start_refuses_nobody() -> None:
    p = pool()
    busy = warm(p)
    play(p, arrived(1, F), arrived(2, F), Freed(busy, 0))
    assert p.handle(StartFailed(2, BOOM)) == []


def test_a_failed_start_lets_the_next_postponed_one_begin() -> None:
    p = pool(starts=1)
    play(p, arrived(1, F), arrived(2, F))
    assert p.handle(StartFailed(1, BOOM)) == [Refuse(1, BOOM), Start(2, F)]


def test_a_start_that_fails_after_launching_gives_its_slot_back_once() -> None:
    p = pool(starts=1)
    play(p, arrived(1, F), Yielded(1), arrived(2, F), arrived(3, F))
    assert p.handle(StartFailed(1, BOOM)) == [Refuse(1, BOOM)]
    assert p.handle(Yielded(2)) == [Start(3, F)]


def test_a_busy_environment_that_is_lost_is_not_reused() -> None:
    p = pool()
    play(p, arrived(1, F), Yielded(1), Ready(1, 0))
    assert p.handle(Lost(1)) == [Kill(1)]
    assert p.handle(arrived(2, F)) == [Start(2, F)]


def test_an_idle_environment_that_is_lost_is_not_reused() -> None:
    p = pool()
    environment = warm(p)
    assert p.handle(Lost(environment)) == [Kill(environment)]
    assert p.handle(Lost(environment)) == []
    assert p.handle(arrived(2, F)) == [Start(2, F)]


def test_an_idle_environment_that_is_withdrawn_serves_nobody_until_it_is_back() -> None:
    p = pool()
    environment = warm(p)
    assert p.handle(Withdrawn(environment)) == []
    assert p.handle(arrived(2, F)) == [Start(2, F)]
    assert p.handle(Freed(environment, 1.0)) == [Assign(2, environment)]


def test_a_withdrawn_environment_can_be_lost() -> None:
    p = pool()
    environment = warm(p)
    assert play(p, Withdrawn(environment), Lost(environment)) == [Kill(environment)]
    assert len(p) == 0


def test_a_busy_or_unknown_environment_is_not_withdrawn() -> None:
    p = pool()
    environment = warm(p)
    p.handle(arrived(1, F))
    assert p.handle(Withdrawn(environment)) == p.handle(Withdrawn(77)) == []
    assert p.handle(Freed(environment, 1.0)) == []
    assert p.handle(arrived(2, F)) == [Assign(2, environment)]


def test_a_lost_environment_does_not_leave_a_waiting_request_without_a_start() -> None:
    p = pool()
    busy = warm(p)
    play(p, arrived(1, F), arrived(2, F), StartFailed(2, BOOM))
    assert p.handle(Lost(busy)) == [Kill(busy)]
    assert p.handle(arrived(3, F)) == [Start(3, F)]


def test_a_new_revision_kills_the_idle_and_spares_itself() -> None:
    p = pool()
    old = warm(p)
    new = warm(p, version(revision="r2"), ticket=9)
    assert p.handle(Retired(F.arn, "r2")) == [Kill(old)]
    assert p.handle(arrived(2, version(revision="r2"))) == [Assign(2, new)]
    assert p.handle(arrived(3, F)) == [Start(3, F)]


def test_a_busy_environment_of_an_old_revision_is_killed_when_it_frees() -> None:
    p = pool()
    old = warm(p)
    p.handle(arrived(1, F))
    assert p.handle(Retired(F.arn, "r2")) == []
    assert p.handle(Freed(old, 1.0)) == [Kill(old)]


def test_a_request_waiting_for_an_old_revision_is_still_served_then_its_environment_ends() -> None:
    p = pool()
    play(p, arrived(1, F))
    assert p.handle(Retired(F.arn, "r2")) == []
    assert play(p, Yielded(1), Ready(1, 0)) == [Assign(1, 1, cold=True)]
    assert p.handle(Freed(1, 1.0)) == [Kill(1)]


def test_a_surplus_start_of_an_old_revision_is_killed_when_ready() -> None:
    p = pool()
    busy = warm(p)
    play(p, arrived(1, F), arrived(2, F), Retired(F.arn, None), Yielded(2))
    assert p.handle(Freed(busy, 1.0)) == [Assign(2, busy)]
    assert p.handle(Ready(2, 2.0)) == [Kill(2)]


def test_deleting_a_function_ends_all_its_versions_and_no_other_function() -> None:
    p = pool()
    latest = warm(p)
    one = warm(p, version(number="1"), ticket=2)
    other = warm(p, version("f1"), ticket=3)
    assert p.handle(Retired(F.function_arn, None)) == [Kill(latest), Kill(one)]
    assert p.handle(arrived(4, version("f1"))) == [Assign(4, other)]


def test_retiring_one_version_spares_its_siblings() -> None:
    p = pool()
    warm(p)
    one = warm(p, version(number="1"), ticket=2)
    assert p.handle(Retired(version(number="1").arn, None)) == [Kill(one)]


def test_idle_environments_are_reclaimed_by_time_oldest_first() -> None:
    p = pool()
    play(p, arrived(1, F), arrived(2, F), Yielded(1), Yielded(2), Ready(1, 0), Ready(2, 0))
    play(p, Freed(1, 10.0), Freed(2, 20.0))
    assert p.handle(Tick(609.0)) == []
    assert p.handle(Tick(610.0)) == [Kill(1)]
    assert p.handle(Tick(610.0)) == []
    assert p.handle(arrived(3, F)) == [Assign(3, 2)]


def test_a_busy_environment_is_not_reclaimed() -> None:
    p = pool()
    play(p, arrived(1, F), Yielded(1), Ready(1, 0))
    assert p.handle(Tick(1e9)) == []


def test_an_old_environment_ends_even_when_it_is_never_idle_for_long() -> None:
    p = pool()
    environment = warm(p)
    p.handle(arrived(1, F))
    assert p.handle(Freed(environment, LIFE - 1)) == []
    p.handle(arrived(2, F))
    assert p.handle(Freed(environment, LIFE)) == [Kill(environment)]
    assert p.handle(arrived(3, F)) == [Start(2, F)]


def test_an_old_idle_environment_is_reclaimed() -> None:
    p = pool()
    environment = warm(p)
    play(p, arrived(1, F), Freed(environment, LIFE - 1))
    assert p.handle(Tick(LIFE)) == [Kill(environment)]


def test_an_old_environment_serves_a_waiting_request_no_more() -> None:
    p = pool()
    environment = warm(p)
    play(p, arrived(1, F), arrived(2, F))
    assert p.handle(Freed(environment, LIFE)) == [Kill(environment)]
    assert play(p, Yielded(2), Ready(2, LIFE)) == [Assign(2, 2, cold=True)]


MIB = 1024 * 1024
RESERVE = 256 * MIB


def memory(free: int) -> Memory:
    """A reading with `free` bytes above the reserve."""
    return Memory(RESERVE + free, RESERVE)


def test_the_least_recently_used_of_all_functions_gives_way_first() -> None:
    p = pool()
    f, g, h = (warm(p, version(name), ticket, now) for ticket, (name, now) in enumerate([("f", 3), ("g", 1), ("h", 2)]))
    play(p, arrived(9, version("g")), Freed(g, 4.0))
    assert p.handle(memory(RESERVE - 1)) == [Kill(f)], "the order is of the last use, as events came"
    assert p.handle(memory(RESERVE - FOOTPRINT_BYTES - 1)) == [Kill(h), Kill(g)]
    assert p.handle(memory(0)) == []


def test_idle_environments_stay_while_there_is_twice_the_reserve() -> None:
    p = pool()
    warm(p)
    assert p.handle(memory(RESERVE)) == []


def test_busy_environments_never_give_way() -> None:
    p = pool()
    play(p, arrived(1), Yielded(1), Ready(1, 0))
    assert p.handle(memory(0)) == []


def test_what_memory_does_not_allow_is_not_started() -> None:
    p = pool()
    p.handle(memory(FOOTPRINT_BYTES))
    assert p.handle(arrived(1)) == [Start(1, F)]
    assert p.handle(arrived(2)) == [Throttle(2, Refusal.MEMORY)]
    assert play(p, Yielded(1), memory(FOOTPRINT_BYTES)) == []
    assert p.handle(arrived(3)) == [Start(2, F)]


def test_a_throttled_request_leaves_nothing_behind() -> None:
    p = pool()
    p.handle(memory(0))
    assert p.handle(arrived(1)) == [Throttle(1, Refusal.MEMORY)]
    assert p.known_versions() == 0


def test_a_start_waits_for_what_an_idle_environment_of_another_function_gives_back() -> None:
    p = pool()
    other = warm(p, version("g"))
    p.handle(memory(RESERVE))
    big = version("big")
    busy = warm(p, big, ticket=7, now=2.0)
    p.handle(Grew(busy, RESERVE + 1))
    p.handle(arrived(8, big))
    assert p.handle(arrived(9, big)) == [Kill(other)], "it gives way, and the request waits for the next reading"
    assert p.handle(memory(2 * RESERVE)) == [Start(3, big)]


def test_a_request_that_waited_in_vain_for_memory_is_throttled() -> None:
    p = pool()
    other = warm(p, version("g"))
    p.handle(memory(RESERVE))
    big = version("big")
    first = warm(p, big, ticket=7, now=2.0)
    p.handle(Grew(first, 2 * RESERVE))
    p.handle(arrived(8, big))
    assert p.handle(arrived(9, big)) == [Kill(other)]
    assert p.handle(memory(RESERVE)) == [Throttle(9, Refusal.MEMORY)]


def test_a_request_that_waits_for_memory_takes_what_frees_meanwhile() -> None:
    p = pool()
    other = warm(p, version("g"))
    p.handle(memory(RESERVE))
    big = version("big")
    first = warm(p, big, ticket=7, now=2.0)
    p.handle(Grew(first, 2 * RESERVE))
    p.handle(arrived(8, big))
    assert p.handle(arrived(9, big)) == [Kill(other)]
    assert p.handle(Freed(first, 3.0)) == [Assign(9, first)]
    assert p.handle(memory(0)) == []


def test_what_an_environment_has_needed_is_expected_of_the_next_one_of_its_version() -> None:
    p = pool()
    play(p, arrived(1), Yielded(1), Ready(1, 0), Grew(1, 100 * MIB), Grew(1, 90 * MIB), Grew(77, 1))
    p.handle(memory(100 * MIB - 1))
    assert p.handle(arrived(2)) == [Throttle(2, Refusal.MEMORY)]
    p.handle(memory(100 * MIB))
    assert p.handle(arrived(3)) == [Start(2, F)]


def test_closing_kills_everything_and_refuses_what_waits_and_what_comes() -> None:
    p = pool(starts=1)
    idle = warm(p)
    g = version("g")
    play(p, arrived(1, g), arrived(2, g))
    actions = p.handle(Closed(BOOM))
    assert actions == [Refuse(1, BOOM), Refuse(2, BOOM), Kill(idle), Kill(2)]
    assert p.handle(arrived(3, F)) == [Refuse(3, BOOM)]
    assert play(p, Yielded(2), Ready(2, 0)) == []
    assert p.handle(Freed(idle, 0)) == []
    assert p.handle(StartFailed(2, BOOM)) == []
    assert len(p) == 0


def test_nothing_is_remembered_of_what_is_gone() -> None:
    p = pool()
    for number in range(50):
        warm(p, version(revision=f"r{number}"), ticket=number)
        p.handle(Retired(F.arn, None))
    assert len(p) == 0
    assert p.known_versions() == 0


def test_a_ready_environment_that_was_never_started_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        pool().handle(Ready(77, 0))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_request_is_lost_and_no_environment_is_shared(data: st.DataObject) -> None:
    """Random histories, checked against a model that only looks at the actions."""
    p = Pool(
        starts=data.draw(st.integers(1, 3)),
        idle_seconds=5,
        lifetime_seconds=40,
        scaling=Rate(1000, 10),
        allocation=Rate(100, 1),
    )
    functions = [version(), version(revision="r2"), version(number="1"), version("g")]
    launching: set[int] = set()
    initializing: set[int] = set()
    busy: dict[int, int] = {}
    idle: set[int] = set()
    open_tickets: set[int] = set()
    now = 0.0

    def apply(actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Start(environment, _):
                    assert environment not in launching | initializing | idle | set(busy)
                    launching.add(environment)
                case Assign(ticket, environment):
                    assert environment not in busy
                    open_tickets.remove(ticket)
                    idle.discard(environment)
                    initializing.discard(environment)
                    busy[environment] = ticket
                case Refuse(ticket, _):
                    open_tickets.remove(ticket)
                case Kill(environment):
                    idle.discard(environment)
                    initializing.discard(environment)
                    busy.pop(environment, None)

    for ticket in range(data.draw(st.integers(1, 40))):
        now += data.draw(st.sampled_from([0.0, 1.0, 6.0]))
        step = data.draw(
            st.sampled_from(["arrive", "arrive", "launch", "ready", "fail", "free", "lose", "retire", "tick"])
        )
        if step == "arrive":
            open_tickets.add(ticket)
            apply(p.handle(arrived(ticket, data.draw(st.sampled_from(functions)), now)))
        elif step == "launch" and launching:
            environment = min(launching)
            launching.remove(environment)
            initializing.add(environment)
            apply(p.handle(Yielded(environment)))
        elif step == "ready" and initializing:
            environment = max(initializing)
            idle.add(environment)
            apply(p.handle(Ready(environment, now)))
            initializing.discard(environment)
        elif step == "fail" and launching | initializing:
            environment = min(launching | initializing)
            launching.discard(environment)
            initializing.discard(environment)
            apply(p.handle(StartFailed(environment, BOOM)))
        elif step == "free" and busy:
            environment = min(busy)
            del busy[environment]
            idle.add(environment)
            apply(p.handle(Freed(environment, now)))
        elif step == "lose" and busy:
            environment = max(busy)
            apply(p.handle(Lost(environment)))
            assert environment not in busy
        elif step == "retire":
            apply(p.handle(Retired(data.draw(st.sampled_from([F.arn, F.function_arn])), "r2")))
        elif step == "tick":
            apply(p.handle(Tick(now)))
        assert len(launching) <= 3

    while launching or initializing or busy:
        for environment in list(launching):
            launching.remove(environment)
            initializing.add(environment)
            apply(p.handle(Yielded(environment)))
        for environment in list(initializing):
            idle.add(environment)
            initializing.discard(environment)
            apply(p.handle(Ready(environment, now)))
        for environment in list(busy):
            del busy[environment]
            idle.add(environment)
            apply(p.handle(Freed(environment, now)))
    assert not open_tickets

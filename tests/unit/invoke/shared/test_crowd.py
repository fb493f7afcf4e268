"""Environments of several requests each, as lists of events."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.invoke.admission import Refusal
from lambent.invoke.events import (
    Action,
    Arrived,
    Assign,
    Closed,
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
    Yielded,
)
from lambent.invoke.members import FOOTPRINT_BYTES
from lambent.invoke.shared.crowd import Answered, Crowd, Event, Hung, Measured, Plan, Standing
from lambent.model.function import Capacity, FunctionVersion
from tests.unit.invoke.scenes import version

IDLE, LIFE = 100.0, 1000.0
BOOM = RuntimeError("boom")


def function(name: str = "f", revision: str = "r1", concurrency: int = 2, provider: str = "p") -> FunctionVersion:
    capacity = Capacity(provider, concurrency, 2.0)
    return msgspec.structs.replace(version(name, "1", revision), memory_mb=2048, capacity=capacity)


F = function()


def crowd(starts: int = 8) -> Crowd:
    return Crowd(starts=starts, idle_seconds=IDLE, lifetime_seconds=LIFE)


def plan(least: int = 1, most: int = 3, f: FunctionVersion = F, vcpus: float = 400) -> Plan:
    return Plan(f, least, most, vcpus)


def arrived(ticket: int, f: FunctionVersion = F, now: float = 0.0) -> Arrived:
    return Arrived(ticket, f, now)


def play(subject: Crowd, *events: Event) -> list[Action]:
    actions: list[Action] = []
    for event in events:
        actions = subject.handle(event)
    return actions


def up(least: int = 1, most: int = 3, f: FunctionVersion = F) -> Crowd:
    """A crowd whose plan is fulfilled."""
    subject = crowd()
    for start in subject.handle(plan(least, most, f)):
        assert isinstance(start, Start)
        subject.handle(Ready(start.environment, 0.0))
    return subject


def test_a_plan_starts_its_least_and_no_more_at_a_time_than_may_be() -> None:
    c = crowd(starts=2)
    assert c.handle(plan(3, 3)) == [Start(1, F), Start(2, F)]
    assert c.handle(Ready(2, 0.0)) == [Start(3, F)]
    assert play(c, Ready(1, 0.0), Ready(3, 0.0)) == []


def test_a_start_that_takes_long_does_not_hold_up_the_others() -> None:
    c = crowd(starts=1)
    g = function("g")
    assert c.handle(plan(1, 1)) == [Start(1, F)]
    assert c.handle(plan(1, 1, g)) == []
    assert c.handle(Yielded(1)) == [Start(2, g)]
    assert play(c, Ready(2, 0.0), Ready(1, 0.0), Yielded(1)) == []


def test_how_far_a_plan_has_come() -> None:
    c = crowd(starts=2)
    launching = Standing(launching=True)
    assert c.standing(F) == Standing(launching=False), "nothing is planned"
    c.handle(plan(3, 3))
    assert c.standing(F) == launching
    play(c, Ready(1, 0.0), Ready(2, 0.0))
    assert c.standing(F) == launching
    c.handle(Ready(3, 0.0))
    assert c.standing(F) == Standing(launching=False)


def test_a_plan_waits_for_others_starts_but_not_for_room_or_what_fails() -> None:
    c = crowd(starts=1)
    g = function("g")
    play(c, plan(1, 1), plan(2, 2, g, vcpus=2.5))
    assert c.standing(g) == Standing(launching=True), "the start of another is under way"
    play(c, Ready(1, 0.0), Ready(2, 0.0))
    assert c.standing(g) == Standing(launching=False), "the provider is full"
    h = function("h", provider="q")
    play(c, plan(1, 1, h), StartFailed(3, BOOM))
    assert c.standing(h) == Standing(launching=False, error=BOOM)


def test_requests_go_where_least_runs() -> None:
    c = up(least=2)
    assert [c.handle(arrived(ticket)) for ticket in range(3)] == [[Assign(0, 1)], [Assign(1, 2)], [Assign(2, 1)]]
    assert c.handle(Answered(2, 0.0)) == []
    assert c.handle(arrived(3)) == [Assign(3, 2)]


def test_when_the_last_place_is_taken_another_environment_is_started_and_who_comes_meanwhile_is_refused() -> None:
    c = up(least=1, most=2)
    assert c.handle(arrived(1)) == [Assign(1, 1)]
    assert c.handle(arrived(2)) == [Assign(2, 1), Start(2, F)]
    assert c.handle(arrived(3)) == [Throttle(3, Refusal.CAPACITY)]
    assert c.handle(Ready(2, 0.0)) == []
    assert c.handle(arrived(4)) == [Assign(4, 2)]
    assert c.handle(arrived(5)) == [Assign(5, 2)], "there may not be a third"
    assert c.handle(arrived(6)) == [Throttle(6, Refusal.CAPACITY)]


def test_only_who_comes_before_the_first_is_there_waits_and_no_more_than_fit() -> None:
    c = crowd()
    assert c.handle(plan(1, 2)) == [Start(1, F)]
    assert play(c, *(arrived(ticket) for ticket in range(4))) == []
    assert c.handle(arrived(4)) == [Throttle(4, Refusal.CAPACITY)]
    assert c.handle(Ready(1, 0.0)) == [Assign(0, 1, cold=True), Assign(1, 1, cold=True), Start(2, F)]
    assert c.handle(Answered(1, 0.0)) == [Assign(2, 1)]
    assert c.handle(Ready(2, 0.0)) == [Assign(3, 2, cold=True)]


def test_nothing_is_planned() -> None:
    assert crowd().handle(arrived(1)) == [Throttle(1, Refusal.CAPACITY)]
    c = up(least=2)
    play(c, arrived(1))
    assert c.handle(plan(0, 0)) == [Kill(2)]
    assert c.handle(arrived(2)) == [Throttle(2, Refusal.CAPACITY)]
    assert c.handle(Answered(1, 0.0)) == [Kill(1)]


def test_a_smaller_plan_ends_what_is_idle_first() -> None:
    c = up(least=3)
    play(c, arrived(1), arrived(2), Answered(1, 0.0))
    assert c.handle(plan(1, 1)) == [Kill(1), Kill(3)]
    assert c.handle(plan(1, 2)) == []


def test_all_of_a_capacity_provider_share_its_processors() -> None:
    c = crowd()
    g, other = function("g"), function("h", provider="q")
    assert c.handle(plan(2, 2, vcpus=3)) == [Start(1, F), Start(2, F)]
    assert c.handle(plan(2, 2, g, vcpus=3)) == [Start(3, g)]
    assert c.handle(plan(1, 1, other, vcpus=3)) == [Start(4, other)]
    play(c, *(Ready(number, 0.0) for number in (1, 2, 3, 4)))
    assert c.handle(Retired(F.arn, None)) == [Kill(1), Kill(2), Start(5, g)]


def test_what_failed_to_start_is_tried_again_ever_later() -> None:
    c = crowd()
    assert c.handle(plan(1, 1)) == [Start(1, F)]
    assert c.handle(arrived(1)) == []
    assert c.handle(StartFailed(1, BOOM)) == [Refuse(1, BOOM)]
    assert c.handle(arrived(2)) == [Refuse(2, BOOM)]
    assert c.handle(Tick(1.9)) == []
    assert c.handle(Tick(2.0)) == [Start(2, F)]
    play(c, StartFailed(2, BOOM))
    assert c.handle(Tick(5.9)) == []
    assert c.handle(arrived(3, now=6.0)) == [Start(3, F)]
    assert c.handle(Ready(3, 6.0)) == [Assign(3, 3, cold=True)]
    play(c, Answered(3, 6.0), Lost(3))
    assert c.handle(Tick(6.0)) == [Start(4, F)], "that it worked makes the old failures forgotten"


def test_what_is_lost_is_replaced() -> None:
    c = up()
    play(c, arrived(1))
    assert c.handle(Lost(1)) == [Kill(1)]
    assert c.handle(Answered(1, 0.0)) == c.handle(Lost(1)) == []
    assert c.handle(arrived(2)) == [Start(2, F)]
    assert c.handle(Ready(2, 0.0)) == [Assign(2, 2, cold=True)]


def test_a_new_revision_takes_over() -> None:
    c = up()
    new = function(revision="r2")
    play(c, arrived(1))
    assert c.handle(plan(1, 3, new)) == [Start(2, new)]
    assert c.handle(arrived(2, new)) == []
    assert c.handle(Retired(F.arn, "r2")) == []
    assert c.handle(Ready(2, 0.0)) == [Assign(2, 2, cold=True)]
    assert c.handle(Answered(1, 0.0)) == [Kill(1)]
    assert c.handle(Retired(F.function_arn, None)) == []
    assert c.handle(Answered(2, 0.0)) == [Kill(2)]


def test_what_nobody_waits_for_holds_its_place_but_nothing_up() -> None:
    c = up(most=1)
    play(c, arrived(1), arrived(2), Hung(1), Answered(1, 1.0))
    assert c.handle(arrived(3)) == [Assign(3, 1)]
    assert c.handle(arrived(4)) == [Throttle(4, Refusal.CAPACITY)], "its work goes on"
    assert c.handle(Retired(F.arn, None)) == []
    assert c.handle(Answered(1, 2.0)) == [Kill(1)]
    again = up(most=1)
    play(again, arrived(1), Hung(1), Answered(1, 3.0, late=True), arrived(2))
    assert again.handle(Retired(F.arn, None)) == []
    assert again.handle(Hung(1)) == [Kill(1)]
    assert again.handle(Hung(1)) == []


def test_who_waits_for_what_is_retired_is_told() -> None:
    c = crowd()
    play(c, plan(), arrived(1))
    assert c.handle(Retired(F.arn, None)) == [Throttle(1, Refusal.CAPACITY), Kill(1)]
    assert c.handle(Ready(1, 0.0)) == []


def test_what_is_more_than_planned_ends_when_it_has_rested_and_what_is_old_is_replaced() -> None:
    c = up(least=1, most=2)
    play(c, arrived(1), arrived(2), Ready(2, 0.0), arrived(3), Answered(1, 10.0), Answered(1, 10.0), Answered(2, 20.0))
    assert c.handle(Tick(109.0)) == []
    assert c.handle(Tick(110.0)) == [Kill(1)]
    assert c.handle(Tick(500.0)) == []
    play(c, arrived(4, now=600.0))
    assert c.handle(Tick(1000.0)) == [Start(3, F)]
    assert c.handle(Ready(3, 1000.0)) == []
    assert c.handle(arrived(5, now=1000.0)) == [Assign(5, 3)]
    assert c.handle(Answered(2, 1000.0)) == [Kill(2)]


def test_who_aims_at_less_busy_processors_gets_another_environment() -> None:
    c = crowd()
    play(c, Plan(F, 1, 3, 400, target=50.0), Ready(1, 0.0))
    for _ in range(5):
        c.handle(Measured(1, 100.0))
    assert c.handle(Tick(1.0)) == [], "not yet: what is measured is smoothed"
    for _ in range(5):
        c.handle(Measured(1, 100.0))
    assert c.handle(Tick(2.0)) == [Start(2, F)]
    assert c.handle(Tick(3.0)) == [], "one at a time"
    c.handle(Ready(2, 3.0))
    assert c.handle(Tick(4.0)) == [], "on average they are not too busy"
    for _ in range(20):
        play(c, Measured(1, 100.0), Measured(2, 100.0))
    assert c.handle(Tick(5.0)) == [Start(3, F)]
    c.handle(Ready(3, 5.0))
    for number in (1, 2, 3) * 20:
        c.handle(Measured(number, 100.0))
    assert c.handle(Tick(6.0)) == [], "there may not be more than three"
    unaimed = up()
    for _ in range(20):
        unaimed.handle(Measured(1, 100.0))
    assert unaimed.handle(Tick(1.0)) == []


def test_memory_that_is_not_there_is_not_used() -> None:
    c = crowd()
    play(c, Memory(available=3 * FOOTPRINT_BYTES, reserve=FOOTPRINT_BYTES))
    assert c.handle(plan(3, 3)) == [Start(1, F), Start(2, F)]
    play(c, Ready(1, 0.0), Ready(2, 0.0), Grew(1, 4 * FOOTPRINT_BYTES))
    assert c.handle(Memory(available=5 * FOOTPRINT_BYTES, reserve=2 * FOOTPRINT_BYTES)) == []
    assert c.handle(Memory(available=6 * FOOTPRINT_BYTES, reserve=2 * FOOTPRINT_BYTES)) == [Start(3, F)]


def test_the_end() -> None:
    c = up()
    g = function("g")
    play(c, plan(1, 1, g), arrived(1, g))
    assert c.handle(Closed(BOOM)) == [Refuse(1, BOOM), Kill(1), Kill(2)]
    assert c.handle(arrived(2)) == [Refuse(2, BOOM)]
    assert c.handle(Tick(1.0)) == []


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_environment_has_more_than_its_share_and_no_request_is_forgotten(data: Any) -> None:
    c, concurrency, most = crowd(starts=2), 3, 3
    f = function(concurrency=concurrency)
    load: dict[int, int] = {}
    starting: set[int] = set()
    open_tickets: set[int] = set()
    now = 0.0

    def tell(event: Event) -> None:
        for action in c.handle(event):
            match action:
                case Start(environment=number):
                    starting.add(number)
                case Assign(ticket=ticket, environment=number):
                    open_tickets.discard(ticket)
                    load[number] += 1
                    assert load[number] <= concurrency
                case Kill(environment=number):
                    starting.discard(number)
                    load.pop(number, None)
                case Throttle(ticket=ticket) | Refuse(ticket=ticket):
                    open_tickets.discard(ticket)
        assert len(load) + len(starting) <= most

    tell(Plan(f, 1, most, 400))
    for ticket in range(data.draw(st.integers(1, 60))):
        now += data.draw(st.floats(0, 50))
        match data.draw(st.sampled_from(["arrive", "ready", "free", "lose", "fail", "tick"])):
            case "arrive":
                open_tickets.add(ticket)
                tell(Arrived(ticket, f, now))
            case "ready" if starting:
                number = min(starting)
                starting.discard(number)
                load[number] = 0
                tell(Ready(number, now))
            case "free" if any(load.values()):
                number = next(number for number, count in load.items() if count)
                load[number] -= 1
                tell(Answered(number, now))
            case "lose" if load:
                tell(Lost(data.draw(st.sampled_from(sorted(load)))))
            case "fail" if starting:
                number = starting.pop()
                tell(StartFailed(number, BOOM))
            case "tick":
                tell(Tick(now))
    assert not open_tickets or starting or any(load.values()), "who waits, waits for something"
    tell(Closed(BOOM))
    assert not open_tickets


@pytest.mark.parametrize("event", [Ready(9, 0.0), StartFailed(9, BOOM), Answered(9, 0.0), Lost(9), Grew(9, 1)])
def test_of_what_is_not_known_nothing_comes(event: Event) -> None:
    assert up().handle(event) == []

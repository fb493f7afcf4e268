"""The transition table, walked and refused."""

from __future__ import annotations

import itertools

import pytest

from lambent.runtime_api.machine import TRANSITIONS, Event, Machine, NotAllowed, State


def test_a_life() -> None:
    machine = Machine()
    for event, state in [
        (Event.NEXT, State.READY),
        (Event.NEXT, State.READY),
        (Event.DELIVERED, State.RUNNING),
        (Event.NEXT, State.RUNNING),
        (Event.RESPONSE, State.INVOCATION_RESPONSE),
        (Event.SENT, State.RESPONSE_SENT),
        (Event.NEXT, State.READY),
        (Event.DELIVERED, State.RUNNING),
        (Event.ERROR, State.INVOCATION_ERROR_RESPONSE),
        (Event.SENT, State.RESPONSE_SENT),
    ]:
        left = machine.state
        assert machine.take(event) is left
        assert machine.state is state


def test_init_error_is_final() -> None:
    machine = Machine()
    machine.take(Event.INIT_ERROR)
    for event in Event:
        with pytest.raises(NotAllowed):
            machine.take(event)


@pytest.mark.parametrize(
    ("state", "event"), [pair for pair in itertools.product(State, Event) if pair not in TRANSITIONS]
)
def test_everything_else_is_refused_and_changes_nothing(state: State, event: Event) -> None:
    machine = Machine()
    machine.state = state
    with pytest.raises(NotAllowed, match=rf"State transition from {state} to \w+ failed for runtime"):
        machine.take(event)
    assert machine.state is state


def test_the_words_of_aws() -> None:
    assert str(NotAllowed(State.STARTED, Event.RESPONSE)) == (
        "State transition from Started to InvocationResponse failed for runtime. Error: State transition is not allowed"
    )


def test_a_restored_life() -> None:
    machine = Machine()
    for event, state in [
        (Event.RESTORE_NEXT, State.RESTORE_READY),
        (Event.RESTORE_NEXT, State.RESTORE_READY),
        (Event.PROCEED, State.RESTORING),
        (Event.NEXT, State.READY),
    ]:
        machine.take(event)
        assert machine.state is state

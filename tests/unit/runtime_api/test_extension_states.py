"""The transition table of an extension, walked and refused."""

from __future__ import annotations

import itertools

import pytest

from lambent.runtime_api.extension_states import TRANSITIONS, Event, NotAllowed, State, follow


@pytest.mark.parametrize(
    ("events", "end"),
    [
        ([Event.REGISTER, Event.NEXT, Event.DELIVERED, Event.NEXT, Event.RESUME, Event.DELIVERED], State.RUNNING),
        ([Event.NOT_LAUNCHED], State.LAUNCH_ERROR),
        ([Event.REGISTER, Event.INIT_ERROR, Event.INIT_ERROR], State.INIT_ERROR),
        ([Event.REGISTER, Event.EXIT_ERROR, Event.EXIT_ERROR], State.EXIT_ERROR),
        ([Event.REGISTER, Event.NEXT, Event.EXIT_ERROR], State.EXIT_ERROR),
        ([Event.REGISTER, Event.NEXT, Event.DELIVERED, Event.EXITED], State.EXITED),
        ([Event.REGISTER, Event.NEXT, Event.DELIVERED, Event.FAILED_TO_EXIT], State.SHUTDOWN_FAILED),
    ],
)
def test_lives(events: list[Event], end: State) -> None:
    state = State.STARTED
    for event in events:
        state = follow(state, event, "me")
    assert state is end


@pytest.mark.parametrize(
    ("state", "event"), [pair for pair in itertools.product(State, Event) if pair not in TRANSITIONS]
)
def test_everything_else_is_refused(state: State, event: Event) -> None:
    with pytest.raises(NotAllowed, match=rf"State transition from {state} to \w+ failed for extension me"):
        follow(state, event, "me")


def test_the_words_of_aws() -> None:
    assert str(NotAllowed(State.READY, Event.NEXT, "my-id")) == (
        "State transition from Ready to Ready failed for extension my-id. Error: State transition is not allowed"
    )

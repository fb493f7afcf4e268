"""Lives as lists of moves: what may follow what, and that nothing else may."""

from __future__ import annotations

import itertools

import pytest

from lambent.invoke.lifecycle import FREE, TRANSITIONS, Lifecycle, Move, State
from lambent.model.errors import PlatformError

START = [Move.LAUNCHED, Move.INITIALIZED]
SERVE = [Move.CLAIMED, Move.FREED]
RESET = [Move.BROKE, Move.CLEARED]


def live(*moves: Move) -> State:
    life = Lifecycle("e")
    for move in moves:
        life.move(move)
    return life.state


@pytest.mark.parametrize(
    ("moves", "state"),
    [
        ([], State.STARTING),
        ([Move.LAUNCHED], State.INIT),
        (START, State.IDLE),
        ([*START, *SERVE, *SERVE], State.IDLE),
        ([*START, Move.FROZE], State.FROZEN),
        ([*START, Move.FROZE, *SERVE], State.IDLE),
        ([*START, Move.CLAIMED, *RESET], State.VACANT),
        ([*START, Move.CLAIMED, *RESET, *SERVE], State.IDLE),
        ([*START, Move.CLAIMED, *RESET, Move.CLAIMED, *RESET], State.VACANT),
        ([*START, *RESET], State.VACANT),
        ([*START, Move.FROZE, *RESET], State.VACANT),
        ([Move.LAUNCHED, *RESET], State.VACANT),
        ([Move.LAUNCHED, *RESET, *SERVE], State.IDLE),
        ([*START, Move.CLAIMED, Move.BROKE, Move.STOPPED], State.SHUTDOWN),
        ([*START, Move.STOPPED, Move.ENDED], State.DEAD),
    ],
)
def test_a_life(moves: list[Move], state: State) -> None:
    assert live(*moves) is state


@pytest.mark.parametrize(
    "moves",
    [
        [Move.CLAIMED],
        [Move.INITIALIZED],
        [Move.LAUNCHED, Move.CLAIMED],
        [*START, Move.FREED],
        [*START, Move.INITIALIZED],
        [*START, Move.CLAIMED, Move.CLAIMED],
        [*START, Move.CLAIMED, Move.FROZE],
        [*START, Move.CLEARED],
        [*START, Move.CLAIMED, Move.BROKE, Move.CLAIMED],
        [*START, *RESET, Move.FROZE],
        [*START, *RESET, Move.BROKE],
        [*START, Move.STOPPED, Move.STOPPED],
        [*START, Move.STOPPED, Move.CLAIMED],
        [*START, Move.STOPPED, Move.ENDED, Move.STOPPED],
    ],
)
def test_what_may_not_happen_is_our_error_and_changes_nothing(moves: list[Move]) -> None:
    life = Lifecycle("5b8e")
    for move in moves[:-1]:
        life.move(move)
    before = life.state
    with pytest.raises(PlatformError, match=f"5b8e is {before.value}: it cannot be {moves[-1].name.lower()}"):
        life.move(moves[-1])
    assert life.state is before


def test_every_state_has_its_row_and_every_move_that_is_not_in_it_is_refused() -> None:
    assert set(TRANSITIONS) == set(State)
    for state, move in itertools.product(State, Move):
        life = Lifecycle("e")
        life.state = state
        if move in TRANSITIONS[state]:
            life.move(move)
            assert life.state is TRANSITIONS[state][move]
        else:
            with pytest.raises(PlatformError):
                life.move(move)


def test_every_state_can_be_reached_and_every_one_can_end() -> None:
    def onward(state: State) -> set[State]:
        seen: set[State] = set()
        left = [state]
        while left:
            seen.add(left[-1])
            left += [entered for entered in TRANSITIONS[left.pop()].values() if entered not in seen]
        return seen

    assert onward(State.STARTING) == set(State)
    assert all(State.DEAD in onward(state) for state in State)
    assert [state for state, row in TRANSITIONS.items() if not row] == [State.DEAD]


def test_a_request_can_claim_exactly_the_free() -> None:
    assert {state for state, row in TRANSITIONS.items() if Move.CLAIMED in row} == FREE

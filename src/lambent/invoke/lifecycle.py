"""The life of an environment as one table. Pure: it knows what may follow what, not what has to be done for it.

INIT runs the function's start; IDLE and FROZEN wait for a request, INVOKE serves one. RESET ends every process after
a failure and leaves VACANT: the same environment, its /tmp and its log kept, whose next invocation begins with an
INIT. SHUTDOWN is the end, from whatever state; DEAD has given everything back.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum, auto

from lambent.model.errors import PlatformError


class State(StrEnum):
    """Where an environment is; the values are for listings."""

    STARTING = "starting"
    INIT = "initializing"
    IDLE = "idle"
    FROZEN = "frozen"
    INVOKE = "busy"
    RESET = "resetting"
    VACANT = "vacant"
    SHUTDOWN = "stopping"
    DEAD = "dead"


class Move(Enum):
    """What happens to an environment."""

    LAUNCHED = auto()
    """The sandbox has made it."""
    INITIALIZED = auto()
    """INIT has succeeded."""
    FROZE = auto()
    CLAIMED = auto()
    """A request has got it."""
    FREED = auto()
    """Its invocation is over, and the runtime waits for the next."""
    BROKE = auto()
    """A failed INIT, a crash, an exit or a timeout: nothing that runs in it can be used again."""
    CLEARED = auto()
    """Nothing runs in it any more."""
    STOPPED = auto()
    """It is wanted no longer, or the sandbox has lost it."""
    ENDED = auto()


_END = {Move.STOPPED: State.SHUTDOWN}
_FREE = {Move.CLAIMED: State.INVOKE, **_END}

TRANSITIONS: Mapping[State, Mapping[Move, State]] = {
    State.STARTING: {Move.LAUNCHED: State.INIT, **_END},
    State.INIT: {Move.INITIALIZED: State.IDLE, Move.BROKE: State.RESET, **_END},
    State.IDLE: {Move.FROZE: State.FROZEN, Move.BROKE: State.RESET, **_FREE},
    State.FROZEN: {Move.BROKE: State.RESET, **_FREE},
    State.INVOKE: {Move.FREED: State.IDLE, Move.BROKE: State.RESET, **_END},
    State.RESET: {Move.CLEARED: State.VACANT, **_END},
    State.VACANT: _FREE,
    State.SHUTDOWN: {Move.ENDED: State.DEAD},
    State.DEAD: {},
}

FREE = frozenset({State.IDLE, State.FROZEN, State.VACANT})
"""States in which a request may claim it."""


class Lifecycle:
    """Where one environment is. `name` is for the text of errors."""

    __slots__ = ("_name", "state")

    def __init__(self, name: str) -> None:
        self._name = name
        self.state = State.STARTING

    def move(self, move: Move) -> None:
        """Go on. Raises PlatformError for what may not happen now, which changes nothing."""
        entered = TRANSITIONS[self.state].get(move)
        if entered is None:
            raise PlatformError(f"environment {self._name} is {self.state.value}: it cannot be {move.name.lower()}")
        self.state = entered

"""The states of one extension, as one table. Pure: no I/O, no time.

The names are AWS's, since refusals and `platform.extension` records quote them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum, auto


class State(StrEnum):
    """Where an extension is, in AWS's names."""

    STARTED = "Started"
    LAUNCH_ERROR = "LaunchError"
    REGISTERED = "Registered"
    READY = "Ready"
    RUNNING = "Running"
    INIT_ERROR = "InitError"
    EXIT_ERROR = "ExitError"
    EXITED = "Exited"
    SHUTDOWN_FAILED = "ShutdownFailed"


class Event(Enum):
    """What happens: the extension's requests, an event handed over, its process's fate."""

    REGISTER = auto()
    NEXT = auto()
    RESUME = auto()
    DELIVERED = auto()
    INIT_ERROR = auto()
    EXIT_ERROR = auto()
    NOT_LAUNCHED = auto()
    EXITED = auto()
    FAILED_TO_EXIT = auto()


TRANSITIONS: Mapping[tuple[State, Event], State] = {
    (State.STARTED, Event.REGISTER): State.REGISTERED,
    (State.STARTED, Event.NOT_LAUNCHED): State.LAUNCH_ERROR,
    (State.REGISTERED, Event.NEXT): State.READY,
    (State.REGISTERED, Event.INIT_ERROR): State.INIT_ERROR,
    (State.REGISTERED, Event.EXIT_ERROR): State.EXIT_ERROR,
    (State.READY, Event.RESUME): State.READY,  # it lost the connection on which it asked, and asks again
    (State.READY, Event.DELIVERED): State.RUNNING,
    (State.READY, Event.EXIT_ERROR): State.EXIT_ERROR,
    (State.RUNNING, Event.NEXT): State.READY,
    (State.RUNNING, Event.EXIT_ERROR): State.EXIT_ERROR,
    (State.RUNNING, Event.EXITED): State.EXITED,
    (State.RUNNING, Event.FAILED_TO_EXIT): State.SHUTDOWN_FAILED,
    (State.INIT_ERROR, Event.INIT_ERROR): State.INIT_ERROR,  # only the first report counts
    (State.EXIT_ERROR, Event.EXIT_ERROR): State.EXIT_ERROR,
}

_WANTED = {
    Event.REGISTER: "Registered",
    Event.NEXT: "Ready",
    Event.RESUME: "Ready",
    Event.DELIVERED: "Running",
    Event.INIT_ERROR: "InitError",
    Event.EXIT_ERROR: "Exited",  # so says AWS, though the state is called ExitError
    Event.NOT_LAUNCHED: "LaunchError",
    Event.EXITED: "Exited",
    Event.FAILED_TO_EXIT: "ShutdownFailed",
}


class NotAllowed(Exception):
    """An event that has no place in the state; the text is what AWS answers. `who` is a name or an identifier."""

    def __init__(self, state: State, event: Event, who: str, reason: str = "State transition is not allowed") -> None:
        super().__init__(
            f"State transition from {state} to {_WANTED[event]} failed for extension {who}. Error: {reason}"
        )


def follow(state: State, event: Event, who: str) -> State:
    """The state after `event`. Raises NotAllowed."""
    if (entered := TRANSITIONS.get((state, event))) is None:
        raise NotAllowed(state, event, who)
    return entered

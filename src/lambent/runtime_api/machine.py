"""The states of a runtime that speaks the Runtime API, as one table. Pure: no I/O, no time.

The names are AWS's, since refusals quote them ("State transition from Started to …").
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum, auto


class State(StrEnum):
    """Where a runtime is, in AWS's names."""

    STARTED = "Started"
    INIT_ERROR = "InitError"
    RESTORE_READY = "RestoreReady"
    RESTORING = "Restoring"
    RESTORE_ERROR = "RestoreError"
    READY = "Ready"
    RUNNING = "Running"
    INVOCATION_RESPONSE = "InvocationResponse"
    INVOCATION_ERROR_RESPONSE = "InvocationErrorResponse"
    RESPONSE_SENT = "RuntimeResponseSentState"


class Event(Enum):
    """What happens: the runtime's requests, an event handed over, the end of an answer's body."""

    NEXT = auto()
    RESTORE_NEXT = auto()
    PROCEED = auto()
    RESTORE_ERROR = auto()
    DELIVERED = auto()
    RESPONSE = auto()
    ERROR = auto()
    SENT = auto()
    INIT_ERROR = auto()


TRANSITIONS: Mapping[tuple[State, Event], State] = {
    (State.STARTED, Event.NEXT): State.READY,
    (State.STARTED, Event.INIT_ERROR): State.INIT_ERROR,
    (State.STARTED, Event.RESTORE_NEXT): State.RESTORE_READY,
    (State.RESTORE_READY, Event.RESTORE_NEXT): State.RESTORE_READY,  # it lost its connection and asks again
    (State.RESTORE_READY, Event.PROCEED): State.RESTORING,
    (State.RESTORING, Event.NEXT): State.READY,
    (State.RESTORING, Event.RESTORE_ERROR): State.RESTORE_ERROR,
    (State.READY, Event.NEXT): State.READY,  # it lost its connection and asks again
    (State.READY, Event.DELIVERED): State.RUNNING,
    (State.RUNNING, Event.NEXT): State.RUNNING,  # the same: it is given the same event
    (State.RUNNING, Event.RESPONSE): State.INVOCATION_RESPONSE,
    (State.RUNNING, Event.ERROR): State.INVOCATION_ERROR_RESPONSE,
    (State.INVOCATION_RESPONSE, Event.SENT): State.RESPONSE_SENT,
    (State.INVOCATION_ERROR_RESPONSE, Event.SENT): State.RESPONSE_SENT,
    (State.RESPONSE_SENT, Event.NEXT): State.READY,
}

_WANTED = {
    Event.NEXT: State.READY,
    Event.RESTORE_NEXT: State.RESTORE_READY,
    Event.PROCEED: State.RESTORING,
    Event.RESTORE_ERROR: State.RESTORE_ERROR,
    Event.DELIVERED: State.RUNNING,
    Event.RESPONSE: State.INVOCATION_RESPONSE,
    Event.ERROR: State.INVOCATION_ERROR_RESPONSE,
    Event.SENT: State.RESPONSE_SENT,
    Event.INIT_ERROR: State.INIT_ERROR,
}


class NotAllowed(Exception):
    """An event that has no place in the state; the text is what AWS answers."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(
            f"State transition from {state} to {_WANTED[event]} failed for runtime. "
            "Error: State transition is not allowed"
        )


class Machine:
    """One runtime's state."""

    def __init__(self) -> None:
        self.state = State.STARTED

    def take(self, event: Event) -> State:
        """Go on by `event` and return the state that was left. Raises NotAllowed, which changes nothing."""
        left = self.state
        if (entered := TRANSITIONS.get((left, event))) is None:
            raise NotAllowed(left, event)
        self.state = entered
        return left

"""Events on their way from one bus of this process to another, which keep who sent them, when and from where.

The courier lends the event to the call that carries it, under the call's request id; PutEvents, which was authorized
like anybody's, takes it up there. At an endpoint elsewhere nobody does, and the event begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lambent.services.events.event import Event


class Forwarding:
    """Events in the hands of calls."""

    def __init__(self) -> None:
        self._lent: dict[str, Event] = {}

    @contextmanager
    def lend(self, request_id: str, event: Event) -> Iterator[None]:
        """The event belongs to the call as long as that lasts."""
        self._lent[request_id] = event
        try:
            yield
        finally:
            del self._lent[request_id]

    def of(self, request_id: str) -> Event | None:
        """The event that a call carries; None for everybody else's."""
        return self._lent.get(request_id)

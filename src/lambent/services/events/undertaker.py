"""Takes events that cannot be delivered to the dead-letter queue of their target, and tries that again as well."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from lambent.context import Clock, Ids
from lambent.model.errors import ApiError, PlatformError
from lambent.neighbours.acting import Acting
from lambent.neighbours.base import Neighbours
from lambent.neighbours.delivery import Parcel, deliver
from lambent.services.events.access import EVENTS
from lambent.services.events.deliveries import Letter, closed
from lambent.services.events.delivery_errors import INTERNAL, Failure
from lambent.services.events.records import Target
from lambent.services.events.retries import Spent, failure, following
from lambent.services.events.steps import Steps
from lambent.store.seal import Seal

Put = Callable[[str, Sequence[bytes]], Awaitable[None]]
"""`Outbox.put`."""

_USUAL = Target(id="", arn="")
"""Dead letters are tried as long and as often as AWS tries to deliver by itself."""

_LOG = logging.getLogger(__name__)


class Undertaker:
    """The outbox, which calls it, is made after it: `open_to` hands it over."""

    def __init__(
        self, neighbours: Neighbours, acting: Acting, seal: Seal, steps: Steps, clock: Clock, ids: Ids
    ) -> None:
        self._neighbours = neighbours
        self._acting = acting
        self._seal = seal
        self._steps = steps
        self._clock = clock
        self._ids = ids
        self._put: Put | None = None

    def open_to(self, put: Put) -> None:
        """From now on letters can be kept."""
        self._put = put

    async def bury(self, letter: Letter) -> None:
        """At once where possible, else the letter is kept. Without a queue the event is dropped, as on AWS."""
        if letter.delivery.target.dead_letters is None:
            self._tell(letter, "dropped", letter.why)
            return
        failed = await self._send(letter)
        if failed is None or not failed.again:
            self._end(letter, failed)
            return
        assert self._put is not None
        await self._put(letter.line, [closed(self._seal, letter)])

    async def attempt(self, letter: Letter, before: int, since: float) -> float | None:
        """One more attempt, for the outbox."""
        failed = await self._send(letter)
        if failed is not None and failed.again:
            again = following(_USUAL, before, since, self._clock.now(), self._ids.fraction())
            if not isinstance(again, Spent):
                return again
        self._end(letter, failed)
        return None

    async def _send(self, letter: Letter) -> Failure | None:
        delivery = letter.delivery
        ctx = self._acting.as_service(EVENTS, delivery.rule, trace_id=delivery.trace)
        parcel = Parcel(delivery.event.encoded(), attributes=letter.attributes)
        try:
            await deliver(self._neighbours, ctx, str(delivery.target.dead_letters), parcel)
        except ApiError as error:
            return failure(error)
        except PlatformError as error:
            _LOG.error("a dead letter of %s could not be sent: %s", delivery.rule, error)
            return INTERNAL
        return None

    def _end(self, letter: Letter, failed: Failure | None) -> None:
        if failed is None:
            self._tell(letter, "dead", letter.why)
            return
        _LOG.warning("an event of %s is lost, also for its dead-letter queue: %s", letter.delivery.rule, failed.message)
        self._tell(letter, "dropped", f"{letter.why}; dead-letter queue: {failed.message}")

    def _tell(self, letter: Letter, what: str, detail: str) -> None:
        self._steps.tell(letter.delivery.step(self._clock.now(), what, letter.retries, detail))

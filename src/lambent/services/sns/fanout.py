"""The fan-out: what was published goes to all who want it, and what cannot be delivered waits in lines of its own.

A message lies once in its topic's line (of a FIFO topic: the line of its group), and goes once more through memory for
each subscription. Only what fails, what goes to addresses (which may be slow), and what must not overtake such gets a
parcel in its subscription's line; a body that several parcels share lies once in the ledger.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

import msgspec

from lambent.context import Clock
from lambent.model.errors import ApiError
from lambent.neighbours.outbox import Outbox
from lambent.services.sns import limits
from lambent.services.sns.audience import Audience, Member
from lambent.services.sns.deliveries import Deliveries, Outcome, Work
from lambent.services.sns.encryption import Encryption
from lambent.services.sns.ledger import Ledger
from lambent.services.sns.names import topic_of
from lambent.services.sns.records import Confirmation, Notice, Parcel, Subscription, Topic
from lambent.services.sns.repository import Repository
from lambent.services.sns.schedule import MANAGED, Retries
from lambent.store.seal import Seal

AT_ONCE = 100
"""Deliveries of one message at once."""

_REMEMBERED = 16
_NOTICE, _PARCEL = "n/", "p/"
_CONTEXT = b"sns"
_LOG = logging.getLogger(__name__)

_Waiting = tuple[Member, Parcel, float | None]
"""What is to wait, and until when."""


class Fanout:
    """Fills and works off the lines of two outboxes, which `open_to` gives: a standard one and one that keeps order."""

    def __init__(
        self,
        repository: Repository,
        audience: Audience,
        deliveries: Deliveries,
        ledger: Ledger,
        encryption: Encryption,
        seal: Seal,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self._audience = audience
        self._deliveries = deliveries
        self._ledger = ledger
        self._encryption = encryption
        self._seal = seal
        self._clock = clock
        self._works: dict[str, Work] = {}
        """Letters that were read last."""
        self._paces: dict[str, float] = {}
        """When an address that is called only so often may be called next."""

    def open_to(self, standard: Outbox, ordered: Outbox) -> None:
        """From now on messages can be put."""
        self._outboxes: Mapping[bool, Outbox] = {False: standard, True: ordered}

    async def put(self, topic: Topic, group: str | None, messages: Sequence[bytes]) -> None:
        """Take packed messages, of a FIFO topic those of one group; durable when it returns. Raises PlatformError.

        Places in a line are given before anything is awaited.
        """
        line = _NOTICE + topic.arn + (f"/{group}" if topic.fifo else "")
        await self._outboxes[topic.fifo].put(line, [self._closed(message) for message in messages])

    async def ask(self, subscription: Subscription, asked: Confirmation) -> None:
        """Put a confirmation on its way; durable when it returns."""
        parcel = Parcel(subscription=subscription.arn, confirmation=asked)
        await self._outboxes[False].put(_PARCEL + subscription.arn, [self._sealed(parcel)])

    async def attempt(self, line: str, body: bytes, before: int, since: float) -> float | None:
        """Work for the outboxes (`neighbours.outbox.Attempt`)."""
        opened = self._seal.open(body, _CONTEXT)
        try:
            if line.startswith(_PARCEL):
                return await self._parcel(msgspec.msgpack.decode(opened, type=Parcel), before)
            await self._spread(line.removeprefix(_NOTICE).partition("/")[0], opened)
        except ApiError as error:  # KMS does not open what was encrypted
            _LOG.warning("a message of %s cannot be decrypted: %s", line, error)
            now = self._clock.now()
            return None if now > since + limits.LETTER_SECONDS else now + min(300.0, 2.0 ** min(before, 10))
        return None

    async def _spread(self, arn: str, packed: bytes) -> None:
        """Deliver a message to everybody who wants it, or see that it waits for them."""
        topic = await self._repository.topic(topic_of(arn))
        if topic is None:
            return
        notice = await self._encryption.notice(packed, arn)
        work = self._deliveries.work(topic, notice, packed)
        wanting = [each for each in (await self._audience.of(topic.arn)).values() if each.wants(notice)]
        turns, waiting = iter(wanting), list[_Waiting]()

        async def deliver() -> None:
            for member in turns:
                left = await self._first(work, member)
                if left is not None:
                    waiting.append(left)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(wanting))):
                group.create_task(deliver())
        if waiting:
            await self._park(work, waiting)

    async def _first(self, work: Work, member: Member) -> _Waiting | None:
        """The first attempt; what is left to do."""
        subscription, notice = member.subscription, work.notice
        parcel = Parcel(subscription=subscription.arn, notice=work.packed)
        if member.addressed:
            return member, parcel, self._pace(work.topic, member)
        if work.topic.fifo and self._outboxes[True].holds(_line(subscription, notice)):
            return member, parcel, None
        match await self._delivered(work, member):
            case Outcome.DELIVERED:
                return None
            case Outcome.FAILED:
                pause = MANAGED.delay(1)
                return member, msgspec.structs.replace(parcel, failures=1), self._clock.now() + (pause or 0.0)
            case Outcome.REFUSED:
                dead = await self._buried(work, member, parcel)
                return None if dead is None else (member, dead, self._clock.now() + (MANAGED.delay(1) or 0.0))

    async def _park(self, work: Work, waiting: Sequence[_Waiting]) -> None:
        """Parcels into the lines of their subscriptions; the body once, if there is more than one."""
        topic, notice = work.topic, work.notice
        letter = notice.id if len(waiting) > 1 else None
        if letter is not None:
            until = self._clock.now() + limits.LETTER_SECONDS
            await self._ledger.keep(letter, self._closed(work.packed), holders=len(waiting), until=until)
        outbox = self._outboxes[topic.fifo]
        async with asyncio.TaskGroup() as group:
            for member, parcel, at in waiting:
                kept = parcel if letter is None else msgspec.structs.replace(parcel, notice=None, letter=letter)
                group.create_task(outbox.put(_line(member.subscription, notice), [self._sealed(kept)], at=at))

    async def _parcel(self, parcel: Parcel, before: int) -> float | None:
        """One attempt at a parcel; when to try again, if so."""
        topic_arn, _, number = parcel.subscription.rpartition(":")
        topic = await self._repository.topic(topic_of(topic_arn))
        member = (await self._audience.of(topic_arn)).get(number)
        failures = parcel.failures + before + 1
        if topic is None or member is None:
            pause = None
        elif parcel.confirmation is not None:
            outcome = await self._deliveries.ask(topic, member, parcel.confirmation)
            pause = self._retries(topic, member).delay(failures) if outcome is Outcome.FAILED else None
        else:
            pause = await self._again(topic, member, parcel, failures)
        if pause is not None:
            return self._clock.now() + pause
        if parcel.letter is not None:
            await self._ledger.release(parcel.letter)
        return None

    async def _again(self, topic: Topic, member: Member, parcel: Parcel, failures: int) -> float | None:
        """Another attempt at a message; the pause before the next one, if there is to be one."""
        work = await self._work(topic, parcel) if member.subscription.confirmed else None
        if work is None:
            return None  # nobody wants it any more; or it was delivered, and a crash brought it back
        if parcel.dead:
            outcome = await self._deliveries.bury(work, member, member.dead_letters or "")
            return MANAGED.delay(failures) if outcome is Outcome.FAILED else None
        outcome = await self._delivered(work, member)
        pause = self._retries(topic, member).delay(failures) if outcome is Outcome.FAILED else None
        if pause is None and outcome is not Outcome.DELIVERED:
            dead = await self._buried(work, member, msgspec.structs.replace(parcel, notice=work.packed, letter=None))
            if dead is not None:
                await self._outboxes[topic.fifo].put(_line(member.subscription, work.notice), [self._sealed(dead)])
        return pause

    async def _delivered(self, work: Work, member: Member) -> Outcome:
        """One attempt. What fails for a reason of ours must not bring the message to all others again."""
        try:
            return await self._deliveries.deliver(work, member)
        except Exception:
            _LOG.exception("message %s to %s", work.notice.id, member.subscription.arn)
            return Outcome.FAILED

    async def _buried(self, work: Work, member: Member, parcel: Parcel) -> Parcel | None:
        """The first attempt at the dead-letter queue; the parcel for another one."""
        queue = member.dead_letters
        if queue is None:
            _LOG.info("message %s is not delivered to %s, and dropped", work.notice.id, member.subscription.arn)
            return None
        if await self._deliveries.bury(work, member, queue) is Outcome.FAILED:
            return msgspec.structs.replace(parcel, failures=0, dead=True)
        return None

    async def _work(self, topic: Topic, parcel: Parcel) -> Work | None:
        """The message of a parcel; None if it is gone. Letters are remembered for a while: many wait for the same."""
        known = self._works.get(parcel.letter or "")
        if known is not None and known.topic is topic:
            return known
        packed = parcel.notice
        if parcel.letter is not None:
            body = self._ledger.letter(parcel.letter)
            packed = None if body is None else self._seal.open(body, _CONTEXT)
        if packed is None:
            return None
        work = self._deliveries.work(topic, await self._encryption.notice(packed, topic.arn), packed)
        if parcel.letter is not None:
            if len(self._works) >= _REMEMBERED:
                self._works.clear()
            self._works[parcel.letter] = work
        return work

    def _retries(self, topic: Topic, member: Member) -> Retries:
        return member.delivery(topic.attributes.get("DeliveryPolicy")).retries if member.addressed else MANAGED

    def _pace(self, topic: Topic, member: Member) -> float | None:
        """When an address may be called; None for now."""
        rate = member.delivery(topic.attributes.get("DeliveryPolicy")).rate
        if rate is None:
            return None
        arn, now = member.subscription.arn, self._clock.now()
        due = max(now, self._paces.get(arn, 0.0))
        self._paces[arn] = due + 1.0 / rate
        return due

    def _sealed(self, parcel: Parcel) -> bytes:
        return self._closed(msgspec.msgpack.encode(parcel))

    def _closed(self, plain: bytes) -> bytes:
        return self._seal.close(plain, _CONTEXT)


def _line(subscription: Subscription, notice: Notice) -> str:
    """The line of a subscription; of a FIFO topic, of its group there."""
    line = _PARCEL + subscription.arn
    return line if notice.sequence is None else f"{line}/{notice.group}"

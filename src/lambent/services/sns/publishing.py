"""Publishing: a message is checked, written down, and answered for; all deliveries come after."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.operation import Params, Result, operation
from lambent.services.sns import errors, limits, messages, unsupported
from lambent.services.sns.desk import Desk
from lambent.services.sns.encryption import DataKey, Encryption, packed
from lambent.services.sns.fanout import Fanout
from lambent.services.sns.ledger import Ledger, Sighting
from lambent.services.sns.records import Notice, Topic

BODY_BYTES = 8 * limits.MESSAGE_BYTES
"""What a request to publish may be long: a form may triple a message, and an attribute twice more."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIRST_SEQUENCE = 10**19


class Publishing:
    """Publish, PublishBatch."""

    def __init__(self, desk: Desk, fanout: Fanout, encryption: Encryption, ledger: Ledger, last_sequence: int) -> None:
        self._desk = desk
        self._fanout = fanout
        self._encryption = encryption
        self._ledger = ledger
        self._last_sequence = last_sequence
        self._taking: dict[tuple[str, str, str], asyncio.Event] = {}

    @operation("Publish", body_limit=BODY_BYTES)
    async def publish(self, ctx: Context, params: Params) -> Result:
        """Take one message; it is durable when this returns."""
        topic = await self._target(ctx, params)
        notice = _notice(ctx, topic, params)
        if messages.size(params) > limits.MESSAGE_BYTES:
            raise errors.invalid("Message too long")
        (result,) = await self._take(ctx, topic, [notice])
        return result

    @operation("PublishBatch", body_limit=BODY_BYTES)
    async def publish_batch(self, ctx: Context, params: Params) -> Result:
        """Take up to ten messages; one that makes no sense refuses them all, as on AWS."""
        entries: Sequence[Mapping[str, Any]] = params["PublishBatchRequestEntries"]
        _check_batch(entries)
        topic = await self._desk.topic(ctx, params["TopicArn"])
        notices = [_notice(ctx, topic, entry) for entry in entries]
        if sum(messages.size(entry) for entry in entries) > limits.MESSAGE_BYTES:
            raise errors.batch_too_long()
        results = await self._take(ctx, topic, notices)
        done = [{"Id": entry["Id"], **result} for entry, result in zip(entries, results, strict=True)]
        return {"Successful": done, "Failed": []}

    async def _target(self, ctx: Context, params: Params) -> Topic:
        if params.get("PhoneNumber"):
            raise errors.unsupported("PhoneNumber", unsupported.TEXT_MESSAGES)
        for parameter in ("TopicArn", "TargetArn"):
            if arn := params.get(parameter):
                if ":endpoint/" in arn:
                    raise errors.unsupported(parameter, unsupported.PUSHES)
                return await self._desk.topic(ctx, arn, parameter)
        raise errors.invalid("TopicArn or TargetArn Reason: no value for required parameter")

    async def _take(self, ctx: Context, topic: Topic, notices: Sequence[Notice]) -> list[dict[str, str]]:
        key = await self._encryption.key(ctx, topic)
        if topic.fifo:
            return await asyncio.gather(*(self._take_in_order(ctx, topic, notice, key) for notice in notices))
        await self._fanout.put(topic, None, [packed(notice, key) for notice in notices])
        return [{"MessageId": notice.id} for notice in notices]

    async def _take_in_order(self, ctx: Context, topic: Topic, notice: Notice, key: DataKey | None) -> dict[str, str]:
        """Once for each deduplication id; it is remembered after it is durable, since the other way round a crash
        would lose it: its publisher, trying again, would be told that it is there."""
        scope = (notice.group or "") if topic.attributes.get("FifoThroughputScope") == "MessageGroup" else ""
        same = (topic.arn, scope, notice.deduplication or "")
        while (other := self._taking.get(same)) is not None:
            await other.wait()
        taken = self._taking[same] = asyncio.Event()
        try:
            now = ctx.clock.now()
            seen = self._ledger.sighting(*same, now=now)
            if seen is None:
                self._last_sequence = max(self._last_sequence + 1, int(now * 1_000_000))
                seen = Sighting(notice.id, self._last_sequence)
                # Nothing may be awaited before it is put: that is what keeps numbers and places in one order.
                numbered = msgspec.structs.replace(notice, sequence=_spelled(seen.sequence))
                await self._fanout.put(topic, notice.group, [packed(numbered, key)])
                await self._ledger.remember(*same, seen, now=now, until=now + limits.DEDUPLICATION_SECONDS)
        finally:
            del self._taking[same]
            taken.set()
        return {"MessageId": seen.message, "SequenceNumber": _spelled(seen.sequence)}


def _notice(ctx: Context, topic: Topic, entry: Mapping[str, Any]) -> Notice:
    messages.check(entry)
    attributes = messages.attributes(entry)
    group, deduplication = messages.fifo(topic, entry)
    text, variants = messages.variants(entry)
    return Notice(
        id=ctx.ids.request_id(),
        topic=topic.arn,
        message=text,
        sent=ctx.clock.now(),
        variants=variants,
        subject=entry.get("Subject"),
        attributes=attributes,
        group=group,
        deduplication=deduplication,
        trace=ctx.trace_id,
    )


def _check_batch(entries: Sequence[Mapping[str, Any]]) -> None:
    if not entries:
        raise errors.empty_batch()
    if len(entries) > limits.BATCH:
        raise errors.too_many_entries()
    ids = [entry["Id"] for entry in entries]
    if len(set(ids)) != len(ids):
        raise errors.repeated_id()
    for each in ids:
        if not _ID.fullmatch(each):
            raise errors.bad_entry_id(each)


def _spelled(sequence: int) -> str:
    return str(_FIRST_SEQUENCE + sequence)

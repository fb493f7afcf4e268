"""Receiving messages, deleting them, and holding them longer or shorter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import floor
from typing import Any

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.services.operation import Params, Result, operation
from lambent.services.sqs import batches, checksums, errors, limits, receipts
from lambent.services.sqs.post import PostOffice, box
from lambent.services.sqs.records import Attribute, Content, Held, Queue
from lambent.services.sqs.sending import sequence

_LONG_SECONDS = 10
_EXPIRE_SECONDS = 60.0
"""How often a queue that is received from is rid of what is too old."""


class Receiving:
    """ReceiveMessage, DeleteMessage, ChangeMessageVisibility, and their batches."""

    def __init__(self, post: PostOffice) -> None:
        self._post = post
        self._expired: dict[str, float] = {}

    @operation("ReceiveMessage")
    async def receive(self, ctx: Context, params: Params) -> Result:
        """Up to ten messages, waiting up to twenty seconds for the first."""
        if params.get("ReceiveRequestAttemptId"):
            raise errors.unsupported("ReceiveRequestAttemptId", "receive again when the messages are visible again")
        queue = await self._post.queue(ctx, params["QueueUrl"])
        count = params.get("MaxNumberOfMessages", 1)
        if not 1 <= count <= limits.BATCH:
            raise errors.invalid(
                f"Value {count} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if"
                " provided."
            )
        held = _seconds(params, "VisibilityTimeout", limits.VISIBILITY_SECONDS)
        wait = _seconds(params, "WaitTimeSeconds", limits.WAIT_SECONDS)
        wait = queue.number("ReceiveMessageWaitTimeSeconds") if wait is None else wait
        until = ctx.clock.now() + wait
        if wait >= _LONG_SECONDS:
            until = floor(until)  # long waits end together: a thousand idle pollers wake the process once a second
        while True:
            found = await self._hold(ctx, queue, count, held)
            if found or ctx.clock.now() >= until:
                break
            if not await self._post.wait(ctx, box(queue), until):
                break
            queue = await self._post.queue(ctx, params["QueueUrl"])
        return {"Messages": [await self._shown(ctx, queue, each, params) for each in found]} if found else {}

    @operation("DeleteMessage")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a message that was received; one that is gone is deleted already."""
        queue = await self._post.queue(ctx, params["QueueUrl"])
        await self._delete(ctx, queue, params["ReceiptHandle"])
        return {}

    @operation("DeleteMessageBatch")
    async def delete_batch(self, ctx: Context, params: Params) -> Result:
        """Delete up to ten messages; each succeeds or fails by itself."""
        queue = await self._post.queue(ctx, params["QueueUrl"])
        entries = params["Entries"]
        batches.check(entries, "DeleteMessageBatchRequestEntry")
        done, failed, numbers = [], [], []
        for entry in entries:
            try:
                numbers.append(await self._deletable(ctx, queue, entry["ReceiptHandle"]))
                done.append({"Id": entry["Id"]})
            except ApiError as error:
                failed.append(batches.failure(entry["Id"], error))
        if numbers:
            await self._post.mailbox.delete(box(queue), numbers)
            self._post.arrived(box(queue))
        return batches.result(done, failed)

    @operation("ChangeMessageVisibility")
    async def change(self, ctx: Context, params: Params) -> Result:
        """Hold a message for so many seconds from now; 0 gives it back."""
        queue = await self._post.queue(ctx, params["QueueUrl"])
        await self._change(ctx, queue, params)
        return {}

    @operation("ChangeMessageVisibilityBatch")
    async def change_batch(self, ctx: Context, params: Params) -> Result:
        """The same for up to ten messages; each succeeds or fails by itself."""
        queue = await self._post.queue(ctx, params["QueueUrl"])
        entries = params["Entries"]
        batches.check(entries, "ChangeMessageVisibilityBatchRequestEntry")
        done, failed = [], []
        for entry in entries:
            try:
                await self._change(ctx, queue, entry)
                done.append({"Id": entry["Id"]})
            except ApiError as error:
                failed.append(batches.failure(entry["Id"], error))
        return batches.result(done, failed)

    async def _hold(self, ctx: Context, queue: Queue, count: int, held: int | None) -> list[Held]:
        now = ctx.clock.now()
        dead = None if queue.redrive is None else await self._post.by_arn(queue.redrive.target)
        if now - self._expired.get(box(queue), 0.0) >= _EXPIRE_SECONDS:
            self._expired[box(queue)] = now
            await self._post.mailbox.expire(box(queue), now=now)
        found = await self._post.mailbox.receive(
            box(queue),
            limit=count,
            now=now,
            visible_at=now + (queue.number("VisibilityTimeout") if held is None else held),
            fifo=queue.fifo,
            most_receives=queue.redrive.most if queue.redrive is not None and dead is not None else None,
            dead_letters=None if dead is None else box(dead),
            source=queue.arn,
            most_in_flight=limits.FIFO_IN_FLIGHT if queue.fifo else limits.IN_FLIGHT,
        )
        if dead is not None:
            self._post.arrived(box(dead))
        if found is None:
            raise errors.over_limit(queue.name)
        return found

    async def _delete(self, ctx: Context, queue: Queue, handle: str) -> None:
        number = await self._deletable(ctx, queue, handle)
        await self._post.mailbox.delete(box(queue), [number])
        self._post.arrived(box(queue))  # the next of its group may come

    async def _deletable(self, ctx: Context, queue: Queue, handle: str) -> tuple[int, int]:
        """What a handle means. A FIFO message that is visible again cannot be deleted by an old one."""
        number, receives = receipts.read(box(queue), handle)
        if queue.fifo:
            state = await self._post.mailbox.state(box(queue), number)
            if state is not None and (state[0] != receives or state[1] <= ctx.clock.now()):
                raise errors.expired_receipt(handle)
        return number, receives

    async def _change(self, ctx: Context, queue: Queue, params: Mapping[str, Any]) -> None:
        handle, seconds = params["ReceiptHandle"], params.get("VisibilityTimeout")
        if seconds is None:
            raise errors.missing("VisibilityTimeout")
        if not 0 <= seconds <= limits.VISIBILITY_SECONDS:
            raise errors.invalid(
                f"Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and"
                f" {limits.VISIBILITY_SECONDS}, if provided."
            )
        number, receives = receipts.read(box(queue), handle)
        now = ctx.clock.now()
        if not await self._post.mailbox.hold(box(queue), number, receives, now=now, visible_at=now + seconds):
            raise errors.not_in_flight(handle)
        self._post.arrived(box(queue))

    async def _shown(self, ctx: Context, queue: Queue, held: Held, params: Params) -> dict[str, Any]:
        content = await self._post.read(ctx, held.content)
        shown: dict[str, Any] = {
            "MessageId": content.message_id,
            "ReceiptHandle": receipts.made(box(queue), held.number, held.receives),
            "MD5OfBody": checksums.of_body(content.body),
            "Body": content.body,
        }
        wanted = {*params.get("AttributeNames", ()), *params.get("MessageSystemAttributeNames", ())}
        system = _system(queue, held, content)
        if kept := {name: value for name, value in system.items() if wanted & {"All", name}}:
            shown["Attributes"] = kept
        named = params.get("MessageAttributeNames", ())
        if attributes := {name: value for name, value in content.attributes.items() if _named(name, named)}:
            shown["MessageAttributes"] = {name: _attribute(value) for name, value in attributes.items()}
            shown["MD5OfMessageAttributes"] = checksums.of_attributes(attributes)
        return shown


def _attribute(attribute: Attribute) -> dict[str, str | bytes]:
    if attribute.kind.startswith("Binary"):
        return {"DataType": attribute.kind, "BinaryValue": attribute.data}
    return {"DataType": attribute.kind, "StringValue": attribute.text}


def _system(queue: Queue, held: Held, content: Content) -> dict[str, str]:
    system = {
        **content.system,
        "SentTimestamp": str(int(held.sent * 1000)),
        "ApproximateReceiveCount": str(held.receives),
        "ApproximateFirstReceiveTimestamp": str(int(held.first_received * 1000)),
    }
    if held.source is not None:
        system["DeadLetterQueueSourceArn"] = held.source
    if held.group is not None:
        system["MessageGroupId"] = held.group
    if queue.fifo and held.deduplication is not None:
        system |= {"MessageDeduplicationId": held.deduplication, "SequenceNumber": sequence(held.number)}
    return system


def _named(name: str, wanted: Collection[str]) -> bool:
    """Whether an attribute is wanted: by name, by a beginning (`a.*`), or all."""
    return any(each in ("All", ".*", name) or (each.endswith(".*") and name.startswith(each[:-1])) for each in wanted)


def _seconds(params: Params, name: str, most: int) -> int | None:
    value: int | None = params.get(name)
    if value is not None and not 0 <= value <= most:
        raise errors.invalid(
            f"Value {value} for parameter {name} is invalid. Reason: Must be >= 0 and <= {most}, if provided."
        )
    return value

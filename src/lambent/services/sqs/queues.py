"""Queues: made, found, changed, tagged, emptied, deleted."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.sqs import attributes, errors, limits
from lambent.services.sqs.post import PostOffice, box
from lambent.services.sqs.records import Queue
from lambent.services.sqs.repository import Kept
from lambent.store.base import Conflict

_COUNTED = {
    "ApproximateNumberOfMessages": "visible",
    "ApproximateNumberOfMessagesNotVisible": "in_flight",
    "ApproximateNumberOfMessagesDelayed": "delayed",
}
_ATTEMPTS = 20


class Queues:
    """CreateQueue, GetQueueUrl, ListQueues, GetQueueAttributes, SetQueueAttributes, PurgeQueue, DeleteQueue,
    ListDeadLetterSourceQueues, TagQueue, UntagQueue, ListQueueTags."""

    def __init__(self, post: PostOffice) -> None:
        self._post = post

    @operation("CreateQueue")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a queue; one that is there already with the same attributes will do."""
        name, given = params["QueueName"], params.get("Attributes", {})
        attributes.check_name(name, given)
        checked = attributes.checked(given, fifo=name.endswith(".fifo"), new=True)
        now = ctx.clock.now()
        queue = Queue(
            name=name,
            account=ctx.account,
            region=ctx.region,
            generation=ctx.ids.hex(16),
            created=now,
            modified=now,
            attributes={key: value for key, value in checked.items() if value != "" and key != "FifoQueue"},
            tags=params.get("tags", {}),
        )
        queue = msgspec.structs.replace(queue, redrive=await self._redrive(queue))
        try:
            await self._post.repository.put(queue)
        except Conflict:
            existing = await self._post.queue(ctx, name)
            for key, value in checked.items():
                if key != "FifoQueue" and _value(existing, key) != value:
                    raise errors.queue_exists(key) from None
        return {"QueueUrl": url(ctx, ctx.account, name)}

    @operation("GetQueueUrl")
    async def get_url(self, ctx: Context, params: Params) -> Result:
        """Where a queue is."""
        account = params.get("QueueOwnerAWSAccountId") or ctx.account
        if await self._post.repository.queue(Place(account, ctx.region), params["QueueName"]) is None:
            raise errors.no_such_queue()
        return {"QueueUrl": url(ctx, account, params["QueueName"])}

    @operation("ListQueues")
    async def list_queues(self, ctx: Context, params: Params) -> Result:
        """A page of queues, whose names may have to begin alike."""
        size = _page_size(params)
        found = await self._post.repository.queues(
            Place(ctx.account, ctx.region),
            prefix=params.get("QueueNamePrefix", ""),
            after=_position(params),
            limit=size + 1,
        )
        return _page(ctx, found, size, "QueueUrls", more="MaxResults" in params)

    @operation("ListDeadLetterSourceQueues")
    async def list_sources(self, ctx: Context, params: Params) -> Result:
        """A page of the queues whose dead letters come here."""
        target = (await self._post.queue(ctx, params["QueueUrl"])).arn
        size, after = _page_size(params), _position(params)
        found: list[Queue] = []
        while len(found) <= size:
            page = await self._post.repository.queues(Place(ctx.account, ctx.region), after=after)
            if not page:
                break
            after = page[-1].name
            found += [each for each in page if each.redrive is not None and each.redrive.target == target]
        return _page(ctx, found, size, "queueUrls", more="MaxResults" in params)

    @operation("GetQueueAttributes")
    async def get_attributes(self, ctx: Context, params: Params) -> Result:
        """What a queue is like, and how full."""
        queue = await self._post.queue(ctx, params["QueueUrl"])
        wanted = set(params.get("AttributeNames", ()))
        for name in wanted:
            if name not in attributes.KNOWN:
                raise errors.bad_attribute(name)
        shown = _shown(queue)
        if wanted & {"All", *_COUNTED}:
            now = ctx.clock.now()
            counts = await self._post.mailbox.counts(box(queue), now=now)
            shown |= {name: str(getattr(counts, member)) for name, member in _COUNTED.items()}
        kept = shown if "All" in wanted else {name: value for name, value in shown.items() if name in wanted}
        return {"Attributes": kept} if kept else {}

    @operation("SetQueueAttributes")
    async def set_attributes(self, ctx: Context, params: Params) -> Result:
        """Change what a queue is like."""

        async def change(queue: Queue) -> Queue:
            checked = attributes.checked(params["Attributes"], fifo=queue.fifo, new=False)
            merged = {name: value for name, value in (queue.attributes | checked).items() if value != ""}
            changed = msgspec.structs.replace(queue, attributes=merged, modified=ctx.clock.now())
            return msgspec.structs.replace(changed, redrive=await self._redrive(changed))

        return await self._change(ctx, params, change)

    @operation("TagQueue")
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Add tags."""

        async def change(queue: Queue) -> Queue:
            tags = queue.tags | params["Tags"]
            if len(tags) > limits.TAGS:
                raise errors.invalid(f"Too many tags added for queue {queue.name}.")
            return msgspec.structs.replace(queue, tags=tags)

        return await self._change(ctx, params, change)

    @operation("UntagQueue")
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags away."""

        async def change(queue: Queue) -> Queue:
            left = {key: value for key, value in queue.tags.items() if key not in params["TagKeys"]}
            return msgspec.structs.replace(queue, tags=left)

        return await self._change(ctx, params, change)

    @operation("ListQueueTags")
    async def list_tags(self, ctx: Context, params: Params) -> Result:
        """A queue's tags."""
        queue = await self._post.queue(ctx, params["QueueUrl"])
        return {"Tags": dict(queue.tags)} if queue.tags else {}

    @operation("PurgeQueue")
    async def purge(self, ctx: Context, params: Params) -> Result:
        """Delete every message of a queue."""

        async def change(queue: Queue) -> Queue:
            if ctx.clock.now() < queue.purged + limits.PURGE_SECONDS:
                raise errors.purged_recently(queue.name)
            return msgspec.structs.replace(queue, purged=ctx.clock.now())

        await self._change(ctx, params, change)
        await self._post.mailbox.purge(box(await self._post.queue(ctx, params["QueueUrl"])))
        return {}

    @operation("DeleteQueue")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a queue with its messages."""
        kept = await self._post.kept(ctx, params["QueueUrl"])
        try:
            await self._post.repository.drop(kept)
        except Conflict:
            return await self.delete(ctx, params)
        await self._post.mailbox.purge(box(kept.queue))
        self._post.arrived(box(kept.queue))  # who waits there learns that it is gone
        return {}

    async def _change(self, ctx: Context, params: Params, change: Any) -> Result:
        for _ in range(_ATTEMPTS):
            kept: Kept = await self._post.kept(ctx, params["QueueUrl"])
            try:
                await self._post.repository.put(await change(kept.queue), kept)
                return {}
            except Conflict:
                continue
        raise errors.invalid("The queue was changed by others at the same time; try again.")

    async def _redrive(self, queue: Queue) -> Any:
        """The redrive policy, if its queue is there and takes it. Raises ApiError."""
        wanted = attributes.redrive(queue.attributes.get("RedrivePolicy"))
        if wanted is None:
            return None
        target = await self._post.by_arn(wanted.target)
        if target is None or target.arn == queue.arn or (target.fifo, target.region) != (queue.fifo, queue.region):
            raise errors.bad_value("RedrivePolicy", "Reason: Dead letter target does not exist or is of another kind.")
        if not attributes.allows(target, queue):
            raise errors.bad_value("RedrivePolicy", "Reason: The dead letter queue does not allow this queue.")
        return wanted


def url(ctx: Context, account: str, name: str) -> str:
    """A queue's URL at the address by which the caller reached us."""
    return f"{ctx.endpoint}/{account}/{name}"


def _shown(queue: Queue) -> dict[str, str]:
    shown = {name: usual for name, (_, _, usual) in limits.NUMBERS.items()}
    keyed = "KmsMasterKeyId" in queue.attributes
    if not keyed:
        del shown["KmsDataKeyReusePeriodSeconds"]
    shown |= {"SqsManagedSseEnabled": "false" if keyed else "true", **queue.attributes}
    shown |= {
        "QueueArn": queue.arn,
        "CreatedTimestamp": str(int(queue.created)),
        "LastModifiedTimestamp": str(int(queue.modified)),
    }
    if queue.fifo:
        usual = {"ContentBasedDeduplication": "false", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}
        shown = {"FifoQueue": "true", **usual, **shown}
    return shown


def _value(queue: Queue, name: str) -> str:
    return _shown(queue).get(name, "")


def _page_size(params: Params) -> int:
    size: int = params.get("MaxResults", limits.PAGE)
    if not 1 <= size <= limits.PAGE:
        raise errors.invalid(
            f"Value {size} for parameter MaxResults is invalid. Reason: Must be between 1 and {limits.PAGE}, if"
            " provided."
        )
    return size


def _position(params: Params) -> str:
    token = params.get("NextToken")
    if not token:
        return ""
    try:
        return b64decode(token.encode(), b"-_", validate=True).decode()
    except (Base64Error, ValueError):
        raise errors.invalid("Invalid or expired next token.") from None


def _page(ctx: Context, found: list[Queue], size: int, member: str, *, more: bool) -> Result:
    result: dict[str, Any] = {}
    if found:
        result[member] = [url(ctx, each.account, each.name) for each in found[:size]]
    if more and len(found) > size:
        result["NextToken"] = urlsafe_b64encode(found[size - 1].name.encode()).decode()
    return result

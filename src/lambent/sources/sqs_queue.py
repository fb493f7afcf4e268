"""A queue as the poller sees it: four calls, in the name of the function's execution role."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.neighbours.base import Neighbours
from lambent.sources.sqs_events import Message

AT_ONCE = 10
"""Messages of one call."""

_ATTEMPTS = 3

Asking = Callable[[], Awaitable[Context]]
"""In whose name to call, as of now. Raises ApiError."""


class SqsQueue:
    """The queue with an ARN."""

    def __init__(self, neighbours: Neighbours, asking: Asking, arn: str) -> None:
        self._neighbours = neighbours
        self._asking = asking
        _, _, _, self._region, account, name = arn.split(":", 5)
        # Lambda's managed policies do not allow GetQueueUrl: the address follows from the ARN.
        self._url = f"https://sqs.{self._region}.amazonaws.com/{account}/{name}"

    async def visibility_seconds(self) -> int:
        """How long a message stays hidden after it was received. Raises ApiError."""
        found = await self._call("GetQueueAttributes", AttributeNames=["VisibilityTimeout"])
        return int((found.get("Attributes") or {}).get("VisibilityTimeout", 30))

    async def receive(self, most: int, wait_seconds: int) -> Sequence[Message]:
        """Up to ten messages, or none after `wait_seconds`. Raises ApiError."""
        found = await self._call(
            "ReceiveMessage",
            MaxNumberOfMessages=min(most, AT_ONCE),
            WaitTimeSeconds=wait_seconds,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: Sequence[Message] = found.get("Messages") or ()
        return messages

    async def delete(self, messages: Sequence[Message]) -> int:
        """Delete messages; what cannot be deleted comes again one day. Returns how many are left."""
        left = list(messages)
        for _ in range(_ATTEMPTS):
            remaining: list[Message] = []
            for start in range(0, len(left), AT_ONCE):
                remaining += await self._delete(left[start : start + AT_ONCE])
            left = remaining
            if not left:
                break
        return len(left)

    async def release(self, messages: Sequence[Message]) -> None:
        """Show messages again at once, if that is allowed; else they show when their time is over."""
        for start in range(0, len(messages), AT_ONCE):
            entries = [{**entry, "VisibilityTimeout": 0} for entry in _entries(messages[start : start + AT_ONCE])]
            try:
                await self._call("ChangeMessageVisibilityBatch", Entries=entries)
            except ApiError:
                return

    async def _delete(self, messages: Sequence[Message]) -> list[Message]:
        """Delete up to ten; returns those that are left."""
        try:
            found = await self._call("DeleteMessageBatch", Entries=_entries(messages))
        except ApiError:
            return list(messages)
        refused = {each["Id"] for each in found.get("Failed") or ()}
        return [message for number, message in enumerate(messages) if str(number) in refused]

    async def _call(self, operation: str, **params: Any) -> Any:
        ctx = await self._asking()
        if ctx.region != self._region:
            ctx = msgspec.structs.replace(ctx, region=self._region)
        return await self._neighbours.call(ctx, "sqs", operation, {"QueueUrl": self._url, **params})


def _entries(messages: Sequence[Message]) -> list[dict[str, Any]]:
    return [{"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]} for number, message in enumerate(messages)]

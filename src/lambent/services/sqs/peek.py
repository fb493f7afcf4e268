"""A look into a queue that changes nothing: no message is held or counted as received by it."""

from __future__ import annotations

import msgspec

from lambent.context import Clock
from lambent.services.access import Place
from lambent.services.sqs import errors
from lambent.services.sqs.keys import PREFIX, read
from lambent.services.sqs.post import PostOffice, box
from lambent.services.sqs.records import Content

_QUEUES = 100_000
"""Of one region, whose depths are told."""


ENCRYPTED = "(encrypted under a key of KMS)"


class Seen(msgspec.Struct, frozen=True, rename="pascal"):
    """A message: `state` is `visible`, `held` (until `visible_at`) or `delayed`. Seconds since the epoch."""

    message_id: str
    body: str
    sent: float
    receives: int
    state: str
    visible_at: float
    group: str | None = None
    dead_letter_of: str | None = None


class Peek:
    """Looks into queues, on behalf of who may do everything."""

    def __init__(self, post: PostOffice, clock: Clock) -> None:
        self._post = post
        self._clock = clock

    async def depths(self) -> dict[str, tuple[int, int]]:
        """ARN -> how many messages are to be received, and held or delayed; of all that have any. PlatformError."""
        counts = await self._post.mailbox.depths(now=self._clock.now())
        found = {}
        for account, region in sorted({(key.split("/")[0], key.split("/")[1]) for key in counts}):
            for queue in await self._post.repository.queues(Place(account, region), limit=_QUEUES):
                if (count := counts.get(box(queue))) is not None:
                    found[queue.arn] = count
        return found

    async def __call__(self, at: Place, name: str, limit: int) -> list[Seen]:
        """The oldest messages of a queue. Raises ApiError."""
        queue = await self._post.repository.queue(at, name)
        if queue is None:
            raise errors.no_such_queue()
        now = self._clock.now()
        found = []
        for each in await self._post.mailbox.lying(box(queue), now=now, limit=limit):
            message_id, body = self._content(each.content)
            state = "visible" if each.visible_at <= now else "held" if each.receives else "delayed"
            found.append(
                Seen(
                    message_id,
                    body,
                    each.sent,
                    each.receives,
                    state,
                    each.visible_at,
                    each.lot if queue.fifo else None,
                    each.source,
                )
            )
        return found

    def _content(self, stored: bytes) -> tuple[str, str]:
        """Id and body. What is encrypted under a key of KMS stays so: nobody asks for it in anybody's name."""
        if stored[:1] == PREFIX:
            return read(stored).message_id, ENCRYPTED
        content = msgspec.msgpack.decode(self._post.opened(stored), type=Content)
        return content.message_id, content.body

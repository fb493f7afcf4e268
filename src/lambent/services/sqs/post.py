"""The post office: finds the queue that a URL means, and wakes those who wait at it when something comes."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.sqs import errors
from lambent.services.sqs.keys import PREFIX, Keys
from lambent.services.sqs.mailbox import Mailbox
from lambent.services.sqs.records import Content, Queue
from lambent.services.sqs.repository import Kept, Repository
from lambent.store.seal import Seal

_PLAIN = b"\0"


class PostOffice:
    """What the operations share. Contents are sealed as they lie in the mailbox."""

    def __init__(self, repository: Repository, mailbox: Mailbox, seal: Seal, keys: Keys) -> None:
        self.repository = repository
        self.mailbox = mailbox
        self.keys = keys
        self._seal = seal
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}

    async def queue(self, ctx: Context, url: str) -> Queue:
        """The queue of a URL (its last two parts are account and name) or a bare name. Raises ApiError."""
        account, name = named(url)
        found = await self.repository.queue(Place(account or ctx.account, ctx.region), name)
        if found is None:
            raise errors.no_such_queue()
        return found

    async def kept(self, ctx: Context, url: str) -> Kept:
        """The same, to be changed. Raises ApiError."""
        account, name = named(url)
        found = await self.repository.kept(Place(account or ctx.account, ctx.region), name)
        if found is None:
            raise errors.no_such_queue()
        return found

    async def by_arn(self, arn: str) -> Queue | None:
        """The queue of an ARN."""
        parts = arn.split(":")
        if len(parts) != 6 or parts[2] != "sqs":
            return None
        return await self.repository.queue(Place(parts[4], parts[3]), parts[5])

    def sealed(self, queue: Queue, content: bytes) -> bytes:
        """A message's content as it is kept where the queue has no key of KMS: encrypted, unless it says otherwise."""
        if queue.attributes.get("SqsManagedSseEnabled") == "false":
            return _PLAIN + content
        return self._seal.close(content, b"sqs")

    async def read(self, ctx: Context, stored: bytes) -> Content:
        """A message, for the caller. Raises ApiError, as KMS refuses, and PlatformError."""
        plain = await self.keys.open(ctx, stored) if stored[:1] == PREFIX else self.opened(stored)
        return msgspec.msgpack.decode(plain, type=Content)

    def opened(self, content: bytes) -> bytes:
        """The same where there is no key of KMS. Raises PlatformError."""
        return content[1:] if content[:1] == _PLAIN else self._seal.open(content, b"sqs")

    def arrived(self, box: str) -> None:
        """Something came into a queue, or is free again: those who wait look."""
        for waiter in self._waiting.pop(box, ()):
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, ctx: Context, box: str, until: float) -> bool:
        """Return when something may have come; False if nothing can have until `until` by the clock."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(box, set()).add(waiter)
        visible = await self.mailbox.next_visible(box, now=ctx.clock.now())
        wake = until if visible is None else min(until, visible)
        sleeping = asyncio.ensure_future(ctx.clock.sleep(max(0.0, wake - ctx.clock.now())))
        try:
            await asyncio.wait((waiter, sleeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waiters = self._waiting.get(box)
            if waiters is not None:
                waiters.discard(waiter)
                if not waiters:
                    del self._waiting[box]
        return waiter.done() or ctx.clock.now() < until


def box(queue: Queue) -> str:
    """How the mailbox calls a queue."""
    return f"{queue.account}/{queue.region}/{queue.generation}"


def named(url: str) -> tuple[str | None, str]:
    """Account and name of the queue that a URL means; a text without slashes is a name."""
    if "/" not in url:
        return None, url
    try:
        parts = urlsplit(url).path.strip("/").split("/")
    except ValueError:
        raise errors.no_such_queue() from None
    if len(parts) < 2 or not parts[-2].isdecimal():
        raise errors.no_such_queue()
    return parts[-2], parts[-1]

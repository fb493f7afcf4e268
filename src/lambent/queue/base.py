"""The Queue seam: durable, delayed, leased messages; at least once. Contract: `tests/contract/test_queue.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

import msgspec


class Message(msgspec.Struct, frozen=True):
    """A leased message. `receipt` names this lease: it changes with every `take`."""

    id: int
    body: bytes
    receipt: str
    attempts: int
    enqueued_at: float


class Queue(Protocol):
    """Many named queues in one store. Times are seconds since the epoch, given by the caller's clock."""

    @property
    def commits(self) -> int:
        """Durable transactions since opening, one fsync each; 0 where nothing is durable."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc: object) -> None: ...

    async def put(
        self, queue: str, bodies: Sequence[bytes], *, now: float, visible_at: float | None = None
    ) -> list[int]:
        """Append messages, durable on return; taken no earlier than `visible_at`. Returns their ids."""
        ...

    async def take(self, queue: str, *, limit: int, now: float, lease: float) -> list[Message]:
        """Lease up to `limit` visible messages; unacknowledged ones return after `lease` seconds.

        Those visible for longest come first (a message that returns queues again), then the lower id.
        """
        ...

    async def ack(self, queue: str, messages: Sequence[Message]) -> int:
        """Delete leased messages; returns how many were still held under that receipt.

        A lease that ran out is held until the message is taken again.
        """
        ...

    async def defer(self, queue: str, message: Message, *, visible_at: float) -> bool:
        """Give a lease back, or extend it: visible again at `visible_at`. False if the lease was lost."""
        ...

    async def depth(self, queue: str, *, now: float) -> tuple[int, int]:
        """(visible, leased or delayed) messages."""
        ...

    async def next_visible(self, queue: str) -> float | None:
        """When the earliest message is or becomes visible; None if the queue is empty."""
        ...

    async def names(self) -> list[str]:
        """The queues that hold messages, in order."""
        ...

    async def reopen(self, *, now: float, beyond: float = 0.0) -> list[str]:
        """End every lease: for a process that has just started and knows that nobody holds one. The names then.

        Only those that would last `beyond` a time, for who leases for longer than it ever defers.
        """
        ...

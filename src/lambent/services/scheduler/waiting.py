"""What waits in the Scheduler's outbox: executions, and dead letters of those that failed. Sealed on the disk."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.store.seal import Seal


class Execution(msgspec.Struct, frozen=True, kw_only=True, tag="execution"):
    """One occurrence of a schedule on its way to the target. `copy` tells two of the same occurrence apart.

    `completes`: nothing comes after it, and the schedule (of `serial`) goes with it.
    """

    id: str
    copy: str
    arn: str
    occurrence: float
    target: dict[str, Any]
    serial: str
    completes: bool = False


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, tag="dead"):
    """An execution that failed for good, on its way to `queue` in `role`'s name."""

    queue: str
    role: str
    body: bytes
    attributes: dict[str, tuple[str, str]]


Waiting = Execution | DeadLetter

_CONTEXT = b"scheduler"
_DECODER: msgspec.msgpack.Decoder[Waiting] = msgspec.msgpack.Decoder(Waiting)


def closed(seal: Seal, waiting: Waiting) -> bytes:
    """It as it lies on the disk."""
    return seal.close(msgspec.msgpack.encode(waiting), _CONTEXT)


def opened(seal: Seal, body: bytes) -> Waiting:
    """What lay on the disk. Raises PlatformError if it was sealed with another key."""
    return _DECODER.decode(seal.open(body, _CONTEXT))

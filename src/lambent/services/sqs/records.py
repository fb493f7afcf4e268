"""Queues as they are stored, and messages as they lie in the mailbox."""

from __future__ import annotations

import msgspec

from lambent.services.sqs import limits


class Redrive(msgspec.Struct, frozen=True):
    """Where messages go that were received `most` times in vain."""

    target: str
    most: int


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue. `attributes` holds what was set, as texts; times in seconds since the epoch. `generation` tells a queue
    from one of the same name that was there before."""

    name: str
    account: str
    region: str
    generation: str
    created: float
    modified: float
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    redrive: Redrive | None = None
    purged: float = 0.0

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:sqs:{self.region}:{self.account}:{self.name}"

    @property
    def fifo(self) -> bool:
        """Whether it keeps order."""
        return self.name.endswith(".fifo")

    def number(self, attribute: str) -> int:
        """An attribute that is a number, as it was set or as it is by itself."""
        return int(self.attributes.get(attribute, limits.NUMBERS[attribute][2]))

    def says(self, attribute: str) -> bool:
        """Whether an attribute is `true`."""
        return self.attributes.get(attribute) == "true"


class Attribute(msgspec.Struct, frozen=True, array_like=True):
    """A message attribute: `kind` is its type (`String`, `Number.int`, ...); binary ones have `data`, others `text`."""

    kind: str
    text: str = ""
    data: bytes = b""

    @property
    def value(self) -> bytes:
        """The value as bytes."""
        return self.data if self.kind.startswith("Binary") else self.text.encode()


class Content(msgspec.Struct, frozen=True, array_like=True):
    """What was sent. `system` are AWSTraceHeader and SenderId."""

    message_id: str
    body: str
    attributes: dict[str, Attribute]
    system: dict[str, str]


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be put. `visible_at` is when it may be received first; `group` and `deduplication` are FIFO's."""

    content: bytes
    sent: float
    visible_at: float
    expires: float
    group: str | None = None
    deduplication: str | None = None
    scope: str = ""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was received: `number` and `receives` make its receipt."""

    number: int
    content: bytes
    sent: float
    first_received: float
    receives: int
    group: str | None
    deduplication: str | None
    source: str | None

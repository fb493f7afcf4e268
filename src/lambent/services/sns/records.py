"""Topics and subscriptions as they are stored, and messages on their way."""

from __future__ import annotations

import msgspec

HTTP = ("http", "https")
"""Protocols whose endpoints are addresses."""


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A topic. `attributes` holds what was set, as texts; `created` in seconds since the epoch."""

    name: str
    account: str
    region: str
    created: float
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    tags: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:sns:{self.region}:{self.account}:{self.name}"

    @property
    def fifo(self) -> bool:
        """Whether it keeps order."""
        return self.name.endswith(".fifo")

    def says(self, attribute: str) -> bool:
        """Whether an attribute is `true`."""
        return self.attributes.get(attribute) == "true"


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription. `state` is `pending`, `confirmed`, or `cancelled` (it can be restored); in the first and the last
    `token` confirms it, and after `until` it is gone. `principal` made it; `authenticated`: whoever confirmed it had
    signed; `guarded`: only its owner may end it."""

    id: str
    topic: str
    owner: str
    protocol: str
    endpoint: str
    state: str
    principal: str = ""
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    token: str = ""
    until: float = 0.0
    authenticated: bool = False
    guarded: bool = False

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"{self.topic}:{self.id}"

    @property
    def confirmed(self) -> bool:
        """Whether messages go there."""
        return self.state == "confirmed"

    def shown_at(self, now: float) -> bool:
        """Whether listings show it."""
        return self.confirmed or (self.state == "pending" and now < self.until)

    def says(self, attribute: str) -> bool:
        """Whether an attribute is `true`."""
        return self.attributes.get(attribute) == "true"


class Attribute(msgspec.Struct, frozen=True, array_like=True):
    """A message attribute: `kind` is its type (`String`, `Number`, `String.Array`, `Binary`); binary ones have `data`,
    others `text`."""

    kind: str
    text: str = ""
    data: bytes = b""

    @property
    def binary(self) -> bool:
        """Whether it has bytes."""
        return self.kind.startswith("Binary")


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A published message. `variants` are texts for some protocols; `sent` is in seconds since the epoch; `group`,
    `deduplication` and `sequence` are FIFO's; `trace` is the publisher's trace header."""

    id: str
    topic: str
    message: str
    sent: float
    variants: dict[str, str] = msgspec.field(default_factory=dict)
    subject: str | None = None
    attributes: dict[str, Attribute] = msgspec.field(default_factory=dict)
    group: str | None = None
    deduplication: str | None = None
    sequence: str | None = None
    trace: str | None = None

    def text(self, protocol: str) -> str:
        """What subscribers of a protocol read."""
        return self.variants.get(protocol, self.message)


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """What asks an endpoint whether it wants to be subscribed (`SubscriptionConfirmation`), or tells it that it is no
    longer (`UnsubscribeConfirmation`)."""

    id: str
    kind: str
    sent: float
    token: str


class Parcel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One delivery that waits in the subscription's line. What is delivered goes along (`notice`, packed), lies in the
    ledger (`letter`), or is a `confirmation`. `failures` came before it got here; `dead`: it is for the dead-letter
    queue."""

    subscription: str
    notice: bytes | None = None
    letter: str | None = None
    confirmation: Confirmation | None = None
    failures: int = 0
    dead: bool = False

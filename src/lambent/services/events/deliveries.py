"""What lies in the outbox: events for targets, and dead letters that their queue has not taken yet."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from lambent.services.events.delivery_errors import Failure
from lambent.services.events.event import Event
from lambent.services.events.names import bus_of_rule
from lambent.services.events.records import Target
from lambent.services.events.retries import Spent
from lambent.services.events.steps import Step
from lambent.store.seal import Seal

_CONTEXT = b"events/delivery"
_DEAD = "dead "
_LINEAGE = re.compile(r";?\s*Lineage=[^;]*")


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event for a target of a rule (by its ARN): all that counted when it was accepted."""

    rule: str
    target: Target
    event: Event

    @property
    def line(self) -> str:
        """The line of the outbox: a target waits for no other."""
        return f"{self.rule} {self.target.id}"

    @property
    def trace(self) -> str | None:
        """The trace header without the lineage: EventBridge takes no part in telling loops of functions."""
        header = self.event.trace
        return None if header is None else _LINEAGE.sub("", header).strip("; ") or None

    def step(self, now: float, what: str, before: int, detail: str = "", again: float | None = None) -> Step:
        """What has become of it, after `before` attempts."""
        return Step(
            time=now,
            event=self.event.id,
            bus=bus_of_rule(self.rule),
            what=what,
            rule=self.rule.rpartition("/")[2],
            target=self.target.arn,
            attempt=before + 1,
            detail=detail,
            next=again,
        )


class Letter(msgspec.Struct, frozen=True):
    """A delivery that has failed for good, for the dead-letter queue of its target: why, and after how many retries."""

    delivery: Delivery
    failed: Failure
    spent: Spent | None
    retries: int

    @property
    def line(self) -> str:
        """The line of the outbox: behind no delivery."""
        return _DEAD + self.delivery.line

    @property
    def why(self) -> str:
        """For people."""
        return f"{self.failed.code}: {self.failed.message}"

    @property
    def attributes(self) -> Mapping[str, tuple[str, str]]:
        """What the message says besides the event: name -> data type, value."""
        said = {
            "RULE_ARN": ("String", self.delivery.rule),
            "TARGET_ARN": ("String", self.delivery.target.arn),
            "ERROR_CODE": ("String", self.failed.code),
            "ERROR_MESSAGE": ("String", self.failed.message or self.failed.code),
            "RETRY_ATTEMPTS": ("Number", str(self.retries)),
        }
        return said if self.spent is None else {**said, "EXHAUSTED_RETRY_CONDITION": ("String", self.spent.value)}


def closed(seal: Seal, item: Delivery | Letter) -> bytes:
    """It as it lies on the disk."""
    return seal.close(msgspec.msgpack.encode(item), _CONTEXT)


def opened(seal: Seal, line: str, body: bytes) -> Delivery | Letter:
    """What a line of the outbox holds. Raises PlatformError if it was sealed with another key."""
    plain = seal.open(body, _CONTEXT)
    if line.startswith(_DEAD):
        return msgspec.msgpack.decode(plain, type=Letter)
    return msgspec.msgpack.decode(plain, type=Delivery)

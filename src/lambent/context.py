"""What every operation is told about its caller and its world: who, where, when.

A `Context` is made once per request by the gateway and passed explicitly; nothing below reads the
wall clock, makes an id or draws a random number except through it (house rule 8).
"""

from __future__ import annotations

from typing import Protocol

import msgspec


class Clock(Protocol):
    """Time as an input. Seconds everywhere; `now` since the Unix epoch, movable by tests and users."""

    def now(self) -> float:
        """Wall-clock seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards and are never moved; for durations."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once `seconds` of this clock's time have passed."""
        ...


class Ids(Protocol):
    """Identifiers and randomness as an input."""

    def request_id(self) -> str:
        """A new UUID in AWS's lower-case dashed form."""
        ...

    def hex(self, digits: int) -> str:
        """`digits` random lower-case hexadecimal characters."""
        ...

    def fraction(self) -> float:
        """A random number, 0 <= x < 1, for weights and jitter."""
        ...


class Session(msgspec.Struct, frozen=True):
    """What temporary credentials were given with. `policies` are documents that limit them; `provider` vouched for
    whoever asked; `issued` in seconds since the epoch."""

    name: str
    issued: float
    policies: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    source_identity: str | None = None
    provider: str | None = None


class Principal(msgspec.Struct, frozen=True):
    """Who signed the request, or which service of AWS's acts here in its own name.

    `arn` is AWS's form (`arn:aws:iam::ACCOUNT:root`, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`).
    `function_arn` is set when the caller is a function of ours, using its environment's credentials. `user` and `role`
    are names within the account; `session` says more of temporary credentials. A service is named by `service`
    (`s3.amazonaws.com`), and acts for the resource `source_arn` of `source_account`.
    """

    account: str
    arn: str
    access_key_id: str
    function_arn: str | None = None
    user: str | None = None
    role: str | None = None
    session: Session | None = None
    service: str | None = None
    source_arn: str | None = None
    source_account: str | None = None

    @property
    def is_root(self) -> bool:
        """True for the account's root key."""
        return self.function_arn is None and self.arn.endswith(":root")


class Context(msgspec.Struct, frozen=True):
    """One request's circumstances: `account` and `region` name the world it acts in.

    `endpoint` is the address by which the caller reached us (`http://127.0.0.1:4566`, no slash at the end);
    `trace_id` the caller's `X-Amzn-Trace-Id` header, `links` those of others that are dealt with in the same request.
    """

    account: str
    region: str
    principal: Principal
    request_id: str
    clock: Clock
    ids: Ids
    endpoint: str = ""
    trace_id: str | None = None
    links: tuple[str, ...] = ()

"""What a call needs to be allowed: how each service tells the front door which action on which resource it is.

A service without an `Access` of its own is judged by its action on `*`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from lambent.policy.index import PolicySet
from lambent.services.operation import Params


class Place(msgspec.Struct, frozen=True):
    """The account and the region in which a caller acts."""

    account: str
    region: str


class Need(msgspec.Struct, frozen=True):
    """One thing that must be allowed: `action` (`lambda:InvokeFunction`) on `resource` (an ARN, or `*`) of `account`.

    `keys` are condition keys that the request itself sets, in small letters.
    """

    action: str
    resource: str
    account: str
    keys: Mapping[str, Sequence[str]] = {}


class Guarded(msgspec.Struct, frozen=True):
    """What a resource says: its own policy, its tags. `decides`: its policy must allow, even to its own account."""

    policy: PolicySet | None = None
    tags: Mapping[str, str] = {}
    decides: bool = False


UNGUARDED = Guarded()


class Access(Protocol):
    """How a service's calls are judged."""

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """What a call needs; the first is what it is about. `params` are typed, but not validated yet."""
        ...

    async def guard(self, need: Need) -> Guarded:
        """What the resource of a need says; `UNGUARDED` if there is none (any more)."""
        ...


class PlainAccess:
    """For services whose resources have no policies: the action of the operation's name, on `*`."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation itself."""
        return (Need(f"{self._prefix}:{operation}", "*", at.account),)

    async def guard(self, need: Need) -> Guarded:
        """Nothing."""
        return UNGUARDED

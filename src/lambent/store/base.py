"""The Store seam: records under scoped keys, bytes with a revision (house: "Keys and state").

Keys are `/`-joined text (`000000000000/us-east-1/lambda/function/NAME/VERSION`), ordered by code
point. A revision is a positive integer that grows with every write of the store; a write can demand
the revision that it read. ValueError for a key that is empty or that UTF-8 cannot hold. Every backend passes
`tests/contract/test_store.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

import msgspec

ABSENT = 0
"""`expect=ABSENT`: the write succeeds only if the key does not exist."""


class Record(msgspec.Struct, frozen=True):
    """One stored value and the revision of the write that stored it."""

    key: str
    value: bytes
    revision: int


class Write(msgspec.Struct, frozen=True):
    """One change of a transaction. `value` None deletes; `expect` None does not care what is there."""

    key: str
    value: bytes | None
    expect: int | None = None


class Conflict(Exception):
    """A record was not at the revision that the write demanded; nothing of the transaction was written."""

    def __init__(self, key: str, expected: int, found: int) -> None:
        super().__init__(f"{key}: expected revision {expected}, found {found}")
        self.key = key
        self.expected = expected
        self.found = found


class Store(Protocol):
    """Durable records. A write returns after it is durable (fsync, shared by group commit)."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc: object) -> None: ...

    async def get(self, key: str) -> Record | None:
        """The record, or None."""
        ...

    async def list(self, prefix: str, *, after: str = "", limit: int = 1000) -> list[Record]:
        """Up to `limit` records whose key starts with `prefix` and is greater than `after`, in key order.

        One list is of one moment. Paging with `after` gives each key that stays exactly once.
        """
        ...

    async def count(self, prefix: str) -> int:
        """How many keys start with `prefix`."""
        ...

    async def put(self, key: str, value: bytes, *, expect: int | None = None) -> int:
        """Write one record and return its new revision. Raises `Conflict`."""
        ...

    async def delete(self, key: str, *, expect: int | None = None) -> bool:
        """Delete one record; False if there was none. Raises `Conflict`."""
        ...

    async def transact(self, writes: Sequence[Write]) -> int:
        """All or nothing; returns the revision that all written records share. Raises `Conflict`.

        Every `expect` is about what was there before the transaction. ValueError if a key appears twice.
        """
        ...

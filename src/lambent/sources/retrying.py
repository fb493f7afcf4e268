"""What becomes of records that have an order: tried again, halved, or given up, and never overtaken. Pure.

A `Course` is a batch on its way. It is worked off in pieces from the front; what it returns is settled, and everything
behind is not. Seconds are given by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from lambent.model.event_source import EventSourceMapping

ATTEMPTS_WITH_DESTINATION = 10
"""How often is retried at most where retries know no end, but failures have a destination."""

RETRIES, AGE = "RetryAttemptsExhausted", "MaximumRecordAgeExceeded"
"""Why records are given up, as their destination is told."""

T = TypeVar("T")


class Rules(msgspec.Struct, frozen=True):
    """How failures are met. `retries` and `age_seconds` None: without end."""

    retries: int | None = None
    age_seconds: float | None = None
    bisects: bool = False

    @classmethod
    def of(cls, mapping: EventSourceMapping) -> Rules:
        """As a mapping says."""
        retries = int(mapping.options.get("MaximumRetryAttempts", -1))
        age = int(mapping.options.get("MaximumRecordAgeInSeconds", -1))
        endless = ATTEMPTS_WITH_DESTINATION if mapping.on_failure else None
        return cls(
            retries if retries >= 0 else endless,
            age if age >= 0 else None,
            bool(mapping.options.get("BisectBatchOnFunctionError")),
        )


class _Piece(Generic[T]):
    def __init__(self, records: Sequence[T], failures: int = 0) -> None:
        self.records = records
        self.failures = failures


class Course(Generic[T]):
    """A batch on its way. `written` tells when (seconds since the epoch) a record was written."""

    def __init__(self, records: Sequence[T], rules: Rules, written: Callable[[T], float]) -> None:
        self._pieces = [_Piece(records)] if records else []
        self._rules = rules
        self._written = written

    @property
    def piece(self) -> Sequence[T]:
        """What is to be tried next; nothing when all is settled."""
        return self._pieces[0].records if self._pieces else ()

    @property
    def failures(self) -> int:
        """How often the piece has failed."""
        return self._pieces[0].failures if self._pieces else 0

    def too_old(self, now: float) -> Sequence[T]:
        """Give up what stands in front and is older than it may be."""
        limit, records, count = self._rules.age_seconds, self.piece, 0
        if limit is None or not records:
            return ()
        while count < len(records) and now - self._written(records[count]) > limit:
            count += 1
        self._settle(count)
        return records[:count]

    def done(self, count: int) -> Sequence[T]:
        """The first `count` of the piece are done, and the others have failed. Returns what is given up for that."""
        whole = count == len(self.piece)
        failures = self.failures
        self._settle(count)
        if whole:
            return ()
        self._pieces[0].failures = failures
        return self.failed(halve=False)

    def failed(self, *, halve: bool = True) -> Sequence[T]:
        """The piece has failed. Returns what is given up: all of it, or nothing."""
        piece, rules = self._pieces[0], self._rules
        if halve and rules.bisects and len(piece.records) > 1:
            middle = len(piece.records) // 2
            halves = [_Piece(piece.records[:middle], piece.failures), _Piece(piece.records[middle:], piece.failures)]
            self._pieces[:1] = halves
            return ()
        piece.failures += 1
        if rules.retries is None or piece.failures <= rules.retries:
            return ()
        return self.given_up()

    def given_up(self) -> Sequence[T]:
        """Give up the piece, whatever the rules say."""
        return self._pieces.pop(0).records

    def _settle(self, count: int) -> None:
        piece = self._pieces[0]
        if count == len(piece.records):
            self._pieces.pop(0)
        elif count:
            self._pieces[0] = _Piece(piece.records[count:])

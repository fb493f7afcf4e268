"""Who is told of every invocation: metrics, traces, the bill. After the answer; must be quick and not raise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lambent.http.message import Request, Response
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Ended


class Witness(Protocol):
    """`app.py` fills it in."""

    def ended(self, ended: Ended) -> None:
        """An invocation is over."""
        ...

    def throttled(self, function: FunctionVersion, invoked_arn: str, trace_id: str | None = None) -> None:
        """An invocation was refused for want of concurrency; `trace_id` is its trace header, if nobody tries again."""
        ...

    def provisioned(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """From now on so many environments of some versions are kept for an address; none: no more."""
        ...


class Nobody:
    """Tells nobody."""

    def ended(self, ended: Ended) -> None:
        """See `Witness`."""

    def throttled(self, function: FunctionVersion, invoked_arn: str, trace_id: str | None = None) -> None:
        """See `Witness`."""

    def provisioned(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """See `Witness`."""


class Everybody:
    """Tells several."""

    def __init__(self, *witnesses: Witness) -> None:
        self._witnesses = witnesses

    def ended(self, ended: Ended) -> None:
        """See `Witness`."""
        for witness in self._witnesses:
            witness.ended(ended)

    def throttled(self, function: FunctionVersion, invoked_arn: str, trace_id: str | None = None) -> None:
        """See `Witness`."""
        for witness in self._witnesses:
            witness.throttled(function, invoked_arn, trace_id)

    def provisioned(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """See `Witness`."""
        for witness in self._witnesses:
            witness.provisioned(arn, shares)


class Ledger(Protocol):
    """Who keeps account of the snapshots of published versions. `app.py` fills it in."""

    def kept(self, function: FunctionVersion) -> None:
        """There is a snapshot of a version, now or still. Idempotent."""
        ...

    def gone(self, arn: str) -> None:
        """The version, or the function with all its versions, is there no more; nothing, if it had no snapshot."""
        ...


class NoLedger:
    """Nobody keeps account."""

    def kept(self, function: FunctionVersion) -> None:
        """See `Ledger`."""

    def gone(self, arn: str) -> None:
        """See `Ledger`."""


Samples = Callable[[FunctionVersion], bool]
"""Whether a request to an actively traced function is traced that nobody has decided on."""

Traced = Callable[[FunctionVersion, str], None]
"""Is handed each segment document that a function sends."""


Asked = Callable[[FunctionVersion, Request], Awaitable[Response]]
"""Answers what a function asks X-Ray's daemon over TCP."""


def traces_nothing(function: FunctionVersion) -> bool:
    """Nobody keeps traces."""
    return False


def drop(function: FunctionVersion, document: str) -> None:
    """Nobody keeps traces."""


async def nothing_there(function: FunctionVersion, request: Request) -> Response:
    """Nobody has sampling rules."""
    return Response(404)


@dataclass(frozen=True, slots=True)
class Observers:
    """Who is told of invocations and of snapshots, which invocations are traced, who takes the segments of functions
    and answers what they ask about them."""

    witness: Witness = field(default_factory=Nobody)
    samples: Samples = traces_nothing
    traced: Traced = drop
    asked: Asked = nothing_there
    ledger: Ledger = field(default_factory=NoLedger)

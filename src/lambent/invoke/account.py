"""The invocation that an environment serves, or has served last: how long it took, how it ended, and who is told.

It waits for nothing: `LiveEnvironment` says what happens, and when the bookkeeping is done.
"""

from __future__ import annotations

from lambent.invoke.blueprint import Blueprint
from lambent.invoke.ending import Ending
from lambent.invoke.meter import Meter
from lambent.invoke.room import Parts
from lambent.model.invocation import Ended, Invocation
from lambent.runtime_api.telemetry_records import Span
from lambent.sandbox.base import Environment


class Account:
    """One environment's. Times are of the monotonic clock, in seconds."""

    __slots__ = (
        "_blueprint",
        "_clock",
        "_invocation",
        "_meter",
        "_overhead",
        "_spans",
        "_unfinished",
        "_witness",
        "begun",
        "seconds",
    )

    def __init__(self, blueprint: Blueprint, parts: Parts, meter: Meter) -> None:
        self._blueprint = blueprint
        self._clock = parts.clock
        self._witness = parts.observers.witness
        self._meter = meter
        self._invocation: Invocation | None = None
        self._unfinished: Ending | None = None
        self._overhead = 0.0
        self._spans: tuple[Span, ...] = ()
        self.begun = 0.0
        """When the invocation began."""
        self.seconds = 0.0
        """What it is reported to have taken."""

    def begin(self, invocation: Invocation, environment: Environment | None) -> None:
        """An invocation begins."""
        if (insights := self._blueprint.insights) is not None and environment is not None:
            insights.begin(environment)
        self.begun, self._invocation = self._clock.monotonic(), invocation

    @property
    def elapsed(self) -> float:
        """How long it has been."""
        return self._clock.monotonic() - self.begun

    def measure(self) -> None:
        """It has taken as long as it has been."""
        self.seconds = self.elapsed

    def runtime_done(self, ending: Ending, spans: tuple[Span, ...] = ()) -> None:
        """The runtime is done with it, its extensions may not be."""
        self._blueprint.journal.runtime_done(self._invocation, ending, self.seconds, spans)

    def extensions_done(self, since: float) -> None:
        """Its extensions are done, too, which it had to wait for from then on."""
        self.measure()
        now = self._clock.monotonic()
        start = self._clock.now() - (now - since)
        self._spans = (Span("extensionOverhead", start, (now - since) * 1000),)

    def close(self, ending: Ending, *, overhead: float = 0.0) -> None:
        """It is over, but for `finish`. `overhead`: what came after its answer."""
        self._unfinished, self._overhead = ending, overhead

    def finish(self, environment: Environment | None) -> None:
        """The bookkeeping, if still due: output, END, REPORT, a new memory peak. `environment` None: it is gone."""
        ending = self._unfinished
        if ending is None:
            return
        self._unfinished = None
        journal, function, invocation = self._blueprint.journal, self._blueprint.function, self._invocation
        journal.output.drain()
        spans, self._spans = self._spans, ()
        report = self._meter.report(ending, self.seconds, environment, invocation)
        journal.ended(ending, report, spans)
        if invocation is not None:
            if self._blueprint.insights is not None:
                self._blueprint.insights.ended(invocation, report, environment)
            begun = self._clock.now() - self.elapsed
            init_type, streamed = self._blueprint.init_type, ending.streamed or 0
            overhead, self._overhead = self._overhead, 0.0
            extensions = spans[0].duration_ms if spans else None
            self._witness.ended(
                Ended(function, invocation, report, init_type, begun, streamed, overhead, ending.cause, extensions)
            )

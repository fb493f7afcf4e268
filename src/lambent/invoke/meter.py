"""What an environment uses and what its invocations cost: readings of the sandbox made into reports."""

from __future__ import annotations

from collections.abc import Callable

from lambent.invoke.ending import Ending
from lambent.invoke.report import RestoreReport, measured
from lambent.model.invocation import Invocation, Report
from lambent.sandbox.base import Environment, Usage

GROWTH_SHARE = 4
"""A new memory peak is told if it is greater by one part in so many."""


class Meter:
    """One environment's. `grew` is told memory peaks that are worth telling, in bytes."""

    __slots__ = ("_grew", "_init_seconds", "_memory_mb", "_restore", "_told_peak", "peak", "usage")

    def __init__(self, memory_mb: int, grew: Callable[[int], None]) -> None:
        self.usage = Usage(memory_peak=0, cpu_ns=0)
        """As it was last read."""
        self.peak = 0
        """What the last invocation needed at most, in bytes."""
        self._memory_mb = memory_mb
        self._grew = grew
        self._told_peak = 0
        self._init_seconds: float | None = None
        self._restore: RestoreReport | None = None

    def bill_init(self, seconds: float) -> None:
        """The next report tells of an INIT that took so long, and bills it."""
        self._init_seconds = seconds

    def bill_restore(self, report: RestoreReport) -> None:
        """The next report tells of a restore."""
        self._restore = report

    def read(self, environment: Environment) -> Usage:
        """Memory and processor time now."""
        self.usage = environment.usage()
        return self.usage

    def report(
        self, ending: Ending, seconds: float, environment: Environment | None, invocation: Invocation | None
    ) -> Report:
        """What an invocation of so many seconds cost; the next one has a memory peak of its own.

        `environment` is None where it is gone: the last reading counts.
        """
        peak = self.peak = self.usage.memory_peak if environment is None else environment.take_peak()
        if peak > self._told_peak:
            self._told_peak = peak + peak // GROWTH_SHARE
            self._grew(peak)
        init_seconds, self._init_seconds = self._init_seconds, None
        restore, self._restore = self._restore, None
        return measured(
            ending.request_id,
            seconds=seconds,
            init_seconds=init_seconds,
            memory_mb=self._memory_mb,
            peak_bytes=peak,
            status=ending.status,
            error_type=ending.error_type,
            restore=restore,
            trace_id=invocation.trace_id if invocation is not None and invocation.traced else None,
        )

"""What is told of an environment: to its log always, to subscribers of telemetry while there may be any.

It words nothing and decides nothing; each method is one thing that happened.
"""

from __future__ import annotations

from lambent.context import Clock
from lambent.invoke import records
from lambent.invoke.ending import Ending
from lambent.invoke.output import Output
from lambent.invoke.records import Records
from lambent.invoke.report import InitReport, PlatformLines, RestoreReport
from lambent.model.invocation import Invocation, Report
from lambent.runtime_api import telemetry_records
from lambent.runtime_api.extensions import ExtensionInfo
from lambent.runtime_api.telemetry import TelemetryHub
from lambent.runtime_api.telemetry_records import Category, Event, Span


class Journal:
    """One environment's. `hub` is set while anybody may listen."""

    def __init__(self, lines: PlatformLines, records: Records, output: Output, clock: Clock) -> None:
        self.output = output
        self.hub: TelemetryHub | None = None
        self._lines = lines
        self._records = records
        self._now = clock.now

    def init_started(self, phase: str, *, logged: bool) -> None:
        """An INIT begins. The repetition of one that failed is not `logged`."""
        at = self._now()
        if logged:
            self.output.write(self._lines.init_started(at), at)
        if self.hub is not None:
            self.hub.emit(self._records.init_start(phase), at)

    def init_runtime_done(self, report: InitReport) -> None:
        """The runtime's part of INIT is over."""
        if self.hub is not None:
            self.hub.emit(self._records.init_runtime_done(report))

    def init_ended(self, report: InitReport) -> None:
        """INIT is over."""
        at = self._now()
        self.output.write(self._lines.init_ended(at, report), at)
        if self.hub is not None:
            self.hub.emit(self._records.init_report(report), at)

    def restore_started(self) -> None:
        """A restore begins."""
        at = self._now()
        self.output.write(self._lines.restore_started(at), at)
        if self.hub is not None:
            self.hub.emit(self._records.restore_start(), at)

    def restore_ended(self, report: RestoreReport) -> None:
        """A restore is over."""
        at = self._now()
        self.output.write(self._lines.restore_ended(at, report), at)
        if self.hub is not None:
            self.hub.emit(records.restore_runtime_done(report), at)
            self.hub.emit(records.restore_report(report), at)

    def uncaptured(self, reason: str) -> None:
        """No snapshot can be made of the function."""
        at = self._now()
        self.output.write(self._lines.uncaptured(at, reason), at)

    def extension(self, info: ExtensionInfo) -> None:
        """How an extension came out of INIT."""
        event = telemetry_records.extension(info.name, state=info.state, events=info.events, error_type=info.error_type)
        self.subscribed(event)
        if self.hub is not None:
            self.hub.emit(event)

    def subscribed(self, event: Event) -> None:
        """An extension has subscribed; the hub knows."""
        at = self._now()
        self.output.write(self._lines.told(at, event), at)

    def started(self, invocation: Invocation) -> None:
        """An invocation begins."""
        at = self._now()
        self.output.write(self._lines.started(at, invocation.request_id), at)
        if self.hub is not None:
            self.hub.emit(self._records.traced_start(invocation), at)

    def runtime_done(
        self, invocation: Invocation | None, ending: Ending, seconds: float, spans: tuple[Span, ...] = ()
    ) -> None:
        """The runtime is done with an invocation. Only subscribers hear of it now, the log at the end."""
        if self.hub is not None:
            self.hub.emit(
                self._records.runtime_done(
                    ending.request_id,
                    status=ending.status,
                    error_type=ending.error_type,
                    duration_ms=round(seconds * 1000, 3),
                    produced_bytes=ending.produced_bytes,
                    spans=spans,
                    trace_id=invocation.trace_id if invocation is not None and invocation.traced else None,
                )
            )

    def ended(self, ending: Ending, report: Report, spans: tuple[Span, ...] = ()) -> None:
        """An invocation is over, and this is what it cost."""
        at = self._now()
        if ending.message is not None:
            self._broke(at, ending, ending.message)
        self.output.write(self._lines.ended(at, report), at)
        if self.hub is not None:
            self.hub.emit(telemetry_records.end(ending.request_id), at)
            self.hub.emit(self._records.report(report, spans), at)

    def _broke(self, at: float, ending: Ending, message: str) -> None:
        if ending.status == "timeout":
            said = self._lines.timed_out(at, ending.request_id, message)
        else:
            said = self._lines.broke(at, ending.request_id, ending.error_type or "", message)
        self.output.write(said, at)
        if self.hub is not None:
            self.hub.emit(telemetry_records.fault("\n".join(said) or message), at)

    def function_lines(self, lines: list[str]) -> None:
        """The function has written this; the log has it."""
        if self.hub is not None:
            self.hub.write(Category.FUNCTION, lines)

    def extension_lines(self, lines: list[str]) -> None:
        """An extension has written this; the log has it."""
        if self.hub is not None:
            self.hub.write(Category.EXTENSION, lines)

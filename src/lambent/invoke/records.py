"""The platform's events of one environment as telemetry records, and the JSON log that is made of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import msgspec

from lambent.invoke.report import (
    EVERY_TIME,
    InitReport,
    RestoreReport,
    runtime_version,
    runtime_version_arn,
    timestamp,
)
from lambent.invoke.trace import fields
from lambent.model.invocation import InitType, Invocation, Report
from lambent.model.runtime import Runtime
from lambent.runtime_api import telemetry_records
from lambent.runtime_api.telemetry_records import Event, Span

_encode = msgspec.json.Encoder().encode


class Records:
    """What is known of an environment, put into every record of it."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        region: str,
        name: str,
        version: str,
        init_type: InitType = InitType.ON_DEMAND,
        tenant_id: str | None = None,
    ) -> None:
        self.init_type = init_type
        self._runtime = runtime
        self._region = region
        self._name = name
        self._version = version
        self._tenant_id = tenant_id

    def init_start(self, phase: str) -> Event:
        """`platform.initStart`; `phase` is `init` or `invoke`."""
        return telemetry_records.init_start(
            initialization_type=self.init_type.value,
            phase=phase,
            runtime_version=runtime_version(self._runtime),
            runtime_version_arn=runtime_version_arn(self._runtime, self._region),
            function_name=self._name,
            function_version=self._version,
        )

    def init_runtime_done(self, report: InitReport) -> Event:
        """`platform.initRuntimeDone`."""
        return telemetry_records.init_runtime_done(
            initialization_type=self.init_type.value,
            phase=report.phase,
            status=report.status,
            error_type=report.error_type,
        )

    def init_report(self, report: InitReport) -> Event:
        """`platform.initReport`."""
        return telemetry_records.init_report(
            initialization_type=self.init_type.value,
            phase=report.phase,
            duration_ms=round(report.init_ms, 3),
            status=report.status,
            error_type=report.error_type,
        )

    def restore_start(self) -> Event:
        """`platform.restoreStart`."""
        return telemetry_records.restore_start(
            runtime_version=runtime_version(self._runtime),
            runtime_version_arn=runtime_version_arn(self._runtime, self._region),
            function_name=self._name,
            function_version=self._version,
        )

    def start(self, request_id: str) -> Event:
        """`platform.start` as a log has it."""
        return telemetry_records.start(request_id, version=self._version, tenant_id=self._tenant_id)

    def traced_start(self, invocation: Invocation) -> Event:
        """`platform.start` as subscribers get it."""
        return telemetry_records.start(
            invocation.request_id,
            version=self._version,
            function_arn=invocation.invoked_arn,
            tenant_id=self._tenant_id,
            trace_id=invocation.trace_id,
            span_id=_segment(invocation.trace_id) if invocation.traced else None,
        )

    def runtime_done(
        self,
        request_id: str,
        *,
        status: str,
        error_type: str | None,
        duration_ms: float,
        produced_bytes: int | None = None,
        spans: Sequence[Span] = (),
        trace_id: str | None = None,
    ) -> Event:
        """`platform.runtimeDone`."""
        return telemetry_records.runtime_done(
            request_id,
            status=status,
            error_type=error_type,
            duration_ms=duration_ms,
            produced_bytes=produced_bytes,
            spans=spans,
            tenant_id=self._tenant_id,
            trace_id=trace_id,
            span_id=_segment(trace_id),
        )

    def report(self, report: Report, spans: Sequence[Span] = ()) -> Event:
        """`platform.report`."""
        alone = self.init_type is not InitType.MANAGED  # else neither time nor memory is one invocation's
        return telemetry_records.report(
            report.request_id,
            status=report.status,
            error_type=report.error_type,
            duration_ms=report.duration_ms,
            billed_ms=report.billed_ms if alone else None,
            memory_mb=report.memory_mb if alone else None,
            max_memory_mb=report.max_memory_mb if alone else None,
            init_ms=report.init_ms,
            restore_ms=report.restore_ms,
            spans=spans,
            tenant_id=self._tenant_id,
            trace_id=report.trace_id,
            span_id=_segment(report.trace_id),
        )


def _segment(header: str | None) -> str | None:
    """The function's own segment in the trace of a header."""
    return None if header is None else fields(header).get("Parent")


def restore_runtime_done(report: RestoreReport) -> Event:
    """`platform.restoreRuntimeDone`."""
    return telemetry_records.restore_runtime_done(status=report.status, error_type=report.error_type)


def restore_report(report: RestoreReport) -> Event:
    """`platform.restoreReport`."""
    return telemetry_records.restore_report(
        duration_ms=round(report.restore_ms, 3), status=report.status, error_type=report.error_type
    )


class _Level(IntEnum):
    DEBUG = 10
    INFO = 20
    WARN = 30


class JsonLines:
    """Log format JSON: one record a line. `level` is the system log level (DEBUG, INFO, WARN; None is INFO)."""

    def __init__(self, records: Records, *, level: str | None) -> None:
        self._records = records
        self._level = _Level[level or "INFO"]

    def init_started(self, at: float) -> list[str]:
        """`platform.initStart`."""
        return self._line(at, _Level.INFO, self._records.init_start("init"))

    def init_ended(self, at: float, report: InitReport) -> list[str]:
        """`platform.initRuntimeDone` and `platform.initReport`."""
        level = told = _Level.DEBUG if report.status == "success" else _Level.WARN
        if self._records.init_type is not InitType.ON_DEMAND and report.phase == "init":
            told = max(told, _Level.INFO)
        return [
            *self._line(at, level, self._records.init_runtime_done(report)),
            *self._line(at, told, self._records.init_report(report)),
        ]

    def restore_started(self, at: float) -> list[str]:
        """`platform.restoreStart`."""
        return self._line(at, _Level.INFO, self._records.restore_start())

    def restore_ended(self, at: float, report: RestoreReport) -> list[str]:
        """`platform.restoreRuntimeDone` and `platform.restoreReport`."""
        succeeded = report.status == "success"
        return [
            *self._line(at, _Level.DEBUG if succeeded else _Level.WARN, restore_runtime_done(report)),
            *self._line(at, _Level.INFO if succeeded else _Level.WARN, restore_report(report)),
        ]

    def uncaptured(self, at: float, reason: str) -> list[str]:
        """A record of our own: AWS captures everything."""
        event = Event("platform.snapshotSkipped", {"reason": f"The function {reason}. {EVERY_TIME}"})
        return self._line(at, _Level.WARN, event)

    def told(self, at: float, event: Event) -> list[str]:
        """What an extension did: `platform.extension`, `platform.telemetrySubscription`."""
        return self._line(at, _Level.INFO, event)

    def started(self, at: float, request_id: str) -> list[str]:
        """`platform.start`."""
        return self._line(at, _Level.INFO, self._records.start(request_id))

    def timed_out(self, at: float, request_id: str, message: str) -> list[str]:
        """Nothing: the status in the report says it."""
        return []

    def broke(self, at: float, request_id: str, error_type: str, message: str) -> list[str]:
        """Nothing: the status in the report says it."""
        return []

    def ended(self, at: float, report: Report) -> list[str]:
        """`platform.runtimeDone` and `platform.report`."""
        succeeded = report.status == "success"
        done = self._records.runtime_done(
            report.request_id,
            status=report.status,
            error_type=report.error_type,
            duration_ms=report.duration_ms,
            trace_id=report.trace_id,
        )
        return [
            *self._line(at, _Level.DEBUG if succeeded else _Level.WARN, done),
            *self._line(at, _Level.INFO if succeeded else _Level.WARN, self._records.report(report)),
        ]

    def _line(self, at: float, level: _Level, event: Event) -> list[str]:
        if level < self._level:
            return []
        return [_encode({"time": timestamp(at), "type": event.type, "record": event.record}).decode()]

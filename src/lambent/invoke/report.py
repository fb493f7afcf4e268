"""What one invocation cost, and the platform's lines about it in the text log format. Pure.

Figures are measured by the caller; here they are rounded, billed and worded as AWS does. The same lines
as JSON are in `records`.
"""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from lambent.invoke.trace import fields
from lambent.model.invocation import InitType, Report
from lambent.model.runtime import Runtime
from lambent.runtime_api.telemetry_records import Event
from lambent.runtime_api.telemetry_render import text_line
from lambent.runtimes import names

EVERY_TIME = "Each of its environments is initialized anew."
_MEBIBYTE = 1024 * 1024


class InitReport(msgspec.Struct, frozen=True):
    """One INIT that AWS would report: `phase` is `init` or `invoke`, `status` `success`, `error` or `timeout`."""

    init_ms: float
    phase: str
    status: str
    error_type: str | None = None


class RestoreReport(msgspec.Struct, frozen=True):
    """One restore: `status` as in `InitReport`, `hooks_ms` what of it the after-restore hooks took."""

    restore_ms: float
    status: str = "success"
    error_type: str | None = None
    hooks_ms: float = 0.0


class PlatformLines(Protocol):
    """The platform's words in an environment's log. `at`: epoch seconds; each method gives log events."""

    def init_started(self, at: float) -> list[str]: ...

    def init_ended(self, at: float, report: InitReport) -> list[str]: ...

    def restore_started(self, at: float) -> list[str]: ...

    def restore_ended(self, at: float, report: RestoreReport) -> list[str]: ...

    def uncaptured(self, at: float, reason: str) -> list[str]: ...

    def told(self, at: float, event: Event) -> list[str]: ...

    def started(self, at: float, request_id: str) -> list[str]: ...

    def timed_out(self, at: float, request_id: str, message: str) -> list[str]: ...

    def broke(self, at: float, request_id: str, error_type: str, message: str) -> list[str]: ...

    def ended(self, at: float, report: Report) -> list[str]: ...


def measured(
    request_id: str,
    *,
    seconds: float,
    init_seconds: float | None,
    memory_mb: int,
    peak_bytes: int,
    status: str = "success",
    error_type: str | None = None,
    restore: RestoreReport | None = None,
    trace_id: str | None = None,
) -> Report:
    """The report of one invocation. Billed is the sum of duration and INIT as shown, rounded up to a millisecond; of a
    restore its hooks."""
    hundredths = round(seconds * 100_000)
    init_hundredths = 0 if init_seconds is None else round(init_seconds * 100_000)
    return Report(
        request_id=request_id,
        duration_ms=hundredths / 100,
        billed_ms=max(1, -(-(hundredths + init_hundredths) // 100)),
        memory_mb=memory_mb,
        max_memory_mb=-(-peak_bytes // _MEBIBYTE),
        init_ms=None if init_seconds is None else init_hundredths / 100,
        status=status,
        error_type=error_type,
        restore_ms=None if restore is None else round(restore.restore_ms, 2),
        billed_restore_ms=0 if restore is None else math.ceil(restore.hooks_ms),
        trace_id=trace_id,
    )


def runtime_version(runtime: Runtime) -> str:
    """`python:3.12.1`: the interpreter that really runs, in the form of AWS's `python:3.12.v1`."""
    return f"{names.language(runtime.name)}:{runtime.version or runtime.name.partition('.')[2]}"


def runtime_version_arn(runtime: Runtime, region: str) -> str:
    """An ARN that changes whenever the interpreter does."""
    digest = hashlib.sha256(f"{runtime.name} {runtime.version} {runtime.executable}".encode()).hexdigest()
    return f"arn:aws:lambda:{region}::runtime:{digest}"


def timestamp(at: float) -> str:
    """`2024-03-04T17:22:38.033Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TextLines:
    """Log format Text. `old_lines` adds the error lines of before 2024, which many tools look for."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        region: str,
        version: str,
        old_lines: bool,
        init_type: InitType = InitType.ON_DEMAND,
    ) -> None:
        self._runtime = runtime
        self._init_type = init_type
        self._region = region
        self._version = version
        self._old_lines = old_lines

    def init_started(self, at: float) -> list[str]:
        """`INIT_START`."""
        arn = runtime_version_arn(self._runtime, self._region)
        return [f"INIT_START Runtime Version: {runtime_version(self._runtime)}\tRuntime Version ARN: {arn}"]

    def init_ended(self, at: float, report: InitReport) -> list[str]:
        """`INIT_REPORT`: on demand, only for an INIT that failed."""
        line = f"INIT_REPORT Init Duration: {report.init_ms:.2f} ms\tPhase: {report.phase}"
        if report.status == "success":
            return [line] if self._init_type is not InitType.ON_DEMAND and report.phase == "init" else []
        line += f"\tStatus: {report.status}"
        return [line if report.error_type is None else f"{line}\tError Type: {report.error_type}"]

    def restore_started(self, at: float) -> list[str]:
        """`RESTORE_START`."""
        arn = runtime_version_arn(self._runtime, self._region)
        return [f"RESTORE_START Runtime Version: {runtime_version(self._runtime)}\tRuntime Version ARN: {arn}"]

    def restore_ended(self, at: float, report: RestoreReport) -> list[str]:
        """`RESTORE_REPORT`."""
        line = f"RESTORE_REPORT Restore Duration: {report.restore_ms:.2f} ms"
        if report.status != "success":
            line += f"\tStatus: {report.status}"
        return [line if report.error_type is None else f"{line}\tError Type: {report.error_type}"]

    def uncaptured(self, at: float, reason: str) -> list[str]:
        """Words of our own: AWS captures everything."""
        return [f"SnapStart: no snapshot was made, because the function {reason}. {EVERY_TIME}"]

    def told(self, at: float, event: Event) -> list[str]:
        """`EXTENSION`, `TELEMETRY`, `LOGS`."""
        return [] if (line := text_line(event)) is None else [line]

    def started(self, at: float, request_id: str) -> list[str]:
        """`START`."""
        return [f"START RequestId: {request_id} Version: {self._version}"]

    def timed_out(self, at: float, request_id: str, message: str) -> list[str]:
        """The old line of a timeout."""
        return [f"{timestamp(at)} {request_id} {message}"] if self._old_lines else []

    def broke(self, at: float, request_id: str, error_type: str, message: str) -> list[str]:
        """The old lines of a runtime or an extension that ended."""
        return [f"RequestId: {request_id} Error: {message}\n{error_type}"] if self._old_lines else []

    def ended(self, at: float, report: Report) -> list[str]:
        """`END` and `REPORT`; a handler's own error has no status there, a crash or timeout has."""
        line = (
            f"REPORT RequestId: {report.request_id}\tDuration: {report.duration_ms:.2f} ms\t"
            f"Billed Duration: {report.billed_ms} ms\tMemory Size: {report.memory_mb} MB\t"
            f"Max Memory Used: {report.max_memory_mb} MB\t"
        )
        if report.init_ms is not None:
            line += f"Init Duration: {report.init_ms:.2f} ms\t"
        if report.restore_ms is not None:
            line += (
                f"Restore Duration: {report.restore_ms:.2f} ms\t"
                f"Billed Restore Duration: {report.billed_restore_ms} ms\t"
            )
        if report.status == "timeout":
            line += "Status: timeout"
        elif report.status == "error":
            line += f"Status: error\tError Type: {report.error_type}"
        if report.trace_id is not None:
            parts = fields(report.trace_id)
            line += f"\nXRAY TraceId: {parts['Root']}\tSegmentId: {parts['Parent']}\tSampled: true\t"
        return [f"END RequestId: {report.request_id}", line]

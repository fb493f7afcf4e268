"""Every `platform.*` record of the Telemetry and Logs APIs, and the lines of function and extensions. Pure.

The constructors take measured values and give an `Event` with all that any schema shows of it; which schema shows what
is `telemetry_render`'s. A JSON log is made of the same events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec


class Category(StrEnum):
    """What a subscription chooses from."""

    PLATFORM = "platform"
    FUNCTION = "function"
    EXTENSION = "extension"


class Event(msgspec.Struct, frozen=True):
    """One event before it is rendered. `record` is a mapping without absent values, or a log line's text."""

    type: str
    record: Mapping[str, Any] | str

    @property
    def category(self) -> Category:
        """The stream that it belongs to."""
        return Category(self.type.partition(".")[0])


class Span(msgspec.Struct, frozen=True):
    """A part of a duration: `responseLatency`, `responseDuration`, `runtimeOverhead` or `extensionOverhead`.

    `start` is epoch seconds, `duration_ms` milliseconds.
    """

    name: str
    start: float
    duration_ms: float


def timestamp(at: float) -> str:
    """Epoch seconds as `2024-03-04T17:22:38.033Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def init_start(
    *,
    initialization_type: str,
    phase: str,
    runtime_version: str | None = None,
    runtime_version_arn: str | None = None,
    function_name: str | None = None,
    function_version: str | None = None,
    instance_id: str | None = None,
    instance_max_memory: int | None = None,
) -> Event:
    """INIT begins. `phase` is `init`, `invoke` or `snap-start`; `instance_max_memory` in bytes."""
    return _event(
        "platform.initStart",
        initializationType=initialization_type,
        phase=phase,
        runtimeVersion=runtime_version,
        runtimeVersionArn=runtime_version_arn,
        functionName=function_name,
        functionVersion=function_version,
        instanceId=instance_id,
        instanceMaxMemory=instance_max_memory,
    )


def init_runtime_done(
    *, initialization_type: str, phase: str, status: str, error_type: str | None = None, spans: Sequence[Span] = ()
) -> Event:
    """The runtime's part of INIT is over. `status` is `success`, `failure`, `error` or `timeout`."""
    return _event(
        "platform.initRuntimeDone",
        initializationType=initialization_type,
        phase=phase,
        status=status,
        errorType=error_type,
        spans=_spans(spans),
    )


def init_report(
    *,
    initialization_type: str,
    phase: str,
    duration_ms: float,
    status: str | None = None,
    error_type: str | None = None,
    spans: Sequence[Span] = (),
) -> Event:
    """INIT is over."""
    return _event(
        "platform.initReport",
        initializationType=initialization_type,
        phase=phase,
        status=status,
        errorType=error_type,
        metrics={"durationMs": duration_ms},
        spans=_spans(spans),
    )


def start(
    request_id: str,
    *,
    version: str | None = None,
    function_arn: str | None = None,
    tenant_id: str | None = None,
    trace_id: str | None = None,
    span_id: str | None = None,
) -> Event:
    """An invocation begins. `trace_id` is the whole `X-Amzn-Trace-Id`."""
    return _event(
        "platform.start",
        requestId=request_id,
        version=version,
        functionArn=function_arn,
        tenantId=tenant_id,
        tracing=_tracing(trace_id, span_id),
    )


def runtime_done(
    request_id: str,
    *,
    status: str,
    error_type: str | None = None,
    duration_ms: float | None = None,
    produced_bytes: int | None = None,
    spans: Sequence[Span] = (),
    tenant_id: str | None = None,
    trace_id: str | None = None,
    span_id: str | None = None,
) -> Event:
    """The runtime has answered and asked for its next event, or will not."""
    return _event(
        "platform.runtimeDone",
        requestId=request_id,
        status=status,
        errorType=error_type,
        tenantId=tenant_id,
        metrics=None if duration_ms is None else _present(durationMs=duration_ms, producedBytes=produced_bytes),
        spans=_spans(spans),
        tracing=_tracing(trace_id, span_id),
    )


def end(request_id: str) -> Event:
    """An invocation is over (Logs API only)."""
    return _event("platform.end", requestId=request_id)


def report(
    request_id: str,
    *,
    status: str,
    duration_ms: float,
    billed_ms: int | None,
    memory_mb: int | None,
    max_memory_mb: int | None,
    init_ms: float | None = None,
    restore_ms: float | None = None,
    error_type: str | None = None,
    spans: Sequence[Span] = (),
    tenant_id: str | None = None,
    trace_id: str | None = None,
    span_id: str | None = None,
) -> Event:
    """What an invocation cost; on managed instances it is no single invocation's."""
    metrics = _present(
        durationMs=duration_ms,
        billedDurationMs=billed_ms,
        memorySizeMB=memory_mb,
        maxMemoryUsedMB=max_memory_mb,
        initDurationMs=init_ms,
        restoreDurationMs=restore_ms,
    )
    return _event(
        "platform.report",
        requestId=request_id,
        status=status,
        errorType=error_type,
        tenantId=tenant_id,
        metrics=metrics,
        spans=_spans(spans),
        tracing=_tracing(trace_id, span_id),
    )


def restore_start(
    *,
    runtime_version: str | None = None,
    runtime_version_arn: str | None = None,
    function_name: str | None = None,
    function_version: str | None = None,
    instance_id: str | None = None,
    instance_max_memory: int | None = None,
) -> Event:
    """SnapStart: a restore begins."""
    return _event(
        "platform.restoreStart",
        runtimeVersion=runtime_version,
        runtimeVersionArn=runtime_version_arn,
        functionName=function_name,
        functionVersion=function_version,
        instanceId=instance_id,
        instanceMaxMemory=instance_max_memory,
    )


def restore_runtime_done(*, status: str, error_type: str | None = None, spans: Sequence[Span] = ()) -> Event:
    """SnapStart: the runtime's after-restore hooks are over."""
    return _event("platform.restoreRuntimeDone", status=status, errorType=error_type, spans=_spans(spans))


def restore_report(
    *, duration_ms: float, status: str, error_type: str | None = None, spans: Sequence[Span] = ()
) -> Event:
    """SnapStart: a restore is over."""
    return _event(
        "platform.restoreReport",
        status=status,
        errorType=error_type,
        metrics={"durationMs": duration_ms},
        spans=_spans(spans),
    )


def extension(name: str, *, state: str, events: Iterable[str], error_type: str | None = None) -> Event:
    """How an extension came out of INIT."""
    return _event("platform.extension", name=name, state=state, events=list(events), errorType=error_type)


def telemetry_subscription(name: str, types: Iterable[str]) -> Event:
    """An extension subscribed through the Telemetry API."""
    return _event("platform.telemetrySubscription", name=name, state="Subscribed", types=list(types))


def logs_subscription(name: str, types: Iterable[str]) -> Event:
    """An extension subscribed through the Logs API."""
    return _event("platform.logsSubscription", name=name, state="Subscribed", types=list(types))


def logs_dropped(*, records: int, size: int, reason: str) -> Event:
    """A subscriber has lost this many records, of `size` bytes together."""
    return _event("platform.logsDropped", droppedBytes=size, droppedRecords=records, reason=reason)


def fault(text: str) -> Event:
    """The platform's old words about an invocation that failed (Logs API only)."""
    return Event("platform.fault", text)


def line(category: Category, text: str) -> Event:
    """One line that the function, or an external extension, wrote."""
    return Event(category.value, text)


def _event(kind: str, **fields: object) -> Event:
    return Event(kind, _present(**fields))


def _present(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _spans(spans: Sequence[Span]) -> list[dict[str, object]] | None:
    return [
        {"name": span.name, "start": timestamp(span.start), "durationMs": span.duration_ms} for span in spans
    ] or None


def _tracing(trace_id: str | None, span_id: str | None) -> dict[str, object] | None:
    return None if trace_id is None else _present(spanId=span_id, type="X-Amzn-Trace-Id", value=trace_id)

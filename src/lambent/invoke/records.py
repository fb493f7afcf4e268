"""The platform's lines in the JSON log format: one telemetry record a line, filtered by system level. Pure."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import msgspec

from lambent.invoke.report import InitReport, runtime_version, runtime_version_arn, timestamp
from lambent.model.invocation import InitType, Report
from lambent.model.runtime import Runtime

_encode = msgspec.json.Encoder().encode


class _Level(IntEnum):
    DEBUG = 10
    INFO = 20
    WARN = 30


class JsonLines:
    """Log format JSON. `level` is the function's system log level (DEBUG, INFO, WARN; None is INFO)."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        region: str,
        name: str,
        version: str,
        level: str | None,
        init_type: InitType = InitType.ON_DEMAND,
    ) -> None:
        self._runtime = runtime
        self._init_type = init_type
        self._region = region
        self._name = name
        self._version = version
        self._level = _Level[level or "INFO"]

    def init_started(self, at: float) -> list[str]:
        """`platform.initStart`."""
        record = {
            "initializationType": self._init_type.value,
            "phase": "init",
            "runtimeVersion": runtime_version(self._runtime),
            "runtimeVersionArn": runtime_version_arn(self._runtime, self._region),
            "functionName": self._name,
            "functionVersion": self._version,
        }
        return self._line(at, _Level.INFO, "platform.initStart", record)

    def init_ended(self, at: float, report: InitReport) -> list[str]:
        """`platform.initRuntimeDone` and `platform.initReport`."""
        level = told = _Level.DEBUG if report.status == "success" else _Level.WARN
        if self._init_type is not InitType.ON_DEMAND and report.phase == "init":
            told = max(told, _Level.INFO)
        record: dict[str, Any] = {
            "initializationType": self._init_type.value,
            "phase": report.phase,
            "status": report.status,
        }
        if report.error_type is not None:
            record["errorType"] = report.error_type
        with_metrics = {**record, "metrics": {"durationMs": report.init_ms}}
        return [
            *self._line(at, level, "platform.initRuntimeDone", record),
            *self._line(at, told, "platform.initReport", with_metrics),
        ]

    def started(self, at: float, request_id: str) -> list[str]:
        """`platform.start`."""
        return self._line(at, _Level.INFO, "platform.start", {"requestId": request_id, "version": self._version})

    def timed_out(self, at: float, request_id: str, message: str) -> list[str]:
        """Nothing: the status in the report says it."""
        return []

    def exited(self, at: float, request_id: str, message: str) -> list[str]:
        """Nothing: the status in the report says it."""
        return []

    def ended(self, at: float, report: Report) -> list[str]:
        """`platform.runtimeDone` and `platform.report`."""
        succeeded = report.status == "success"
        record: dict[str, Any] = {"requestId": report.request_id, "status": report.status}
        if report.error_type is not None:
            record["errorType"] = report.error_type
        metrics: dict[str, Any] = {
            "durationMs": report.duration_ms,
            "billedDurationMs": report.billed_ms,
            "memorySizeMB": report.memory_mb,
            "maxMemoryUsedMB": report.max_memory_mb,
        }
        if report.init_ms is not None:
            metrics["initDurationMs"] = report.init_ms
        done = {**record, "metrics": {"durationMs": report.duration_ms}}
        return [
            *self._line(at, _Level.DEBUG if succeeded else _Level.WARN, "platform.runtimeDone", done),
            *self._line(
                at, _Level.INFO if succeeded else _Level.WARN, "platform.report", {**record, "metrics": metrics}
            ),
        ]

    def _line(self, at: float, level: _Level, kind: str, record: dict[str, Any]) -> list[str]:
        if level < self._level:
            return []
        return [_encode({"time": timestamp(at), "type": kind, "record": record}).decode()]

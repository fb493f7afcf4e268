"""Lambda Insights: one record for each invocation of a function that has it on, as AWS's extension writes it.

A record is a line in the embedded metric format in the one log group of all, in the name of the function's role. What
it tells of processor time and network is the invocation's own; threads, descriptors and /tmp are as they are at its
end.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.context import Clock
from lambent.invoke.output import LogSink
from lambent.invoke.trace import fields
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Invocation, Report
from lambent.sandbox.base import Environment, Measurable
from lambent.sandbox.readings import Reading

GROUP = "/aws/lambda-insights"
NAMESPACE = "LambdaInsights"

_METRICS = {
    "memory_utilization": "Percent",
    "total_memory": "Megabytes",
    "used_memory_max": "Megabytes",
    "cpu_total_time": "Milliseconds",
    "tx_bytes": "Bytes",
    "rx_bytes": "Bytes",
    "total_network": "Bytes",
    "init_duration": "Milliseconds",
}
_NS_OF_MS = 1_000_000


class Insights:
    """One environment's: `begin` with each invocation, `ended` after it."""

    def __init__(self, function: FunctionVersion, sink: LogSink, clock: Clock) -> None:
        self._function = function
        self._sink = sink
        self._clock = clock
        self._begun = Reading()

    def begin(self, environment: Environment) -> None:
        """An invocation begins."""
        self._begun = _read(environment)

    def ended(self, invocation: Invocation, report: Report, environment: Environment | None) -> None:
        """An invocation is over; `environment` is None where it is gone."""
        reading = Reading() if environment is None else _read(environment)
        at_ms = int(self._clock.now() * 1000)
        told = record(self._function, invocation, report, self._begun, reading, at_ms)
        self._sink.write(at_ms, msgspec.json.encode(told).decode())


def _read(environment: Environment) -> Reading:
    return environment.read() if isinstance(environment, Measurable) else Reading()


def record(
    function: FunctionVersion, invocation: Invocation, report: Report, begun: Reading, now: Reading, at_ms: int
) -> dict[str, Any]:
    """AWS's fields, in its order; what is not known is not there. Times in milliseconds, memory in MB, else bytes."""
    qualifier = invocation.invoked_arn.split(":", 7)[7:]
    told: dict[str, Any] = {
        "event_type": "performance",
        "function_name": function.name,
        "version": qualifier[0] if qualifier else function.version,
        "function_version": function.version,
        "request_id": report.request_id,
    }
    if invocation.trace_id is not None:
        told["trace_id"] = fields(invocation.trace_id).get("Root")
    told |= {
        "duration": report.duration_ms,
        "billed_duration": report.billed_ms,
        "billed_mb_ms": report.billed_ms * report.memory_mb,
        "cold_start": report.init_ms is not None or report.restore_ms is not None,
    }
    if report.init_ms is not None:
        told["init_duration"] = report.init_ms
    told |= {
        "used_memory_max": report.max_memory_mb,
        "total_memory": report.memory_mb,
        "memory_utilization": report.max_memory_mb * 100 // report.memory_mb,
    }
    told |= _used(begun, now)
    told |= _shutdown(report)
    metrics = [{"Name": name, "Unit": unit} for name, unit in _METRICS.items() if name in told]
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["function_name"], ["function_name", "version"]],
        "Metrics": metrics,
    }
    return {"_aws": {"Timestamp": at_ms, "CloudWatchMetrics": [directive]}, **told}


def _used(begun: Reading, now: Reading) -> dict[str, Any]:
    """What the sandbox has measured: differences of what only grows, and the rest as it is now."""
    told: dict[str, Any] = {}
    if now.cpu_ns is not None and now.user_ns is not None and now.system_ns is not None:
        user, system = now.user_ns - (begun.user_ns or 0), now.system_ns - (begun.system_ns or 0)
        total = (now.cpu_ns - (begun.cpu_ns or 0)) / _NS_OF_MS
        in_kernel = total * system / (user + system) if user + system else 0.0
        told |= {"cpu_user_time": round(total - in_kernel, 3), "cpu_system_time": round(in_kernel, 3)}
        told["cpu_total_time"] = round(total, 3)
    if now.received is not None and now.sent is not None:
        received, sent = now.received - (begun.received or 0), now.sent - (begun.sent or 0)
        told |= {"rx_bytes": received, "tx_bytes": sent, "total_network": received + sent}
    if now.tmp_size is not None and now.tmp_free is not None:
        told |= {"tmp_max": now.tmp_size, "tmp_free": now.tmp_free, "tmp_used": now.tmp_size - now.tmp_free}
    if now.threads is not None:
        told |= {"threads_max": now.threads, "fd_use": now.descriptors, "fd_max": now.most_descriptors}
    return told


def _shutdown(report: Report) -> dict[str, Any]:
    """A timeout, a crash or an exit ends all that runs in the environment; a handler's own error does not."""
    if report.status == "timeout":
        return {"timeout": True, "shutdown": True, "shutdown_reason": "Timeout"}
    return {"shutdown": True, "shutdown_reason": "Failure"} if report.status == "error" else {}

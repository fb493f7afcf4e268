"""One invocation, from the request that asks for it to the report that ends it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from lambent.model.function import FunctionVersion


class InitType(StrEnum):
    """Why an environment was started (`AWS_LAMBDA_INITIALIZATION_TYPE`)."""

    ON_DEMAND = "on-demand"
    PROVISIONED = "provisioned-concurrency"
    SNAP_START = "snap-start"
    MANAGED = "lambda-managed-instances"


class Invocation(msgspec.Struct, frozen=True):
    """What a runtime is handed. `deadline_ms` is epoch milliseconds; absent values are None.

    `traced`: Lambda itself accounts for it, in segments between `upstream`, the one that called, and the function's
    own, which `trace_id` names as Parent; `links` are the trace headers of others that it goes on with, too.
    `accepted`, in seconds since the epoch, and `attempt` are of an asynchronous event.
    """

    request_id: str
    payload: bytes
    deadline_ms: int
    invoked_arn: str
    trace_id: str | None = None
    client_context: str | None = None
    cognito_identity: str | None = None
    tenant_id: str | None = None
    content_type: str = "application/json"
    traced: bool = False
    upstream: str | None = None
    links: tuple[str, ...] = ()
    accepted: float | None = None
    attempt: int = 1


class FunctionError(msgspec.Struct, frozen=True):
    """The function failed: a result, never an exception across floors.

    `payload` is the JSON that the caller receives; `error_type` the platform's or runtime's type
    (`Sandbox.Timedout`, `Runtime.ExitError`, `ValueError`, ...).
    """

    error_type: str
    payload: bytes


class ExitStatus(msgspec.Struct, frozen=True):
    """How a runtime's process ended. Exactly one of `code` and `signal` is set; `oom` if memory ran out.

    `refused` says why the runtime's program could not even be started.
    """

    code: int | None = None
    signal: int | None = None
    oom: bool = False
    refused: str | None = None

    def describe(self) -> str:
        """AWS's words: `exit status 1`, `signal: killed`."""
        if self.signal is not None:
            return "signal: " + _SIGNALS.get(self.signal, f"signal {self.signal}")
        return f"exit status {self.code}"


_SIGNALS = {
    1: "hangup",
    2: "interrupt",
    3: "quit",
    4: "illegal instruction",
    5: "trace/breakpoint trap",
    6: "aborted",
    7: "bus error",
    8: "floating point exception",
    9: "killed",
    10: "user defined signal 1",
    11: "segmentation fault",
    12: "user defined signal 2",
    13: "broken pipe",
    14: "alarm clock",
    15: "terminated",
}


class InvocationResult(msgspec.Struct, frozen=True):
    """What the caller gets: the payload, and the function's error if it failed.

    `log_tail` is the last 4 KB of the invocation's log, only when it was asked for. `trace_id` is the
    `X-Amzn-Trace-Id` header that the function saw.
    """

    payload: bytes
    executed_version: str
    function_error: str | None = None
    log_tail: bytes | None = None
    trace_id: str | None = None


class Report(msgspec.Struct, frozen=True):
    """The figures of one invocation, all measured. Durations in milliseconds, memory in MB.

    `trace_id` is the `X-Amzn-Trace-Id` header of one that Lambda itself accounts for in a trace.
    """

    request_id: str
    duration_ms: float
    billed_ms: int
    memory_mb: int
    max_memory_mb: int
    init_ms: float | None = None
    status: str = "success"
    error_type: str | None = None
    restore_ms: float | None = None
    billed_restore_ms: int = 0
    trace_id: str | None = None


class Ended(msgspec.Struct, frozen=True):
    """One invocation that is over, for those who keep account. `begun` is when it was handed to its environment, in
    seconds since the epoch; `function` the version that ran, in an environment of `init_type`; `streamed` the bytes of
    an answer in pieces; `overhead` the last seconds of its duration, when its answer was there already; `cause` what
    the runtime tells X-Ray of a handler's error, JSON; `extensions_ms` how long extensions went on after the runtime,
    where there are some."""

    function: FunctionVersion
    invocation: Invocation
    report: Report
    init_type: InitType
    begun: float
    streamed: int = 0
    overhead: float = 0.0
    cause: str | None = None
    extensions_ms: float | None = None


class Load(msgspec.Struct, frozen=True):
    """How much ran at once, at most, in a stretch of time: by function name, in the account, and all without reserved
    concurrency; `claimed` is what of the account's concurrency is some function's own; `provisioned` by the ARN that
    it was asked for: how much of it ran, and how much is there."""

    account: str
    region: str
    peaks: Mapping[str, int]
    total: int
    unreserved: int
    claimed: int
    provisioned: Mapping[str, tuple[int, int]] = {}

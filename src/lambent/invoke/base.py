"""What the floors above may ask of the data plane, and what it asks of them.

`Invoker` is the seam that services and the gateway build on (`dispatcher.Dispatcher` is the real one);
`Credentials` and `Closeable` are what `app.py` fills in from above. Nothing here has behaviour.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from lambent.context import Context
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.model.function import FunctionVersion
from lambent.model.invocation import InvocationResult


class InvokeRequest(msgspec.Struct, frozen=True):
    """One synchronous invocation as the caller asked for it.

    `invoked_arn` is the ARN as it was addressed (with the qualifier, if one was given): the handler sees
    it as `context.invoked_function_arn`. `client_context` is JSON text (already base64-decoded).
    `trace_id` is the caller's `X-Amzn-Trace-Id` header, if any; a new one is made otherwise and comes
    back in the result, with `lineage` as its `Lineage`. `links` are the headers of others that it goes on with, too.
    `log_tail` asks for the last 4 KB of the log in the result. `accepted` (seconds since the epoch) and `attempt` are
    of an asynchronous event.
    """

    payload: bytes
    invoked_arn: str
    log_tail: bool = False
    client_context: str | None = None
    cognito_identity: str | None = None
    tenant_id: str | None = None
    trace_id: str | None = None
    lineage: str | None = None
    links: tuple[str, ...] = ()
    accepted: float | None = None
    attempt: int = 1


class Credentials(msgspec.Struct, frozen=True):
    """What a function signs its own calls with. They must outlive an environment (`lifetime_seconds`)."""

    access_key_id: str
    secret_access_key: str
    session_token: str


class EnvironmentInfo(msgspec.Struct, frozen=True):
    """One environment as it is now, for listings.

    `init_type` is why it was started, `state` one of `lifecycle.State`; `started_at` seconds since the epoch;
    `init_ms` None until INIT has succeeded. `memory_mb` is the limit, `memory_bytes` what the last invocation needed
    at most, `cpu_seconds` all that it has used. `cold` invocations waited for an INIT, `warm` ones did not.
    """

    id: str
    function_arn: str
    revision_id: str
    runtime: str
    init_type: str
    state: str
    log_group: str
    log_stream: str
    started_at: float
    invocations: int
    init_ms: float | None
    memory_mb: int
    memory_bytes: int
    cpu_seconds: float
    cold: int
    warm: int


class ProvisionedStatus(StrEnum):
    """How an allocation of provisioned concurrency stands."""

    IN_PROGRESS = "IN_PROGRESS"
    READY = "READY"
    FAILED = "FAILED"


class Provisioned(msgspec.Struct, frozen=True):
    """What is provisioned for one version or alias: environments asked for, initialized, and open to requests.

    `reason` says why it failed: AWS's `FUNCTION_ERROR_INIT_FAILURE`, or a sentence of ours.
    """

    requested: int
    allocated: int
    available: int
    status: ProvisionedStatus
    reason: str | None = None


class Closeable(Protocol):
    """Something being served (the gateway on an environment's endpoint) that can be stopped."""

    async def close(self) -> None: ...


class InitFailure(msgspec.Struct, frozen=True):
    """The function failed in its INIT: `code` is AWS's StateReasonCode."""

    code: str
    reason: str


class Invoker(Protocol):
    """Runs functions. Every method but `invoke` and `invoke_stream` returns at once."""

    async def invoke(self, ctx: Context, function: FunctionVersion, request: InvokeRequest) -> InvocationResult:
        """Run one invocation to its answer; `ctx.request_id` is the invocation's id.

        The caller has checked that `function` is Active and the payload within limits. A function that
        fails is a result (`function_error` is `Unhandled`), never an exception. Raises ApiError
        `TooManyRequestsException` (429, `Reason`, `Retry-After`) or `InvalidRuntimeException`, and
        PlatformError. Cancelling the call does not stop the function.
        """
        ...

    async def invoke_stream(self, ctx: Context, function: FunctionVersion, request: InvokeRequest) -> StreamedAnswer:
        """As `invoke`, but it returns as soon as the function has begun to answer, or has failed.

        The caller iterates over the answer to its end, or closes it: nobody else holds the function back. An answer
        that comes whole is one piece.
        """
        ...

    def retire(self, arn: str, keep: str | None) -> None:
        """End the environments of `arn` (a version's ARN, or a function's for all its versions).

        Idle ones at once, busy ones after their answer. Those of revision `keep` stay: call this with the
        new `revision_id` after an update, with None after a deletion.
        """
        ...

    def reserve(self, function_arn: str, concurrency: int | None) -> None:
        """Set or clear (None) the reserved concurrency of a function (ARN without version).

        Raises ValueError if fewer unreserved than the account's minimum would remain, or if it is less than what the
        function has provisioned.
        """
        ...

    def provision(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """Keep environments initialized for the ARN of a version or an alias; returns at once (see `provisioned`).

        `shares`: how many of which published version; usually one, two while an alias moves traffic, none to end
        it. Call it anew when the alias points elsewhere: the new environments replace the old ones one by one.
        Raises ValueError if it is more than the function's reserved concurrency, or than the account can spare.
        """
        ...

    def provisioned(self, arn: str) -> Provisioned | None:
        """How the allocation for `arn` stands; None if nothing is provisioned for it."""
        ...

    def plan(self, function: FunctionVersion, least: int, most: int, vcpus: float, target: float | None = None) -> None:
        """Keep between `least` and `most` environments of a function version on managed instances; none if `most` is 0.

        All environments of its capacity provider have `vcpus` processors together. With a `target` (percent) another
        one is started also while the processors of those that there are, are busier than that. Returns at once.
        """
        ...

    async def launched(self, function: FunctionVersion) -> InitFailure | None:
        """When as many environments are initialized as were planned for a version, or as there is room for.

        Or when its INIT has failed; then why. What the platform fails to do is tried again, and not waited for.
        """
        ...

    def environments(self) -> list[EnvironmentInfo]:
        """Every environment, in the order in which they were started."""
        ...

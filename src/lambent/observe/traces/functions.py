"""What functions add to traces: their own segments, and those by which Lambda accounts for its time.

Lambda's are of functions that are traced actively, and of requests that are sampled; in pass-through mode a function's
own segments hang where the caller's did. Everything is sent in the function's name: a role that may not, sends nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import msgspec

from lambent.context import Ids
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Ended, InitType
from lambent.observe.flusher import Flusher

SERVICE, FUNCTION = "AWS::Lambda", "AWS::Lambda::Function"
SEND_SECONDS = 1.0
AT_ONCE = 50
"""Documents of one PutTraceSegments."""

MOST_OF_FUNCTION = 5000
"""Documents of one function that may wait; more are dropped."""

Send = Callable[[FunctionVersion, Sequence[str]], Awaitable[None]]
"""Puts segment documents in the name of a function. Raises ApiError, PlatformError."""

_encode = msgspec.json.Encoder().encode
_LOG = logging.getLogger(__name__)


class FunctionTraces:
    """The `invoke.witness.Witness` of traces. Open it with `async with`; leaving it drops what still waits."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._waiting: dict[str, tuple[FunctionVersion, list[str]]] = {}
        self._flusher = Flusher(self.flush, SEND_SECONDS, "traces of functions")
        self._send: Send | None = None
        self._refused: set[str] = set()
        """Functions whose role may not, told once in the log."""

    def open_to(self, send: Send) -> None:
        """From now on segments can be sent: X-Ray is made after this."""
        self._send = send

    async def __aenter__(self) -> Self:
        await self._flusher.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._send = None  # nobody is there any more to take them
        await self._flusher.__aexit__(*exc)

    def add(self, function: FunctionVersion, document: str) -> None:
        """A segment of a function's, as it sent it."""
        _, documents = self._waiting.setdefault(function.arn, (function, []))
        if len(documents) < MOST_OF_FUNCTION:
            documents.append(document)
            self._flusher.wake()

    def ended(self, ended: Ended) -> None:
        """An invocation is over."""
        function, invocation = ended.function, ended.invocation
        if function.tracing != "Active" or invocation.trace_id is None:
            return
        header = dict(part.partition("=")[::2] for part in invocation.trace_id.split(";"))
        if header.get("Sampled") == "1":
            for fields in self._fields(ended, header["Root"], header["Parent"]):
                self.add(function, _encode(fields).decode())

    def throttled(self, function: FunctionVersion, invoked_arn: str) -> None:
        """What never ran has left no time to account for."""

    def provisioned(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """No matter of traces."""

    async def flush(self) -> None:
        """Send what waits. Never raises for what X-Ray says."""
        waiting, self._waiting = self._waiting, {}
        for function, documents in waiting.values():
            for start in range(0, len(documents), AT_ONCE):
                await self._put(function, documents[start : start + AT_ONCE])

    async def _put(self, function: FunctionVersion, documents: Sequence[str]) -> None:
        if self._send is None:
            return
        try:
            await self._send(function, documents)
        except (ApiError, PlatformError) as error:
            if function.arn not in self._refused:
                self._refused.add(function.arn)
                _LOG.warning("traces of %s are lost: %s", function.arn, error)
        else:
            self._refused.discard(function.arn)

    def _fields(self, ended: Ended, trace: str, function_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        function, invocation, report = ended.function, ended.invocation, ended.report
        begun, end = ended.begun, ended.begun + report.duration_ms / 1000
        before = (report.init_ms or report.restore_ms or 0.0) / 1000
        times = {"trace_id": trace, "start_time": begun - before, "end_time": end}
        service: dict[str, Any] = {
            "name": function.name,
            "id": self._ids.hex(16),
            **times,
            "origin": SERVICE,
            "resource_arn": invocation.invoked_arn,
            "http": {"response": {"status": 200}},
            "aws": {"request_id": invocation.request_id},
        }
        if invocation.upstream is not None:
            service["parent_id"] = invocation.upstream
        of_function: dict[str, Any] = {
            "name": function.name,
            "id": function_id,
            "parent_id": service["id"],
            **times,
            "origin": FUNCTION,
            "resource_arn": function.arn,
            "aws": {
                "account_id": function.account,
                "function_arn": function.arn,
                "cloudwatch_logs": [{"log_group": function.logging.log_group}],
                "initialization_type": ended.init_type.value,
            },
            "subsegments": self._parts(ended, before, end),
        }
        if report.status != "success":
            service["fault"] = of_function["fault"] = True
            if report.error_type is not None:
                of_function["cause"] = {"exceptions": [{"id": self._ids.hex(16), "type": report.error_type}]}
        return service, of_function

    def _parts(self, ended: Ended, before: float, end: float) -> list[dict[str, Any]]:
        """INIT or RESTORE if this invocation waited for it, and the invocation."""
        report, begun = ended.report, ended.begun
        parts = []
        if before and ended.init_type is not InitType.PROVISIONED:
            name = "Initialization" if report.init_ms is not None else "Restore"
            parts.append(self._part(name, begun - before, begun, ended.function.arn))
        invoked = self._part("Invocation", begun, end, ended.function.arn)
        parts.append(invoked if report.status == "success" else invoked | {"fault": True})
        return parts

    def _part(self, name: str, start: float, end: float, arn: str) -> dict[str, Any]:
        return {
            "id": self._ids.hex(16),
            "name": name,
            "start_time": start,
            "end_time": end,
            "aws": {"function_arn": arn},
        }

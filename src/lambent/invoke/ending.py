"""How one invocation ended, before anybody is told. A value that its environment fills in; it decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from lambent.model.invocation import FunctionError


@dataclass(slots=True)
class Ending:
    """How one invocation ended.

    `status` is the report's: `success`, `failure` (the handler's own error), `error` (crash, failed INIT) or
    `timeout`; `message` what the old log line says of the last two, if anything. `streamed`: bytes that the runtime
    has sent before, in pieces. `cause`: the handler's own error as X-Ray is told of it, JSON.
    """

    request_id: str
    payload: bytes
    status: str = "success"
    error_type: str | None = None
    message: str | None = None
    streamed: int | None = None
    cause: str | None = None

    @property
    def produced_bytes(self) -> int | None:
        """How much the runtime has answered; None if it has not, or not to its end."""
        if not self.answered:
            return None
        return len(self.payload) if self.streamed is None else self.streamed

    @property
    def answered(self) -> bool:
        """True if the runtime answered, so that it may serve again."""
        return self.status in ("success", "failure")

    def fail(self, status: str, error: FunctionError, message: str | None = None) -> None:
        """Turn it into a failure of the environment."""
        self.status, self.payload, self.error_type, self.message = status, error.payload, error.error_type, message

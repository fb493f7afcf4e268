"""How to talk to a runtime's process: over its private socket where it has one."""

from __future__ import annotations

from lambent.model.errors import PlatformError
from lambent.runtime_api.framed import FramedSession
from lambent.runtime_api.session import RuntimeSession
from lambent.sandbox.base import Environment, RuntimeProcess


async def open_session(environment: Environment, process: RuntimeProcess) -> RuntimeSession:
    """A session with a process that was just started. Raises PlatformError if there is no way to talk to it."""
    if process.channel is not None:
        return await FramedSession.connect(process.channel)
    raise PlatformError(f"environment {environment.spec.id} has neither a channel nor a Runtime API")

"""How to talk to a runtime's process: over its private socket if it has one, else over the Runtime API."""

from __future__ import annotations

from lambent.model.errors import PlatformError
from lambent.runtime_api.framed import FramedSession
from lambent.runtime_api.http_api import HttpSession
from lambent.runtime_api.session import RuntimeSession
from lambent.sandbox.base import Environment, RuntimeProcess


async def open_session(environment: Environment, process: RuntimeProcess) -> RuntimeSession:
    """A session with a process that was just started. Raises PlatformError if there is no way to talk to it."""
    if process.channel is not None:
        return await FramedSession.connect(process.channel)
    if environment.runtime_api is not None:
        return await HttpSession.listen(environment.runtime_api)
    raise PlatformError(f"environment {environment.spec.id} has neither a channel nor a Runtime API")

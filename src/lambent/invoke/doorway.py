"""Where an environment's processes reach Lambda's own APIs: a listening socket inside, and the door behind it.

Most functions never knock: a door is made when the first one does, unless somebody is sure to.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Final

from lambent.runtime_api.door import EnvironmentDoor
from lambent.sandbox.base import Environment, Extensible

_log = logging.getLogger(__name__)

ADDRESS: Final = ("127.0.0.1", 9001)
"""Inside an environment that has a network of its own."""

_BACKLOG = 128


class Doorway:
    """One crew's. `make_door` makes the door when it is needed."""

    def __init__(self, environment: Environment, make_door: Callable[[], EnvironmentDoor]) -> None:
        self._environment = environment
        self._make_door = make_door
        self._listener: socket.socket | None = None
        self._door: asyncio.Task[EnvironmentDoor] | None = None
        self._closed = False

    @property
    def address(self) -> str | None:
        """Where to knock: AWS_LAMBDA_RUNTIME_API."""
        return None if self._listener is None else "{}:{}".format(*self._listener.getsockname())

    async def open(self, *, at_once: bool) -> None:
        """Listen, and make the door `at_once` or when somebody knocks. Raises PlatformError, OSError."""
        listener = await self._listen()
        if listener is None:
            return
        self._listener = listener
        if not at_once:
            asyncio.get_running_loop().add_reader(listener.fileno(), self._knocked)
        else:
            self._knocked()
            if self._door is not None:
                await asyncio.shield(self._door)

    async def close(self) -> None:
        """Hang up on everybody; the socket stays if it is the sandbox's. Idempotent, never raises."""
        self._closed = True
        listener, self._listener = self._listener, None
        if listener is None:
            return
        asyncio.get_running_loop().remove_reader(listener.fileno())
        try:
            if self._door is not None:
                await (await self._door).close()
        except Exception:
            _log.exception("environment %s: its APIs could not be closed", self._environment.spec.id)
        if listener is not self._environment.runtime_api:
            listener.close()

    async def _listen(self) -> socket.socket | None:
        """The socket that all knock at; None where there is no address that the processes would know."""
        environment = self._environment
        if environment.runtime_api is not None:
            return None if self._closed else environment.runtime_api
        if environment.endpoint is None or not isinstance(environment, Extensible):
            return None
        listener = await environment.open_socket()
        if self._closed:
            listener.close()
            return None
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(ADDRESS)
        listener.listen(_BACKLOG)
        return listener

    def _knocked(self) -> None:
        if self._listener is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listener.fileno())
        self._door = loop.create_task(self._make_door().open(self._listener))

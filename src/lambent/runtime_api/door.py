"""The one HTTP door of an environment: every API that is served inside it, on one listening socket.

It only tells them apart. Whatever is in the environment can knock, so each API checks for itself who asks and when; all
that a caller can reach is its own environment's.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from lambent.http.message import Request, Response
from lambent.http.server import Server
from lambent.runtime_api import credentials_api, extensions_api, metadata_api, replies, telemetry_api
from lambent.runtime_api.extensions_api import ExtensionsApi
from lambent.runtime_api.http_api import LIMITS, HttpSession
from lambent.runtime_api.metadata_api import MetadataApi
from lambent.runtime_api.telemetry_api import TelemetryApi

_RUNTIME = "/2018-06-01/"


class EnvironmentDoor:
    """The APIs of one INIT and all that follows it; another door may follow on the same socket.

    `runtime` is None for runtimes that are spoken to otherwise (managed Python). `extensions` and `telemetry` are None
    where the kill switch disables extensions. `credentials` is None where variables have them.
    """

    def __init__(
        self,
        *,
        runtime: HttpSession | None,
        extensions: ExtensionsApi | None,
        telemetry: TelemetryApi | None,
        metadata: MetadataApi,
        credentials: Callable[[Request], Response] | None = None,
    ) -> None:
        self.runtime = runtime
        self.extensions = extensions
        self._telemetry = telemetry
        self._metadata = metadata
        self._credentials = credentials
        self._connections = LIMITS.connections if runtime is None else runtime.connections
        self._server = Server(self.handle, limits=replace(LIMITS, connections=self._connections))

    async def open(self, listener: socket.socket) -> Self:
        """Serve on a listening socket, which stays the caller's."""
        await self._server.listen_socket(listener.dup(), connections=self._connections)
        return self

    async def close(self) -> None:
        """End the conversations and hang up. Idempotent."""
        if self.runtime is not None:
            self.runtime.close()
        if self.extensions is not None:
            self.extensions.close()
        await self._server.drain(0.0)

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        path = request.path
        if path == "/ping" or path.startswith(_RUNTIME):
            return await self._ask_runtime(request)
        if path.startswith(extensions_api.BASE):
            return Response(404) if self.extensions is None else await self.extensions.handle(request)
        if (api := telemetry_api.PATHS.get(path.removesuffix("/"))) is not None:
            return Response(404) if self._telemetry is None else await self._telemetry.handle(request, api)
        if path == metadata_api.PATH:
            return self._metadata.handle(request)
        if path == credentials_api.PATH and self._credentials is not None:
            return self._credentials(request)
        return replies.not_found()

    async def _ask_runtime(self, request: Request) -> Response:
        if self.runtime is not None:
            return await self.runtime.handle(request)
        if request.method == "GET" and request.path in ("/ping", f"{_RUNTIME}ping"):
            return replies.pong()
        return replies.not_found()

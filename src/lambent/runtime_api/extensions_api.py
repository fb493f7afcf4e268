"""The Extensions API of 2020-01-01 over HTTP, and the awaitable side of its `ExtensionHost` for the platform.

It turns requests into calls on the host and waits for what the host says. Which processes exist, how long anything may
take and what a failure means to the invocation are the environment's to decide.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from lambent.http.message import Request, Response
from lambent.model.invocation import ExitStatus, Invocation
from lambent.runtime_api import replies
from lambent.runtime_api.extension_states import Event
from lambent.runtime_api.extensions import ExtensionHost, Failure, Refused, ShutdownReason

BASE = "/2020-01-01/extension/"
IDENTIFIER = "Lambda-Extension-Identifier"
LARGEST_BODY: Final = 64 * 1024
"""Bytes of a registration or subscription; nothing that AWS documents comes near."""

ENDED = Failure("Sandbox.Failure", "The environment was ended")

_NAME = "lambda-extension-name"
_FEATURES = "lambda-extension-accept-feature"
_ERROR_TYPE = "Lambda-Extension-Function-Error-Type"
_UUID = re.compile(
    r"(?:urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\{[0-9a-f-]{36}\}|[0-9a-f]{32}",
    re.IGNORECASE,
)
_JSON = ("Content-Type", "application/json")
_encode = msgspec.json.Encoder().encode


class FunctionFacts(msgspec.Struct, frozen=True):
    """What an extension is told of the function; `account` only if it asked for it."""

    name: str
    version: str
    handler: str
    account: str
    shared: bool = False
    """It runs on managed instances."""


class _Registration(msgspec.Struct):
    events: list[str] | None = None
    configurationKeys: list[str] | None = None  # noqa: N815 - the name on the wire


_decode = msgspec.json.Decoder(_Registration | None).decode


class ExtensionsApi:
    """One per INIT: after a reset extensions register anew. `new_id` makes UUIDs in AWS's form."""

    def __init__(self, function: FunctionFacts, new_id: Callable[[], str]) -> None:
        self.host = ExtensionHost(new_id, shared=function.shared)
        self._function = function
        self._new_id = new_id
        self._asking: dict[str, Request] = {}
        self._waiters: set[asyncio.Future[None]] = set()
        self._closed = False

    # What the platform does: see ExtensionHost.

    def expect(self, names: Iterable[str]) -> None:
        """External extensions about to be launched: the names of their executables."""
        self.host.expect(map(_readable, names))
        self._changed()

    def not_launched(self, name: str, reason: str, message: str) -> None:
        """One that could not be: `PermissionDenied` or `UnknownError`, and the system's words."""
        self.host.not_launched(_readable(name), reason, message)
        self._changed()

    def exited(self, name: str, status: ExitStatus) -> None:
        """The process of a launched extension has ended."""
        self.host.exited(_readable(name), status)
        self._changed()

    def close_registration(self) -> None:
        """The runtime has asked for its first event. Raises PlatformError the second time."""
        self.host.close_registration()
        self._changed()

    def invoke(self, invocation: Invocation) -> None:
        """Tell the extensions that asked for it. Raises PlatformError out of turn."""
        self.host.invoke(invocation)
        self._changed()

    def shutdown(self, reason: ShutdownReason, deadline_ms: int) -> None:
        """Tell the external extensions that asked for it. Raises PlatformError the second time."""
        self.host.shutdown(reason, deadline_ms)
        self._changed()

    async def registered(self) -> Failure | None:
        """Wait until all that were launched have registered (the runtime may start), or one has ended."""
        return await self._until(lambda: self.host.registered)

    async def initialized(self) -> Failure | None:
        """Wait until all that registered have asked for their next event (INIT is over), or one has ended."""
        return await self._until(lambda: self.host.initialized)

    async def settled(self) -> Failure | None:
        """Wait until all that were told of the invocation have asked for their next event, or one has ended."""
        return await self._until(lambda: self.host.settled)

    async def gone(self) -> None:
        """Wait until all that were told of the shutdown have ended."""
        await self._until(lambda: not self.host.leaving)

    def close(self) -> None:
        """Refuse everything from now on and answer who waits. Idempotent."""
        self._closed = True
        self._changed()

    # What extensions ask for.

    async def handle(self, request: Request) -> Response:
        """Answer one request below `BASE`."""
        if self._closed:
            return replies.internal_error()
        try:
            match request.method, request.path.removeprefix(BASE):
                case "POST", "register":
                    return await self._register(request)
                case "GET", "event/next":
                    return await self._next(request)
                case "POST", "init/error":
                    return self._report(request, Event.INIT_ERROR)
                case "POST", "exit/error":
                    return self._report(request, Event.EXIT_ERROR)
                case _, "register" | "event/next" | "init/error" | "exit/error":
                    return Response(405)
        except Refused as refusal:
            return refused(refusal)
        return replies.not_found()

    async def _register(self, request: Request) -> Response:
        name = request.headers.get(_NAME, "")
        if not name:
            raise Refused("Extension.InvalidExtensionName", "Empty extension name")
        if request.content_length is not None and request.content_length > LARGEST_BODY:
            return too_large()
        events = _events(await request.read(LARGEST_BODY))
        # Header values are bytes read as Latin-1; the name is a file's, thus UTF-8.
        identifier = self.host.register(name.encode("latin-1").decode("utf-8", "replace"), events)
        self._changed()
        function = self._function
        body = {"functionName": function.name, "functionVersion": function.version, "handler": function.handler}
        if "accountId" in [feature.strip() for feature in request.headers.get(_FEATURES, "").split(",")]:
            body["accountId"] = function.account
        return Response(200, [_JSON, (IDENTIFIER, identifier)], _encode(body))

    async def _next(self, request: Request) -> Response:
        identifier = identify(request)
        before = self._asking.get(identifier)
        if before is not None and before.disconnected.done():
            self.host.lose(identifier)
        self.host.ask(identifier)
        self._asking[identifier] = request
        self._changed()
        try:
            while (event := self.host.take(identifier)) is None:
                await self._change(request.disconnected)
                if self._closed or request.disconnected.done():
                    return replies.internal_error()
        finally:
            if self._asking.get(identifier) is request:
                del self._asking[identifier]
                self.host.lose(identifier)
        return Response(200, [_JSON, ("Lambda-Extension-Event-Identifier", self._new_id())], event)

    def _report(self, request: Request, event: Event) -> Response:
        identifier = identify(request)
        error_type = request.headers.get(_ERROR_TYPE.lower(), "")
        if not error_type:
            raise Refused("Extension.MissingHeader", f"{_ERROR_TYPE} not found")
        self.host.report(identifier, event, error_type)
        self._changed()
        return replies.accepted()

    # Waiting.

    async def _until(self, condition: Callable[[], bool]) -> Failure | None:
        while (failure := self.host.failure) is None and not condition():
            if self._closed:
                return ENDED
            await self._change()
        return failure

    async def _change(self, *others: asyncio.Future[None]) -> None:
        """Wait until anything has changed, or one of `others` is done."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait((waiter, *others), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiters.discard(waiter)

    def _changed(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)


def identify(request: Request) -> str:
    """The identifier that a request bears, lower-case and dashed. Raises Refused."""
    header = request.headers.get(IDENTIFIER.lower(), "")
    if not header:
        raise Refused("Extension.MissingExtensionIdentifier", f"Missing {IDENTIFIER} header")
    if not _UUID.fullmatch(header):
        raise Refused("Extension.InvalidExtensionIdentifier", f"Invalid {IDENTIFIER}")
    try:
        return str(uuid.UUID(header))
    except ValueError:
        raise Refused("Extension.InvalidExtensionIdentifier", f"Invalid {IDENTIFIER}") from None


def refused(refusal: Refused) -> Response:
    """403: a request that an extension must not make."""
    return replies.refusal(403, refusal.error_type, refusal.message)


def too_large() -> Response:
    """413: a body beyond `LARGEST_BODY`."""
    message = f"Exceeded maximum allowed payload size ({LARGEST_BODY} bytes)."
    return replies.refusal(413, "RequestEntityTooLarge", message)


def _events(body: bytes) -> list[str]:
    if not body:
        raise Refused("InvalidRequestFormat", "unexpected end of JSON input")
    try:
        registration = _decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Refused("InvalidRequestFormat", str(error)) from None
    if registration is None:
        return []
    if registration.configurationKeys:
        raise Refused("InvalidRequestFormat", "configurationKeys are deprecated; use environment variables instead")
    return registration.events or []


def _readable(name: str) -> str:
    """A file's name as the header would bring it: what is not UTF-8 in it is replaced."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

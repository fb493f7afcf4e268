"""The front door, the whole of it: seven steps from an HTTP request to an HTTP response.

Each step either goes on or raises; every refusal leaves through one place. The steps' own knowledge is in
their modules; here is only their order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from lambent.context import Clock, Context, Ids, Principal
from lambent.gateway import answers
from lambent.gateway.admin import Admin
from lambent.gateway.assets import Assets
from lambent.gateway.audit import Event, changes, is_told, spelled
from lambent.gateway.authenticate import SHORT_BYTES, Authenticator
from lambent.gateway.authorize import Authorizer
from lambent.gateway.bodies import Bodies
from lambent.gateway.checks import check
from lambent.gateway.dispatch import Service, Services
from lambent.gateway.identify import by_path, by_shape, identify, likely_protocol, match, not_identified, region_of
from lambent.gateway.refusals import Refused
from lambent.gateway.sigv4 import Claim
from lambent.gateway.unsigned import NOBODY, unsigned_form
from lambent.http.body import BodyTooLarge, RequestError
from lambent.http.message import Request, Response
from lambent.model.errors import ApiError
from lambent.services.access import Place
from lambent.services.operation import Operation, Result
from lambent.wire.request import WireError, WireRequest
from lambent.wire.route import Match, protocol_of, route, unknown_operation
from lambent.wire.server import parse_request

BODY_BYTES = 16 * 1024 * 1024
"""What a request may carry to an operation that says nothing of its own."""

_LARGE_BYTES = 1024 * 1024
"""Bodies above this are parsed in a thread."""

_TOLD_BYTES = 4096
"""Parameters out of larger bodies are spelled at once for the audit trail, not held until others are."""

_LOG = logging.getLogger(__name__)


class _Call(msgspec.Struct):
    """One request on its way through the steps; each fills in what the next ones need."""

    request: Request
    request_id: str
    region: str
    protocol: str = "rest-json"
    claim: Claim | None = None
    service: Service | None = None
    match: Match | None = None
    operation: Operation | None = None
    principal: Principal | None = None
    account: str = ""
    body: bytes = b""
    params: dict[str, Any] = {}
    result: Result = {}


class Gateway:
    """Answers AWS's APIs, Lambent's own addresses below `/_lambent/`, and the page there."""

    def __init__(
        self,
        services: Services,
        authenticator: Authenticator,
        authorizer: Authorizer,
        admin: Admin,
        *,
        region: str,
        clock: Clock,
        ids: Ids,
        tell: Callable[[Event], None] | None = None,
    ) -> None:
        """`region` is that of unsigned requests; `tell` keeps the audit trail's events."""
        self._told = tell
        self._services = services
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._admin = admin
        self._region = region
        self._clock = clock
        self._ids = ids
        self._bodies = Bodies()
        self._assets = Assets()

    async def handle(self, request: Request) -> Response:
        """Answer one request; raises only `http.body.RequestError`, for what the HTTP server answers itself."""
        if request.path.startswith("/_lambent"):
            if (page := self._assets.find(request)) is not None:
                return page
            if request.path.startswith(Admin.PREFIX):
                return await self._admin.handle(request)
        call = _Call(request, self._ids.request_id(), self._region)
        try:
            unsigned = "authorization" not in request.headers and await self._unsigned(call)
            if not unsigned and not self._identify(call):
                raise await not_identified(request, call.claim)
            await self._authenticate(call)
            if len(call.body) > _LARGE_BYTES:
                await asyncio.to_thread(self._parse, call)
            else:
                self._parse(call)
            await self._authorize(call)
            self._validate(call)
            call.result = await self._dispatch(call)
            self._tell(call, None)
            return self._render(call)
        except RequestError:
            raise
        except Exception as error:
            return self._refuse(call, error)

    def _identify(self, call: _Call) -> bool:
        """Service, region, and the operation where the head of the request tells it. False: no service is meant."""
        request = call.request
        try:
            call.claim = self._authenticator.claim(request)
        except Refused:
            call.service = by_shape(request, self._services)
            if call.service is not None:  # then the refusal has its spelling
                call.protocol = protocol_of(call.service.model, _wire(request))
            raise
        call.region = region_of(request, call.claim, self._region)
        known = by_path(request, call.claim, self._services)
        if known is not None:
            service, call.match = known
        elif (found := identify(request, call.claim, self._services)) is not None:
            service, call.match = found, match(found.model, _wire(request))
        else:
            return False
        call.service = service
        if call.match is None:
            call.protocol = protocol_of(service.model, _wire(request))
        else:
            call.protocol = call.match.protocol
            call.operation = service.operation(call.match.operation.name)
        return True

    async def _unsigned(self, call: _Call) -> bool:
        """Whether it is a call that nobody need sign: a form whose body names one that brings its own proof."""
        found = await unsigned_form(call.request, self._services)
        if found is None:
            return False
        call.service, call.body = found
        call.protocol, call.principal, call.account = "query", NOBODY, NOBODY.account
        return True

    async def _authenticate(self, call: _Call) -> None:
        """Whose request it is. Nobody's body is read before its key is known."""
        if call.principal is NOBODY:
            return
        secret, call.principal = await self._authenticator.whose(call.claim)
        call.account = call.principal.account
        limit = BODY_BYTES
        if call.operation is not None and (own := call.operation.mark.body_limit) is not None:
            limit = own
        try:
            body = call.request.whole(limit)
            if body is None:
                declared = call.request.content_length
                with self._bodies.coming(call.principal, limit if declared is None else min(declared, limit)):
                    body = await call.request.read(limit)
        except BodyTooLarge as error:
            raise _too_large(call.operation, error.limit) from error
        if len(body) <= SHORT_BYTES:
            call.body = self._authenticator.verified(call.claim, call.request, body, secret)
        else:
            call.body = await self._authenticator.check(call.claim, call.request, body, secret)

    def _parse(self, call: _Call) -> None:
        """The operation's parameters, as the model types them."""
        service = call.service
        assert service is not None
        asked = _wire(call.request, call.body)
        if call.match is None:
            call.match = route(service.model, asked)
            if call.match is None:
                raise unknown_operation(service.model, asked)
            call.operation = service.operation(call.match.operation.name)
        call.params = parse_request(service.model, call.match, asked)

    async def _authorize(self, call: _Call) -> None:
        """May this caller do that? What the call is about also tells in which account it acts."""
        assert call.principal is not None
        assert call.service is not None
        assert call.match is not None
        access = call.service.access
        needs = await access.needs(call.match.operation.name, Place(call.principal.account, call.region), call.params)
        await self._authorizer.check(call.principal, access, needs, call.region, call.request)
        if needs:
            call.account = needs[0].account

    def _validate(self, call: _Call) -> None:
        """The constraints of the model, in AWS's words."""
        assert call.match is not None
        assert call.operation is not None
        check(call.match.operation, call.match.protocol, call.operation, call.params)

    def _dispatch(self, call: _Call) -> Awaitable[Result]:
        """The service's own code."""
        assert call.principal is not None
        assert call.operation is not None
        request = call.request
        ctx = Context(
            account=call.account,
            region=call.region,
            principal=call.principal,
            request_id=call.request_id,
            clock=self._clock,
            ids=self._ids,
            endpoint=f"{request.scheme}://{request.headers.get('host') or 'localhost'}",
            trace_id=request.headers.get("x-amzn-trace-id"),
        )
        return call.operation.handler(ctx, call.params)

    def _render(self, call: _Call) -> Response:
        """The answer."""
        assert call.service is not None
        assert call.match is not None
        return answers.answer(
            call.service.model, call.match.operation, call.match.protocol, call.result, call.request_id
        )

    def _tell(self, call: _Call, error: ApiError | None, why: Mapping[str, Any] | None = None) -> None:
        """Leave a trace in the audit trail: of what was managed, and of everything that was denied."""
        if self._told is None:
            return
        operation = call.match.operation if call.match is not None else None
        service = call.service.model.service if call.service is not None else ""
        denied = error is not None and error.status == 403
        if not is_told(service, "" if operation is None else operation.name, denied=denied):
            return
        client = call.request.client
        event = Event(
            request_id=call.request_id,
            event_id=self._ids.request_id(),
            now=self._clock.now(),
            service=service,
            operation=operation,
            region=call.region,
            account=call.account,
            principal=call.principal,
            address=client[0] if client is not None else "",
            agent=call.request.headers.get("user-agent") or "",
            params=call.params if len(call.body) <= _TOLD_BYTES else spelled(operation, call.params),
            result=call.result if operation is not None and changes(operation) else {},
            error=None if error is None else (error.code, error.message),
            decision=why,
        )
        self._told(event)

    def _refuse(self, call: _Call, error: Exception) -> Response:
        """The one way out for everything that is not an answer."""
        service = call.service.model.service if call.service is not None else ""
        protocol = call.protocol if call.service is not None else likely_protocol(call.request, call.claim)
        match error:
            case ApiError():
                shown = error
            case Refused():
                named = service or (call.claim.scope.service if call.claim is not None else "")
                shown = error.as_error(protocol, named)
            case WireError():
                shown = ApiError(error.code, error.message, status=error.status)
            case _:
                _LOG.error("request %s failed", call.request_id, exc_info=error)
                shown = _internal(service, call.request_id)
        self._tell(call, shown, error.why if isinstance(error, Refused) else None)
        model = call.service.model if call.service is not None else None
        operation = call.match.operation if call.match is not None else None
        return answers.refusal(model, operation, protocol, shown, call.request_id)


def _wire(request: Request, body: bytes = b"") -> WireRequest:
    return WireRequest(request.method, request.path, request.query, request.headers, body)


def _too_large(operation: Operation | None, limit: int) -> ApiError:
    said = operation.mark.too_long if operation is not None else None
    if said is not None:
        return ApiError(said.code, said.message, status=413)
    return ApiError("RequestEntityTooLargeException", f"Request must be smaller than {limit} bytes", status=413)


def _internal(service: str, request_id: str) -> ApiError:
    """Ours: what went wrong is in the log, under the request id."""
    code = "ServiceException" if service == "lambda" else "InternalFailure"
    return ApiError(code, f"Lambent failed internally. Its log tells why under request id {request_id}.", status=500)

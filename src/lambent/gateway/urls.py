"""The doors of functions: plain HTTP to a function's own address, answered by the function.

The steps: find the address, answer browsers' questions, authenticate, authorize, invoke, answer.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import msgspec

from lambent.context import Clock, Context, Ids, Principal
from lambent.gateway import cors, url_answers, url_events, url_streams
from lambent.gateway.assets import SANDBOX
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.authorize import Authorizer
from lambent.gateway.bodies import Bodies
from lambent.gateway.refusals import Refusal, Refused
from lambent.http.body import BodyTooLarge, RequestError
from lambent.http.message import Request, Response
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.invoke.trace import rooted
from lambent.model.errors import ApiError
from lambent.model.function_url import FunctionUrl
from lambent.observe.metrics.urls import Answered
from lambent.services.access import Access, Need
from lambent.services.lambda_.limits import PAYLOAD_BYTES
from lambent.services.lambda_.url_addresses import Asked, asked
from lambent.services.operation import Handler, Params

_NOBODY = Principal("", "anonymous", "")
_LOG = logging.getLogger(__name__)

Stream = Callable[[Context, Params], Awaitable[StreamedAnswer]]
"""Invoke, with an answer that is passed on while it is made."""

FindUrl = Callable[[str], Awaitable[FunctionUrl | None]]
"""The address with an id."""


class Urls:
    """Serves the addresses that `find` knows; `invoke` is the operation Invoke, `stream` the same
    with a streamed answer, `access` the Lambda service's. `answered` is told of each request."""

    def __init__(
        self,
        find: FindUrl,
        invoke: Handler,
        stream: Stream,
        access: Access,
        authenticator: Authenticator,
        authorizer: Authorizer,
        clock: Clock,
        ids: Ids,
        answered: Answered,
    ) -> None:
        self._find = find
        self._invoke = invoke
        self._stream = stream
        self._access = access
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._clock = clock
        self._ids = ids
        self._answered = answered
        self._bodies = Bodies()

    def asked(self, request: Request) -> Asked | None:
        """The address that a request is for; None for a request to AWS's APIs."""
        return asked(request.path, request.headers)

    async def handle(self, request: Request, asked: Asked) -> Response:
        """Answer one request; raises only `http.body.RequestError`."""
        request_id, begun = self._ids.request_id(), self._clock.monotonic()
        url = await self._find(asked.id)
        if url is None:
            return _stamped(url_answers.refused(403, url_answers.FORBIDDEN), request_id)
        response = cors.preflight(url.cors, request)
        if response is None:
            response = cors.with_rules(url.cors, request, await self._answer(request, asked, url, request_id))
        if asked.path != request.path:  # by path, and so at the origin of the page that people are logged in at
            response = Response(response.status, [*response.headers, SANDBOX], response.body, response.trailers)
        self._answered(url, response.status, (self._clock.monotonic() - begun) * 1000)
        return _stamped(response, request_id)

    async def _answer(self, request: Request, asked: Asked, url: FunctionUrl, request_id: str) -> Response:
        try:
            caller, body = await self._caller(request, url)
            return await self._invoked(request, asked, url, caller, body, request_id)
        except BodyTooLarge:
            return url_answers.refused(413, f"Request must be smaller than {PAYLOAD_BYTES} bytes")
        except RequestError:
            raise
        except Refused:
            return url_answers.refused(403, url_answers.FORBIDDEN)
        except ApiError as error:
            if error.code == "TooManyRequestsException":
                return url_answers.refused(429, error.message, error.headers)
            _LOG.warning("request %s to %s: %s", request_id, url.function_arn, error.message)
            return url_answers.failed()
        except Exception:
            _LOG.exception("request %s to %s failed", request_id, url.function_arn)
            return url_answers.failed()

    async def _caller(self, request: Request, url: FunctionUrl) -> tuple[Principal | None, bytes]:
        """Who calls (None: nobody says), who may do so, and the body. Raises Refused, BodyTooLarge."""
        signed = url.auth_type == "AWS_IAM"
        claim = self._authenticator.claim(request) if signed else None
        secret, caller = "", _NOBODY
        try:
            secret, caller = await self._authenticator.whose(claim)
        except Refused as refused:
            if signed or refused.refusal is not Refusal.MISSING_TOKEN:
                raise
        if claim is not None and claim.scope.service != "lambda":
            raise Refused(Refusal.MISMATCH, "Credential should be scoped to correct service: 'lambda'.")
        if not signed:
            await self._authorize(request, url, caller)
            return None, await self._body(request, caller)
        body = await self._authenticator.check(claim, request, await self._body(request, caller), secret)
        await self._authorize(request, url, caller)
        return caller, body

    async def _body(self, request: Request, caller: Principal) -> bytes:
        """The body; strangers together may send only so much at once. Raises ApiError, BodyTooLarge."""
        declared = request.content_length
        with self._bodies.coming(caller, PAYLOAD_BYTES if declared is None else min(declared, PAYLOAD_BYTES)):
            return await request.read(PAYLOAD_BYTES)

    async def _authorize(self, request: Request, url: FunctionUrl, caller: Principal) -> None:
        """Both permissions that a caller of an address needs. Raises Refused."""
        kind = {"lambda:functionurlauthtype": (url.auth_type,)}
        via = {"lambda:invokedviafunctionurl": ("true",)}
        needs = (
            Need("lambda:InvokeFunctionUrl", url.function_arn, url.account, kind),
            Need("lambda:InvokeFunction", url.function_arn, url.account, via),
        )
        await self._authorizer.check(caller, self._access, needs, url.region, request)

    async def _invoked(
        self, request: Request, asked: Asked, url: FunctionUrl, caller: Principal | None, body: bytes, request_id: str
    ) -> Response:
        """What the function answers. Raises ApiError, PlatformError."""
        trace_id = rooted(request.headers.get("x-amzn-trace-id"), self._clock.now(), self._ids)
        event = url_events.event(
            url,
            request,
            body,
            path=asked.path,
            caller=caller,
            request_id=request_id,
            trace_id=trace_id,
            now=self._clock.now(),
        )
        ctx = Context(
            account=url.account,
            region=url.region,
            principal=caller or _NOBODY,
            request_id=request_id,
            clock=self._clock,
            ids=self._ids,
            trace_id=trace_id,
        )
        params = {"FunctionName": url.function_arn, "Payload": msgspec.json.encode(event)}
        if url.invoke_mode == "RESPONSE_STREAM":
            return await url_streams.answer(await self._stream(ctx, params))
        result = await self._invoke(ctx, params)
        if "FunctionError" in result:
            return url_answers.failed()
        return url_answers.answer(bytes(result["Payload"]))


def _stamped(response: Response, request_id: str) -> Response:
    return Response(
        response.status, [*response.headers, ("x-amzn-RequestId", request_id)], response.body, response.trailers
    )

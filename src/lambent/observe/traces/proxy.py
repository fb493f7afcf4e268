"""What X-Ray's daemon answers over TCP: two calls of X-Ray, which SDKs make without a signature, made for them in the
name of their function.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lambent.context import Ids
from lambent.http.message import Request, Response
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import FunctionVersion
from lambent.wire.model import ServiceModel
from lambent.wire.request import WireError, WireRequest, WireResponse
from lambent.wire.route import route
from lambent.wire.server import parse_request, render_error, render_response

PROXIED = frozenset({"GetSamplingRules", "GetSamplingTargets"})

Ask = Callable[[FunctionVersion, str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Calls X-Ray in the name of a function: operation and parameters. Raises ApiError, PlatformError."""


class SamplingProxy:
    """Everybody's. Until `open_to` nobody is there to ask."""

    def __init__(self, model: ServiceModel, ids: Ids) -> None:
        self._model = model
        self._ids = ids
        self._ask: Ask | None = None

    def open_to(self, ask: Ask) -> None:
        """From now on X-Ray can be asked: it is made after this."""
        self._ask = ask

    async def answer(self, function: FunctionVersion, request: Request) -> Response:
        """One request of a function's SDK; nothing but the two calls is passed on."""
        asked = WireRequest(request.method, request.path, request.query, request.headers, await request.read())
        match = route(self._model, asked)
        if match is None or match.operation.name not in PROXIED or self._ask is None:
            return Response(404)
        request_id = self._ids.request_id()
        try:
            result = await self._ask(function, match.operation.name, parse_request(self._model, match, asked))
            answer = render_response(self._model, match.operation, match.protocol, result, request_id)
        except WireError as error:
            answer = self._refused(match.protocol, error.code, error.message, 400, request_id)
        except ApiError as error:
            answer = self._refused(match.protocol, error.code, error.message, error.status or 400, request_id)
        except PlatformError:
            return Response(502)
        return Response(answer.status, answer.headers, answer.body if isinstance(answer.body, bytes) else b"")

    def _refused(self, protocol: str, code: str, message: str, status: int, request_id: str) -> WireResponse:
        return render_error(self._model, None, protocol, code, message, request_id=request_id, status=status)

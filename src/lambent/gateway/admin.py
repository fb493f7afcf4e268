"""Lambent's own addresses, below `/_lambent/`: health, logs, environments, runtimes, the clock, the audit
trail, what roles were used for, code downloads.

All but health and certificates, and `metrics` for whoever bears its token, want the root key's signature (any service
name in its scope will do). Answers are JSON; `logs` is one JSON object a line. Nothing that AWS has an API for is done
here.
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol
from urllib.parse import parse_qs

import msgspec

from lambent.context import Clock, Ids, Principal
from lambent.gateway.answers import bare
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.identify import region_of
from lambent.gateway.refusals import Refused, denied
from lambent.http.body import RequestError
from lambent.http.message import Request, Response
from lambent.invoke.asynchronous.drain import Drain
from lambent.model.errors import ApiError, PlatformError
from lambent.observe.bill.bill import Bill
from lambent.observe.prometheus.exposition import CONTENT_TYPE, Family, rendered
from lambent.services.access import Place
from lambent.services.events.names import bus_arn, bus_named
from lambent.services.events.steps import Steps, of_bus
from lambent.services.lambda_.logs import LogLine

_LOG = logging.getLogger(__name__)
_PACKAGE = re.compile(r"([0-9a-f]{64})(?:/((?:[\w-]{4})+(?:[\w-]{2}==|[\w-]{3}=)?))?", re.ASCII)
_BODY_BYTES = 64 * 1024


class Clockwork(Clock, Protocol):
    """A clock that can be moved, by seconds."""

    def move(self, seconds: float) -> None: ...


class Sources(msgspec.Struct, frozen=True):
    """What the addresses tell about; `app.py` fills it in.

    `logs(account, region, function, start_ms, follow)` gives a function's log lines, oldest first; it
    raises ApiError for a function that does not exist. `package` reads a zip file by its digest, and
    the ticket without which an encrypted one is not opened; it raises PlatformError when there is none. `certificate`
    gives one that signs SNS's messages by its name, which anybody may read. `debug(account, region, function, port)`
    lets a debugger in. `peek(place, queue, limit)`
    gives the oldest messages of a queue.
    """

    version: str
    logs: Callable[[str, str, str, int | None, bool], Awaitable[AsyncIterator[LogLine]]]
    environments: Callable[[], Sequence[Any]]
    runtimes: Callable[[], Sequence[Any]]
    package: Callable[[str, str], Awaitable[bytes]]
    trail: Callable[..., Awaitable[Sequence[Mapping[str, Any]]]]
    access: Callable[[str, str, str], Awaitable[Mapping[str, Any]]]
    drain: Drain
    buses: Steps
    bill: Bill
    debug: Callable[[str, str, str, int | None], None]
    certificate: Callable[[str], Awaitable[bytes | None]]
    peek: Callable[[Place, str, int], Awaitable[Sequence[Any]]]
    measure: Callable[[], Awaitable[Sequence[Family]]]


class DebugWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST debug."""

    function: str
    port: Annotated[int, msgspec.Meta(ge=1024, le=65535)] | None


class Admin:
    """Routes and guards the addresses."""

    PREFIX = "/_lambent/"

    def __init__(
        self,
        sources: Sources,
        authenticator: Authenticator,
        clock: Clockwork,
        ids: Ids,
        *,
        region: str,
        movable: bool = False,
        metrics_token: str | None = None,
    ) -> None:
        """`region` is that of unsigned requests; `movable`: the clock may be moved; with `metrics_token` as its
        bearer token `metrics` is read without a signature."""
        self._metrics_token = metrics_token
        self._movable = movable
        self._sources = sources
        self._authenticator = authenticator
        self._clock = clock
        self._ids = ids
        self._region = region

    async def handle(self, request: Request) -> Response:
        """Answer one request below `/_lambent/`."""
        request_id = self._ids.request_id()
        try:
            return await self._answer(request)
        except RequestError:
            raise
        except Refused as refused:
            error = refused.as_error("rest-json", "")
        except ApiError as refused_by_service:
            error = refused_by_service
        except Exception as failure:
            _LOG.error("request %s failed", request_id, exc_info=failure)
            error = ApiError("ServiceException", f"Lambent failed internally ({request_id}).", status=500)
        return bare("rest-json", error, request_id)

    async def _answer(self, request: Request) -> Response:
        path = request.path.removeprefix(self.PREFIX)
        if (request.method, path) == ("GET", "health"):
            return _json({"status": "running", "version": self._sources.version})
        if request.method == "GET" and path.startswith("certificates/"):
            return await self._certificate(path.removeprefix("certificates/"))
        if (request.method, path) == ("GET", "metrics") and self._bears_token(request):
            return await self._metrics()
        principal, region, body = await self._root(request)
        parameters = {name: values[-1] for name, values in parse_qs(request.query).items()}
        match request.method, path:
            case "GET", "logs":
                return await self._logs(principal.account, region, parameters)
            case "GET", "environments":
                return _json({"Environments": self._sources.environments()})
            case "GET", "metrics":
                return await self._metrics()
            case "GET", "runtimes":
                return _json({"Runtimes": self._sources.runtimes()})
            case "GET", "async":
                drain = self._sources.drain
                return _json(
                    {"Counts": drain.counters.all(), "Waiting": await drain.waiting(), "Commits": drain.commits}
                )
            case "GET", "events":
                return self._events(Place(principal.account, region), parameters)
            case "GET", "clock":
                return _json({"Now": self._clock.now()})
            case "POST", "clock":
                return self._move(body)
            case "POST", "debug":
                return self._debug(principal.account, region, body)
            case "GET", "cost":
                return await self._cost(principal.account, parameters)
            case "GET", "prices":
                return _json(self._sources.bill.prices)
            case "GET", "queue":
                return await self._queue(Place(principal.account, region), parameters)
            case "GET", "trail":
                return await self._trail(principal.account, parameters)
            case "GET", "access":
                return _json(await self._sources.access(principal.account, region, parameters.get("function", "")))
            case "GET", _ if path.startswith("code/"):
                return await self._code(path.removeprefix("code/"))
        raise ApiError("UnknownOperationException", f"Lambent has no {request.method} {request.path}", status=404)

    def _bears_token(self, request: Request) -> bool:
        """Prometheus cannot sign."""
        token = self._metrics_token
        if not token:
            return False
        borne = request.headers.get("authorization") or ""
        return hmac.compare_digest(borne.encode(errors="replace"), f"Bearer {token}".encode())

    async def _metrics(self) -> Response:
        return Response(200, [("Content-Type", CONTENT_TYPE)], rendered(await self._sources.measure()).encode())

    async def _root(self, request: Request) -> tuple[Principal, str, bytes]:
        """The caller, who must be root, with region and body. Raises Refused."""
        claim = self._authenticator.claim(request)
        secret, principal = await self._authenticator.whose(claim)
        body = await self._authenticator.check(claim, request, await request.read(_BODY_BYTES), secret)
        if not principal.is_root:
            raise denied(principal.arn, f"lambent:{request.method}", request.path)
        return principal, region_of(request, claim, self._region), body

    async def _logs(self, account: str, region: str, parameters: dict[str, str]) -> Response:
        start = parameters.get("start")
        if start is not None and not re.fullmatch(r"\d{1,15}", start):
            raise ApiError("InvalidParameterValueException", "start must be in epoch milliseconds")
        if "function" not in parameters:
            raise ApiError("InvalidParameterValueException", "the parameter function is missing")
        lines = await self._sources.logs(
            account, region, parameters["function"], None if start is None else int(start), _follows(parameters)
        )
        return Response(200, [("Content-Type", "application/x-ndjson")], _encoded(lines))

    def _events(self, at: Place, parameters: dict[str, str]) -> Response:
        """Steps of asynchronous events, or of those on a bus."""
        follow, bus = _follows(parameters), parameters.get("bus")
        steps: AsyncIterator[msgspec.Struct] = (
            self._sources.drain.journal.steps(parameters.get("event"), follow=follow)
            if bus is None
            else of_bus(self._sources.buses, bus_arn(bus_named(at, bus)), follow=follow)
        )
        return Response(200, [("Content-Type", "application/x-ndjson")], _encoded(steps))

    async def _cost(self, account: str, parameters: dict[str, str]) -> Response:
        if parameters.get("format") == "csv":
            text = await self._sources.bill.file(account, parameters)
            return Response(200, [("Content-Type", "text/csv")], text.encode())
        return _json(await self._sources.bill.shown(account, parameters))

    async def _trail(self, account: str, parameters: dict[str, str]) -> Response:
        events = await self._sources.trail(account, limit=_limit(parameters, 50), request_id=parameters.get("request"))
        body = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
        return Response(200, [("Content-Type", "application/x-ndjson")], body)

    async def _queue(self, at: Place, parameters: dict[str, str]) -> Response:
        found = await self._sources.peek(at, parameters.get("name", ""), _limit(parameters, 10))
        return _json({"Messages": found})

    def _move(self, body: bytes) -> Response:
        if not self._movable:
            text = "The clock is real: start the server with --test-clock to move it"
            raise ApiError("InvalidParameterValueException", text)
        try:
            seconds = msgspec.json.decode(body, type=dict[str, float])["advance"]
        except (msgspec.DecodeError, KeyError):
            raise ApiError(
                "InvalidParameterValueException", 'the body must be {"advance": SECONDS}, positive or negative'
            ) from None
        self._clock.move(seconds)
        return _json({"Now": self._clock.now()})

    def _debug(self, account: str, region: str, body: bytes) -> Response:
        try:
            wish = msgspec.json.decode(body, type=DebugWish)
        except msgspec.DecodeError:
            text = 'the body must be {"function": NAME, "port": NUMBER}, with a port from 1024 to 65535, or null'
            raise ApiError("InvalidParameterValueException", text) from None
        self._sources.debug(account, region, wish.function, wish.port)
        return _json({})

    async def _certificate(self, name: str) -> Response:
        found = await self._sources.certificate(name)
        if found is None:
            raise ApiError("ResourceNotFoundException", "There is no such certificate", status=404)
        return Response(200, [("Content-Type", "application/x-pem-file")], found)

    async def _code(self, path: str) -> Response:
        named = _PACKAGE.fullmatch(path)
        if named is None:
            raise ApiError("ResourceNotFoundException", "There is no such package", status=404)
        try:
            package = await self._sources.package(named[1], named[2] or "")
        except PlatformError:
            raise ApiError("ResourceNotFoundException", "There is no such package", status=404) from None
        return Response(200, [("Content-Type", "application/zip")], package)


def _json(tree: object) -> Response:
    return Response(200, [("Content-Type", "application/json")], msgspec.json.encode(tree))


def _limit(parameters: Mapping[str, str], usual: int) -> int:
    limit = parameters.get("limit", str(usual))
    if not re.fullmatch(r"[1-9]\d{0,4}", limit):
        raise ApiError("InvalidParameterValueException", "limit must be a number from 1 to 99999")
    return int(limit)


def _follows(parameters: Mapping[str, str]) -> bool:
    return parameters.get("follow", "false").lower() in ("true", "1", "yes")


async def _encoded(lines: AsyncIterator[msgspec.Struct]) -> AsyncIterator[bytes]:
    async for line in lines:
        yield msgspec.json.encode(line) + b"\n"

"""What an extension may ask of the Telemetry and Logs APIs: a request's body to a `Subscription`, or why not. Pure.

A refusal names everything that is wrong at once, as AWS does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from lambent.runtime_api.telemetry_records import Category
from lambent.runtime_api.telemetry_render import Schema

RESERVED_PORT: Final = 9001
"""Where the environment's own APIs are."""

_HOSTS = ("sandbox.localdomain", "sandbox")
_TARGET = re.compile(r"[\x21-\x7e]{0,2048}")
_MAX_BYTES = (262_144, 1_048_576)
_MAX_ITEMS = (1_000, 10_000)
_TIMEOUT_MS = (25, 30_000)
_PORTS = (1, 65_535)


class Api(StrEnum):
    """The two ways to subscribe."""

    TELEMETRY = "Telemetry"
    LOGS = "Logs"


class Buffering(msgspec.Struct, frozen=True):
    """When a batch is sent: at so many events, so many bytes, or after so many milliseconds."""

    max_items: int
    max_bytes: int
    timeout_ms: int


class HttpDestination(msgspec.Struct, frozen=True):
    """A listener for JSON arrays, in the environment. `target` is a path with its query, `host` what to call it."""

    port: int
    target: str = "/"
    method: str = "POST"
    host: str = _HOSTS[0]


class TcpDestination(msgspec.Struct, frozen=True):
    """A listener for one JSON object a line, in the environment."""

    port: int


class Subscription(msgspec.Struct, frozen=True):
    """A valid request."""

    api: Api
    schema: Schema
    types: tuple[Category, ...]
    buffering: Buffering
    destination: HttpDestination | TcpDestination


class Invalid(Exception):
    """A request that is not valid; the text says everything that is wrong with it."""


_SCHEMAS: Mapping[Api, tuple[Schema, ...]] = {
    Api.TELEMETRY: tuple(schema for schema in Schema if not schema.is_logs),
    Api.LOGS: tuple(schema for schema in Schema if schema.is_logs),
}
_DEFAULT_ITEMS: Mapping[Api, int] = {Api.TELEMETRY: 1_000, Api.LOGS: 10_000}


def parse(api: Api, body: bytes) -> Subscription:
    """The subscription that `body` asks for. Raises Invalid."""
    try:
        request = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid(f"request body is not valid JSON: {error}") from None
    if not isinstance(request, dict):
        raise Invalid("request body should be an object")
    reading = _Reading(request)
    destination = reading.destination(with_method=api is Api.LOGS)  # first: so AWS orders what it says
    subscription = Subscription(
        api, reading.schema(api), reading.types(), reading.buffering(_DEFAULT_ITEMS[api]), destination
    )
    if reading.errors:
        raise Invalid("; ".join(reading.errors))
    return subscription


class _Reading:
    """One request as it is read: each method returns a part, or notes what is wrong and returns something harmless."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.errors: list[str] = []
        self._request = request

    def destination(self, *, with_method: bool) -> HttpDestination | TcpDestination:
        destination = self._request.get("destination")
        if not isinstance(destination, dict):
            self.errors.append("destination is not provided")
            return TcpDestination(0)
        match destination.get("protocol"):
            case "HTTP":
                return self._http(destination, with_method)
            case "TCP":
                return TcpDestination(self._port(destination.get("port"), "port"))
        self.errors.append("protocol should be one of [HTTP, TCP]")
        return TcpDestination(0)

    def types(self) -> tuple[Category, ...]:
        types = self._request.get("types")
        if not isinstance(types, list) or not types:
            self.errors.append("types should not be empty")
            return ()
        known = [category.value for category in Category]
        if unknown := [kind for kind in types if kind not in known]:
            self.errors.append(f"types should be among [{', '.join(known)}], not {str(unknown[0])[:64]}")
            return ()
        return tuple(dict.fromkeys(Category(kind) for kind in types))

    def schema(self, api: Api) -> Schema:
        allowed = _SCHEMAS[api]
        wanted = self._request.get("schemaVersion")
        if wanted is None and api is Api.LOGS:
            return allowed[0]
        if wanted is None:
            self.errors.append("schemaVersion is not provided")
        elif wanted in [schema.value for schema in allowed]:
            return Schema(wanted)
        else:
            self.errors.append(f"schemaVersion should be one of [{', '.join(allowed)}]")
        return allowed[0]

    def buffering(self, default_items: int) -> Buffering:
        buffering = self._request.get("buffering")
        if buffering is None:
            buffering = {}
        elif not isinstance(buffering, dict):
            self.errors.append("buffering should be an object")
            buffering = {}
        return Buffering(
            max_items=self._number(buffering, "maxItems", default_items, _MAX_ITEMS),
            max_bytes=self._number(buffering, "maxBytes", _MAX_BYTES[0], _MAX_BYTES),
            timeout_ms=self._number(buffering, "timeoutMs", 1_000, _TIMEOUT_MS),
        )

    def _http(self, destination: dict[str, Any], with_method: bool) -> HttpDestination:
        uri, method = destination.get("URI"), destination.get("method", "POST")
        if with_method and method not in ("POST", "PUT"):
            self.errors.append("method should be one of [POST, PUT]")
        if with_method and destination.get("encoding", "JSON") != "JSON":
            self.errors.append("encoding should be JSON")
        if not isinstance(uri, str) or not uri:
            self.errors.append("URI is not provided")
            return HttpDestination(0)
        try:
            parts = urlsplit(uri)
            port, host = parts.port, (parts.hostname or "")
        except ValueError:
            self.errors.append("URI is not valid")
            return HttpDestination(0)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if parts.scheme != "http":
            self.errors.append("URI scheme should be http")
        if host not in _HOSTS:
            self.errors.append(f"URI host should be {_HOSTS[0]}")
        if not _TARGET.fullmatch(target):
            self.errors.append("URI path is not valid")
        return HttpDestination(self._port(port, "URI port"), target, method if with_method else "POST", host)

    def _port(self, port: object, what: str) -> int:
        if port is None:
            self.errors.append(f"{what} is not provided")
        elif not isinstance(port, int) or isinstance(port, bool) or not _PORTS[0] <= port <= _PORTS[1]:
            self.errors.append(f"{what} should be between {_PORTS[0]} and {_PORTS[1]}")
        elif port == RESERVED_PORT:
            self.errors.append(f"port {RESERVED_PORT} is reserved")
        else:
            return port
        return 0

    def _number(self, buffering: dict[str, Any], name: str, default: int, bounds: tuple[int, int]) -> int:
        value = buffering.get(name)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and bounds[0] <= value <= bounds[1]:
            return value
        self.errors.append(f"{name} should be between {bounds[0]} and {bounds[1]}")
        return default

"""Cross-origin rules of a function's address: what browsers are told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambent.http.message import Headers, Request, Response

_PREFIX = "access-control-"
_PLAIN = ("GET", "PUT", "HEAD", "POST", "PATCH", "DELETE")


def preflight(cors: Mapping[str, Any], request: Request) -> Response | None:
    """The answer to a browser's question, which the function never sees; None if that is none, or no rules are set."""
    asks = "origin" in request.headers and "access-control-request-method" in request.headers
    if not cors or request.method != "OPTIONS" or not asks:
        return None
    headers = _granted(cors, request.headers)
    if headers:
        methods = cors.get("AllowMethods") or []
        if methods:
            headers.append((f"{_PREFIX}allow-methods", ",".join(_PLAIN if "*" in methods else methods)))
        if cors.get("AllowHeaders"):
            headers.append((f"{_PREFIX}allow-headers", _headers_allowed(cors, request.headers)))
        if "MaxAge" in cors:
            headers.append((f"{_PREFIX}max-age", str(cors["MaxAge"])))
    return Response(200, headers)


def with_rules(cors: Mapping[str, Any], request: Request, response: Response) -> Response:
    """The function's response under the address's rules, which replace those that the function names itself."""
    if not cors:
        return response
    headers = [(name, value) for name, value in response.headers if not name.lower().startswith(_PREFIX)]
    if "origin" in request.headers:
        granted = _granted(cors, request.headers)
        if granted and cors.get("ExposeHeaders"):
            granted.append((f"{_PREFIX}expose-headers", ",".join(cors["ExposeHeaders"])))
        headers += granted
    return Response(response.status, headers, response.body, response.trailers)


def _granted(cors: Mapping[str, Any], headers: Headers) -> list[tuple[str, str]]:
    """Whether pages of this origin may read: empty if not."""
    origin = headers["origin"]
    allowed = cors.get("AllowOrigins") or []
    if not any(_fits(pattern, origin) for pattern in allowed):
        return []
    with_credentials = bool(cors.get("AllowCredentials"))
    shown = "*" if "*" in allowed and not with_credentials else origin
    found = [(f"{_PREFIX}allow-origin", shown), ("vary", "Origin")]
    if with_credentials:
        found.append((f"{_PREFIX}allow-credentials", "true"))
    return found


def _fits(pattern: str, origin: str) -> bool:
    """`*`, `https://*`, or the origin itself."""
    if pattern.endswith("*"):
        return origin.lower().startswith(pattern[:-1].lower())
    return pattern.lower() == origin.lower()


def _headers_allowed(cors: Mapping[str, Any], headers: Headers) -> str:
    """The headers that may be sent; for `*` those that were asked for, since browsers with credentials want names."""
    if "*" in cors["AllowHeaders"]:
        return headers.get("access-control-request-headers", "*")
    return ",".join(cors["AllowHeaders"])

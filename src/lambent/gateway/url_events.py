"""A request to a function's address as the event that the function gets: payload format 2.0. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from lambent.context import Principal
from lambent.http.message import Request
from lambent.model.function_url import FunctionUrl

_TEXT = ("text/", "application/json", "application/javascript", "application/xml", "application/graphql")
_SECRET = frozenset({"authorization", "x-amz-security-token"})


def event(
    url: FunctionUrl,
    request: Request,
    body: bytes,
    *,
    path: str,
    caller: Principal | None,
    request_id: str,
    trace_id: str,
    now: float,
) -> dict[str, Any]:
    """The event. `path` is the path below the address, still percent-encoded; `caller` is who signed, if anybody."""
    headers = request.headers
    address = request.client[0] if request.client else "127.0.0.1"
    host = headers.get("host", "")
    cookies = [part.strip() for part in headers.get("cookie", "").split(";") if part.strip()]
    shown = {
        name: ",".join(headers.all(name))
        for name in headers
        if name != "cookie" and not (caller is not None and name in _SECRET)
    }
    shown |= {
        "x-amzn-trace-id": trace_id,
        "x-forwarded-for": address,
        "x-forwarded-port": str(request.server[1]) if request.server else "443",
        "x-forwarded-proto": request.scheme,
    }
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": shown,
        "requestContext": {
            "accountId": "anonymous" if caller is None else caller.account,
            "apiId": url.id,
            "domainName": host.partition(":")[0],
            "domainPrefix": url.id,
            "http": {
                "method": request.method,
                "path": path,
                "protocol": f"HTTP/{request.version}",
                "sourceIp": address,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        made["cookies"] = cookies
    if request.query:
        made["queryStringParameters"] = _parameters(request.query)
    if caller is not None:
        made["requestContext"]["authorizer"] = {"iam": _identity(caller)}
    if body:
        made["body"], made["isBase64Encoded"] = _body(headers, body)
    return made


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        found.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in found.items()}


def _body(headers: Mapping[str, str], body: bytes) -> tuple[str, bool]:
    """The body, and whether it is in base64: text travels as it is, everything else does not."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_text = kind.startswith(_TEXT) or kind.endswith(("+json", "+xml"))
    if is_text and "content-encoding" not in headers:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return b64encode(body).decode(), True


def _identity(caller: Principal) -> dict[str, str | None]:
    return {
        "accessKey": caller.access_key_id,
        "accountId": caller.account,
        "callerId": caller.access_key_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": caller.arn,
        "userId": caller.access_key_id,
    }

"""Signature Version 4, the signing side: for our own client and for the addresses that we presign.

Pure: the time is given. Agrees with `sigv4` and with botocore's signer (tested against both).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import msgspec

from lambent.gateway.canonical import (
    ALGORITHM,
    EMPTY_HASH,
    TERMINATOR,
    UNSIGNED,
    canonical_headers,
    canonical_path,
    canonical_queries,
    canonical_request,
    payload_hash,
    signature,
    signing_key,
    string_to_sign,
)


class Key(msgspec.Struct, frozen=True):
    """What signs: an access key, and the session token that goes with a temporary one."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


def sign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    key: Key,
    region: str,
    service: str,
    now: float,
) -> dict[str, str]:
    """The headers to send: those given, and Host, X-Amz-Date, Authorization (and the session token).

    `url` is absolute and percent-encoded; `now` in seconds since the epoch.
    """
    parts = urlsplit(url)
    timestamp = _stamp(now)
    sent = {**headers, "Host": parts.netloc, "X-Amz-Date": timestamp}
    if key.session_token is not None:
        sent["X-Amz-Security-Token"] = key.session_token
    values = {name.lower(): value for name, value in sent.items() if name.lower() not in _UNSIGNED_HEADERS}
    signed = sorted(values)
    scope = f"{timestamp[:8]}/{region}/{service}/{TERMINATOR}"
    canonical = canonical_request(
        method,
        canonical_path(parts.path or "/", s3=service == "s3"),
        canonical_queries(parts.query)[0],
        canonical_headers(signed, lambda name: (values[name],)),
        ";".join(signed),
        payload_hash(body),
    )
    made = signature(
        signing_key(key.secret_access_key, timestamp[:8], region, service), string_to_sign(timestamp, scope, canonical)
    )
    sent["Authorization"] = (
        f"{ALGORITHM} Credential={key.access_key_id}/{scope}, SignedHeaders={';'.join(signed)}, Signature={made}"
    )
    return sent


_UNSIGNED_HEADERS = frozenset({"authorization", "expect", "user-agent", "transfer-encoding", "connection"})


def presign(url: str, *, key: Key, region: str, service: str, now: float, expires: int) -> str:
    """`url` with a signature for GET in its query, good for `expires` seconds from `now`."""
    parts = urlsplit(url)
    timestamp = _stamp(now)
    scope = f"{timestamp[:8]}/{region}/{service}/{TERMINATOR}"
    parameters = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{key.access_key_id}/{scope}",
        "X-Amz-Date": timestamp,
        "X-Amz-Expires": str(expires),
    }
    if key.session_token is not None:
        parameters["X-Amz-Security-Token"] = key.session_token
    parameters["X-Amz-SignedHeaders"] = "host"
    added = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in parameters.items())
    query = f"{parts.query}&{added}" if parts.query else added
    canonical = canonical_request(
        "GET",
        canonical_path(parts.path or "/", s3=service == "s3"),
        canonical_queries(query)[0] if parts.query else added,  # ours are in canonical order and form
        canonical_headers(("host",), lambda _: (parts.netloc,)),
        "host",
        UNSIGNED if service == "s3" else EMPTY_HASH,
    )
    made = signature(
        signing_key(key.secret_access_key, timestamp[:8], region, service), string_to_sign(timestamp, scope, canonical)
    )
    return parts._replace(query=f"{query}&X-Amz-Signature={made}").geturl()


def _stamp(now: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))

"""Signature Version 4, the verifying side: header and presigned, every wrong way with AWS's own words.

Three beats, so that a stranger's body is never read: `read_claim` (what the request says about itself),
`check_time`, and `verify` (the body's hash and the secret are known). It looks nothing up: whose key it is,
and whether the session is still good, is `credentials`' business.
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Protocol
from urllib.parse import unquote_plus

import msgspec

from lambent.gateway import chunked
from lambent.gateway.canonical import (
    ALGORITHM,
    EMPTY_HASH,
    TERMINATOR,
    UNSIGNED,
    SignedHeaders,
    block_of_headers,
    canonical_path,
    canonical_queries,
    canonical_request,
    header_form,
    payload_hash,
    signature,
    signing_key,
    string_to_sign,
)
from lambent.gateway.chunked import Signing
from lambent.gateway.refusals import MISSING_TOKEN, Refusal, Refused, mismatch

SKEW_SECONDS = 15 * 60
MAXIMUM_EXPIRES = 7 * 24 * 3600

_REMEMBERED = 2048
"""Longer headers are read each time: strangers choose them, and a megabyte each would fill the memory."""

_TIME_REMEMBERED = 64

_REGION = re.compile(r"[a-z0-9-]{1,64}")
_SERVICE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NO_QUERY = ("",)
_BASIC_TIME = re.compile(r"\d{8}T\d{6}Z")


class SignedRequest(Protocol):
    """The parts of a request that are signed; path and query as they came, percent-encoded."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def query(self) -> str: ...

    @property
    def headers(self) -> SignedHeaders: ...


class Scope(msgspec.Struct, frozen=True):
    """`KEY/DATE/REGION/SERVICE/aws4_request` and what was signed, without the signature itself.

    `text` and `signed` are the scope and the headers' names as they are signed, `form` is `header_form` of the names.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    text: str
    signed: str
    form: str


class Claim(msgspec.Struct, frozen=True, gc=False):
    """What a request says about its own signature. `expires` (seconds) is set when it is presigned."""

    scope: Scope
    signature: str
    timestamp: str
    session_token: str | None = None
    expires: int | None = None


def read_claim(request: SignedRequest) -> Claim:
    """Find the signature in header or query. Raises Refused: there is none, or it is malformed."""
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return _header_claim(request, authorization)
    if "X-Amz-" in request.query:
        parameters = _parameters(request.query)
        if "X-Amz-Algorithm" in parameters or "X-Amz-Signature" in parameters or "X-Amz-Credential" in parameters:
            return _query_claim(parameters)
    raise Refused(Refusal.MISSING_TOKEN, MISSING_TOKEN)


def check_time(claim: Claim, now: float) -> None:
    """The signature must be of these minutes. `now` in seconds since the epoch. Raises Refused."""
    signed_at = _epoch(claim.timestamp)
    patience = SKEW_SECONDS if claim.expires is None else claim.expires
    if signed_at + patience < now:
        raise Refused(
            Refusal.SKEWED,
            f"Signature expired: {claim.timestamp} is now earlier than {_stamp(now - patience)}"
            f" ({_stamp(now)} - {patience // 60} min.)",
        )
    if signed_at - SKEW_SECONDS > now:
        raise Refused(
            Refusal.SKEWED,
            f"Signature not yet current: {claim.timestamp} is still later than {_stamp(now + SKEW_SECONDS)}"
            f" ({_stamp(now)} + {SKEW_SECONDS // 60} min.)",
        )


def verify(claim: Claim, request: SignedRequest, body: bytes, secret: str) -> bytes:
    """Compare the signature with the one that `secret` makes, in constant time. Raises Refused.

    Returns the body: what its chunks hold, if it came in chunks.
    """
    scope = claim.scope
    key = signing_key(secret, scope.date, scope.region, scope.service)
    headers = block_of_headers(scope.form, scope.signed_headers, request.headers)
    path = canonical_path(request.path, s3=scope.service == "s3")
    declared = request.headers.get("x-amz-content-sha256")
    body_hash = _body_hash(claim, declared, body)
    without = None if claim.expires is None else "X-Amz-Signature"
    given = claim.signature.encode()
    first: tuple[str, str] | None = None
    for query in canonical_queries(request.query, without=without) if request.query else _NO_QUERY:
        canonical = canonical_request(request.method, path, query, headers, scope.signed, body_hash)
        to_sign = string_to_sign(claim.timestamp, scope.text, canonical)
        if hmac.compare_digest(signature(key, to_sign).encode(), given):
            if declared is None:
                return body
            return unframed(request, body, Signing(key, claim.timestamp, scope.text, claim.signature))
        first = first or (canonical, to_sign)
    assert first is not None
    raise mismatch(*first)


def unframed(request: SignedRequest, body: bytes, signing: Signing | None) -> bytes:
    """The body without its chunks, if it has any, each as it was signed (`signing` None: or not). Raises Refused."""
    form = request.headers.get("x-amz-content-sha256")
    if form is None or not form.startswith("STREAMING-"):
        return body
    if form not in chunked.FORMS:
        raise _unsupported(form)
    headers = request.headers
    trailers = ",".join(headers.all("x-amz-trailer"))
    return chunked.decoded(chunked.Framed(form, headers.get("x-amz-decoded-content-length"), trailers), body, signing)


def _body_hash(claim: Claim, declared: str | None, body: bytes) -> str:
    """What stands for the body: its own hash, unless the signer declared and signed that it is left out."""
    if declared is not None and (declared == UNSIGNED or declared.startswith("STREAMING-")):
        return declared
    if claim.expires is not None and claim.scope.service == "s3" and declared is None:
        return UNSIGNED
    return payload_hash(body) if body else EMPTY_HASH


def _header_claim(request: SignedRequest, authorization: str) -> Claim:
    fields, found, given = authorization.rpartition("Signature=")
    if not found or "," in given or " " in given:
        # Not last, or absent: the slow way finds out which.
        fields, given = _without_signature(authorization)
    scope = (_scope_of_header if len(fields) <= _REMEMBERED else _scope_of_header.__wrapped__)(fields)
    if not given and ("Signature=" not in authorization or authorization.endswith("Signature=")):
        raise _incomplete(["Signature"], authorization)
    headers = request.headers
    stated = headers.get("x-amz-date") or headers.get("date")
    if not stated:
        raise _undated(authorization)
    return Claim(scope, given.strip(), _moment(stated, scope.date), headers.get("x-amz-security-token"))


def _without_signature(authorization: str) -> tuple[str, str]:
    start, separator, rest = authorization.partition("Signature=")
    given, _, after = rest.partition(",")
    return (start + after, given) if separator else (authorization, "")


@lru_cache(maxsize=512)
def _scope_of_header(fields: str) -> Scope:
    """All of an Authorization header but its signature: the same for every request of a client that day."""
    algorithm, _, rest = fields.strip().partition(" ")
    if algorithm != ALGORITHM:
        if algorithm.startswith("AWS4-"):
            raise _unsupported(algorithm)
        raise Refused(Refusal.MISSING_TOKEN, MISSING_TOKEN)
    values: dict[str, str] = {}
    for item in rest.split(","):
        if not item.strip():
            continue
        name, equals, value = item.strip().partition("=")
        if not equals:
            raise Refused(
                Refusal.INCOMPLETE,
                f"'{item.strip()}' not a valid key=value pair (missing equal-sign) in Authorization header"
                f" {_hashed(fields)}.",
            )
        values[name] = value
    missing = [name for name in ("Credential", "SignedHeaders") if not values.get(name)]
    if missing:
        raise _incomplete(missing, fields)
    return _scope(values["Credential"], values["SignedHeaders"])


def _incomplete(missing: Sequence[str], authorization: str) -> Refused:
    sentences = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
    return Refused(Refusal.INCOMPLETE, f"{sentences} {_hashed(authorization)}")


def _unsupported(algorithm: str) -> Refused:
    return Refused(Refusal.INCOMPLETE, f"Unsupported AWS 'algorithm': '{algorithm[:64]}'.")


def _hashed(authorization: str) -> str:
    digest = b64encode(hashlib.sha256(authorization.encode()).digest()).decode()
    return f"(Hashed with SHA-256 and encoded with Base64) Authorization={digest}"


def _scope(credential: str, signed_headers: str) -> Scope:
    parts = credential.split("/")
    if len(parts) != 5:
        raise Refused(
            Refusal.INCOMPLETE,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term,"
            f" got '{credential}'",
        )
    key, date, region, service, terminator = parts
    names = tuple(signed_headers.lower().split(";"))
    if terminator != TERMINATOR:
        text = f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'."
    elif not _REGION.fullmatch(region):
        text = "Credential should be scoped to a valid region. "
    elif not _SERVICE.fullmatch(service):
        text = "Credential should be scoped to correct service. "
    elif "host" not in names:
        text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    else:
        signed_as = f"{date}/{region}/{service}/{TERMINATOR}"
        return Scope(key, date, region, service, names, signed_as, ";".join(names), header_form(names))
    raise Refused(Refusal.MISMATCH, text)


def _undated(authorization: str) -> Refused:
    return Refused(
        Refusal.INCOMPLETE,
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        f" {_hashed(authorization)}",
    )


def _moment(stated: str, date: str) -> str:
    """The stated time, ISO 8601 basic. Raises Refused: it is none, or not of the scope's `date`."""
    return (_checked_time if len(stated) <= _TIME_REMEMBERED else _checked_time.__wrapped__)(stated, date)


def _basic_time(stated: str) -> str:
    if _BASIC_TIME.fullmatch(stated):
        return stated
    try:
        moment = parsedate_to_datetime(stated)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    except (ValueError, OverflowError):
        raise Refused(
            Refusal.INCOMPLETE,
            f"Date must be in ISO-8601 'basic format'. Got '{stated}'. See http://en.wikipedia.org/wiki/ISO_8601",
        ) from None


@lru_cache(maxsize=256)
def _checked_time(stated: str, date: str) -> str:
    timestamp = _basic_time(stated)
    if timestamp[:8] != date:
        raise Refused(
            Refusal.MISMATCH,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP:"
            f" '{date}' != '{timestamp[:8]}', from '{timestamp}'.",
        )
    _epoch(timestamp)
    return timestamp


def _parameters(query: str) -> dict[str, str]:
    pairs = (item.partition("=") for item in query.split("&"))
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def _query_claim(parameters: dict[str, str]) -> Claim:
    required = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
    missing = [name for name in required if not parameters.get(name)]
    if missing:
        sentences = " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        raise Refused(Refusal.INCOMPLETE, f"{sentences} Re-examine the query-string parameters.")
    if parameters["X-Amz-Algorithm"] != ALGORITHM:
        raise _unsupported(parameters["X-Amz-Algorithm"])
    scope = _scope(parameters["X-Amz-Credential"], parameters["X-Amz-SignedHeaders"])
    stated = parameters["X-Amz-Date"]
    return Claim(
        scope=scope,
        signature=parameters["X-Amz-Signature"],
        timestamp=_moment(stated, scope.date),
        session_token=parameters.get("X-Amz-Security-Token"),
        expires=_expires(parameters.get("X-Amz-Expires", str(SKEW_SECONDS))),
    )


def _expires(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAXIMUM_EXPIRES:
        raise Refused(
            Refusal.INCOMPLETE,
            f"X-Amz-Expires must be a number of seconds between 1 and {MAXIMUM_EXPIRES}. Got '{text[:32]}'.",
        )
    return int(text)


@lru_cache(maxsize=256)
def _epoch(timestamp: str) -> float:
    try:
        return float(calendar.timegm(time.strptime(timestamp, "%Y%m%dT%H%M%SZ")))
    except ValueError:
        raise Refused(
            Refusal.INCOMPLETE,
            f"Date must be in ISO-8601 'basic format'. Got '{timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601",
        ) from None


def _stamp(seconds: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))

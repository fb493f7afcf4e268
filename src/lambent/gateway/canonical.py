"""Signature Version 4, the part that both sides share: canonical request, string to sign, signing key.

Pure functions over text and bytes. Nothing here decides whether a request is welcome (`sigv4`) nor
puts a signature on one (`signing`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
UNSIGNED = "UNSIGNED-PAYLOAD"
_PLAIN = hashlib.sha256()
_BLOCK_BYTES = 64
EMPTY_HASH = hashlib.sha256(b"").hexdigest()

_PLAIN_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+/?|/")
_PLAIN_NAME = re.compile(r"[a-z0-9_-]+")
_ENCODE_PATH = "/~"
_ENCODE_QUERY = "-_.~"
_REMEMBERED = 1024
"""Longer texts are worked out each time: strangers choose them, and a megabyte each would fill the memory."""


class SignedHeaders(Protocol):
    """Header fields by lower-case name."""

    def __getitem__(self, name: str, /) -> str: ...

    def get(self, name: str, default: None = None, /) -> str | None: ...

    def all(self, name: str) -> list[str]: ...

    @property
    def repeated(self) -> bool: ...


def payload_hash(body: bytes) -> str:
    """SHA-256 of a body in lower-case hexadecimal."""
    return hashlib.sha256(body).hexdigest() if body else EMPTY_HASH


def canonical_path(path: str, *, s3: bool = False) -> str:
    """The canonical form of a raw (percent-encoded) path.

    Every service but S3 removes dot segments and doubled slashes and encodes once more.
    """
    return (_canonical_path if len(path) <= _REMEMBERED else _canonical_path.__wrapped__)(path, s3)


@lru_cache(maxsize=1024)
def _canonical_path(path: str, s3: bool) -> str:
    if _PLAIN_PATH.fullmatch(path):
        return path
    if s3:
        return quote(unquote_to_bytes(path), safe=_ENCODE_PATH) or "/"
    return quote(_without_dots(path), safe=_ENCODE_PATH)


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment not in ("", "."):
            kept.append(segment)
    joined = "/" + "/".join(kept)
    return joined + "/" if kept and path.endswith("/") else joined


def canonical_queries(query: str, *, without: str | None = None) -> list[str]:
    """The canonical forms that a raw query may have been signed in, the usual one first.

    AWS encodes each name and value itself; signers such as botocore trust the query they were given.
    The two differ only for a query with characters that should have been encoded. `without` names a
    parameter to leave out (the signature of a presigned address).
    """
    if not query:
        return [""]
    pairs = [_pair(item) for item in query.split("&") if item]
    pairs = [pair for pair in pairs if pair[0] != without]
    trusted = _joined(pairs)
    encoded = _joined([(_encoded(name), _encoded(value)) for name, value in pairs])
    return [encoded] if encoded == trusted else [encoded, trusted]


def _pair(item: str) -> tuple[str, str]:
    name, _, value = item.partition("=")
    return name, value


def _joined(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe=_ENCODE_QUERY)


def canonical_headers(names: Sequence[str], values: Callable[[str], Sequence[str]]) -> str:
    """The block of signed headers, one line each; `values(name)` gives a header's values in order."""
    lines = []
    for name in names:
        found = values(name)
        text = _trimmed(found[0]) if len(found) == 1 else ",".join(map(_trimmed, found))
        lines.append(f"{name}:{text}\n")
    return "".join(lines)


def header_form(names: Sequence[str]) -> str:
    """What makes the block of signed headers out of headers of which none is odd; empty for odd names."""
    return "".join(f"{name}:%({name})s\n" for name in names) if all(map(_PLAIN_NAME.fullmatch, names)) else ""


def block_of_headers(form: str, names: Sequence[str], headers: SignedHeaders) -> str:
    """The same block; `form` is the `header_form` of the names."""
    if form and not headers.repeated:
        try:
            block = form % headers
        except KeyError:
            pass  # one that is signed is not there
        else:
            if " " not in block and "\t" not in block:
                return block
    return canonical_headers(names, headers.all)


def _trimmed(value: str) -> str:
    return " ".join(value.split()) if " " in value or "\t" in value else value


def canonical_request(method: str, path: str, query: str, headers: str, signed: str, body_hash: str) -> str:
    """The text whose hash is signed, of parts in canonical form; `signed` are the headers' names, joined by `;`."""
    return f"{method}\n{path}\n{query}\n{headers}\n{signed}\n{body_hash}"


def string_to_sign(timestamp: str, scope: str, canonical: str) -> str:
    """`timestamp` is ISO 8601 basic (`20261120T120000Z`), `scope` is `DATE/REGION/SERVICE/aws4_request`."""
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{_hashed(_PLAIN, canonical.encode()).hexdigest()}"


@lru_cache(maxsize=4096)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key derived for one day, region and service; cached, because deriving costs four HMACs."""
    key = hmac.digest(b"AWS4" + secret.encode(), date.encode(), "sha256")
    for part in (region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(key: bytes, to_sign: str) -> str:
    """The signature in lower-case hexadecimal."""
    inner, outer = _keyed(key)
    return _hashed(outer, _hashed(inner, to_sign.encode()).digest()).hexdigest()


@lru_cache(maxsize=4096)
def _keyed(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """HMAC's two hashes, begun with a key of at most 64 bytes (RFC 2104)."""
    block = key.ljust(_BLOCK_BYTES, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    return hashlib.sha256(inner), hashlib.sha256(outer)


def _hashed(begun: hashlib._Hash, data: bytes) -> hashlib._Hash:
    """Goes on from a copy: a new hash looks its algorithm up, which costs more than the hashing."""
    code = begun.copy()
    code.update(data)
    return code

"""What crosses the boundary of the codec: requests, responses and the one error that it raises.

Bytes and strings in, bytes and strings out: no sockets, no event loop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Protocol

import msgspec


class HeaderMap(Protocol):
    """Headers by lower-case name. A plain dict will do."""

    def get(self, name: str, /) -> str | None:
        """The value of a header, or None."""
        ...

    def items(self) -> Iterable[tuple[str, str]]:
        """All headers, names in lower case."""
        ...


class WireRequest(msgspec.Struct, frozen=True, gc=False):
    """One HTTP request. `path` is percent-encoded as sent, without the query; `query` has no `?`."""

    method: str
    path: str
    query: str
    headers: HeaderMap
    body: bytes = b""


class WireResponse(msgspec.Struct, frozen=True):
    """One HTTP response. The body of an event stream is an iterator of encoded frames (asynchronous
    when the events were); any other body is bytes."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Iterator[bytes] | AsyncIterator[bytes] = b""

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        name = name.lower()
        return next((value for key, value in self.headers if key.lower() == name), None)


class WireError(Exception):
    """A message that is not what the protocol or the model demands.

    `code` and `message` are AWS's; `status` the HTTP status that goes with them.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.status = status

"""What one client may ask of the HTTP server, in bytes, counts and seconds.

Only the figures; the connection enforces them. `math.inf` switches any of the seconds off.
"""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a server; every one has a default that suits an API endpoint.

    Sizes (bytes): `header_bytes` bounds request line and header fields together (431), and trailers again;
    `body_bytes` is what `Request.read()` takes when the handler names no limit of its own (413);
    `buffer_bytes` is how much of a body, or of an answer, waits in memory before the other side is stopped.

    Counts: `header_fields` in one request (431); `pipelined` requests that wait behind the one being
    answered before reading stops; `connections` open at once on the whole server (503 beyond).

    Seconds: `header_seconds` for a whole request head (and the TLS handshake); `idle_seconds` between requests;
    `body_seconds` and `write_seconds` are windows in which at least `minimum_rate` bytes a second must move
    while a handler waits for its body, or while the client has an answer to take; else it is cut off.
    `linger_seconds` is how long an unread body is drained after an early answer, so that the client sees the
    answer instead of a reset.
    """

    header_bytes: int = 64 * KIB
    header_fields: int = 256
    body_bytes: int = 16 * MIB
    buffer_bytes: int = 256 * KIB
    pipelined: int = 32
    connections: int = 10_000
    header_seconds: float = 20.0
    idle_seconds: float = 75.0
    body_seconds: float = 30.0
    write_seconds: float = 30.0
    linger_seconds: float = 5.0
    minimum_rate: int = 64

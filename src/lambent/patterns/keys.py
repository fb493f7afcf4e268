"""What a value must have for a test to hold: by these keys `index` finds rules. Pure values."""

from __future__ import annotations

import socket
from typing import Any, NamedTuple

ABSENT = object()
"""In place of the value of a field that is not there."""


class Exact(NamedTuple):
    """Is the scalar that `token` stands for (`token_of`)."""

    token: Any


class Folded(NamedTuple):
    """Is `text`, whatever the case; `text` is folded."""

    text: str


class Prefix(NamedTuple):
    """Begins with `text`; `folded`: whatever the case, and `text` is folded."""

    text: str
    folded: bool = False


class Suffix(NamedTuple):
    """Ends with `text`, likewise."""

    text: str
    folded: bool = False


class Range(NamedTuple):
    """Is a number between `low` and `high`, each of which belongs to the range or not."""

    low: float
    with_low: bool
    high: float
    with_high: bool


class Network(NamedTuple):
    """Is an address of `width` bits whose first `bits` make `number`."""

    width: int
    bits: int
    number: int


class Present(NamedTuple):
    """Is there, whatever it is."""


Key = Exact | Folded | Prefix | Suffix | Range | Network | Present


def token_of(value: Any) -> Any:
    """A JSON scalar as a key of a dictionary, where true would be 1 otherwise."""
    return (value,) if isinstance(value, bool) else value


def fold(text: str) -> str:
    """A text without its case, letter by letter as AWS does."""
    return text.lower()


def address_of(text: str) -> tuple[int, int] | None:
    """The width in bits and the number of an IPv4 or IPv6 address; None if the text is none."""
    family, width = (socket.AF_INET6, 128) if ":" in text else (socket.AF_INET, 32)
    try:
        return width, int.from_bytes(socket.inet_pton(family, text), "big")
    except (OSError, ValueError):
        return None

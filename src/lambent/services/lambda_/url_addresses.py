"""How the addresses of functions look, and how one is told from a request. Pure.

`http://ID.lambda-url.REGION.localhost:4566/` (every name below localhost is this machine), the same below the name
by which Lambent is reached, or `http://10.1.2.3:4566/_lambent/url/ID/` where it is reached by number. All
three are always served.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

PATH = "/_lambent/url/"
ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
"""An id has 32 of these: a label of a host name."""

_HOST = re.compile(r"(?P<id>[a-z0-9]{32})\.lambda-url\.[a-z0-9-]+\..+")
_PATH = re.compile(re.escape(PATH) + r"(?P<id>[a-z0-9]{32})(?P<rest>/.*)?")


class Asked(msgspec.Struct, frozen=True):
    """Which address a request is for: its id, and the path below it."""

    id: str
    path: str


def new_id(digits: str) -> str:
    """An id from 40 random hexadecimal digits."""
    number = int(digits, 16)
    return "".join(ID_LETTERS[number >> shift & 31] for shift in range(0, 160, 5))


def address(endpoint: str, region: str, url_id: str) -> str:
    """The address to tell, for a client that reached us at `endpoint` (`http://127.0.0.1:4566`)."""
    parts = urlsplit(endpoint)
    host = parts.hostname or "localhost"
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        name = host
    else:
        if not number.is_loopback:
            return f"{endpoint}{PATH}{url_id}/"
        name = "localhost"
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{url_id}.lambda-url.{region}.{name}{port}/"


def asked(path: str, headers: Mapping[str, str]) -> Asked | None:
    """The address that a request is for; None for every other request."""
    host = headers.get("host", "")
    if ".lambda-url." in host and (match := _HOST.fullmatch(host.lower())) is not None:
        return Asked(match["id"], path)
    if path.startswith(PATH) and (match := _PATH.fullmatch(path)) is not None:
        return Asked(match["id"], match["rest"] or "/")
    return None

"""The page of `/_lambent/`: its files, read once, and the headers under which a browser may use them.

A file is found by its exact name among those that ship in `page/`, so no path leads anywhere else. The page holds no
secret and is given to anybody; whatever it shows it asks for with requests that it signs.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from lambent.http.message import Request, Response

FOLDER = Path(__file__).with_name("page")
INDEX = "index.html"
PREFIX = "/_lambent/"

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",  # a text that became HTML by mistake would be an error, not a script
        "trusted-types 'none'",
    ]
)

_GUARDS = [
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]

SANDBOX = ("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads")
"""For what a function answers at an address of the page's own origin: a browser gives it an origin of its own, so that
its scripts see nothing of the page's."""


class Asset(msgspec.Struct, frozen=True):
    """One file: what it holds, its media type, and a tag that changes with it."""

    content: bytes
    media_type: str
    tag: str


class Assets:
    """All files of the page, by name."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {path.name: _asset(path) for path in sorted(folder.iterdir()) if path.suffix in _TYPES}

    def find(self, request: Request) -> Response | None:
        """The answer to a request for the page; None if it is not for one of its files."""
        if request.method not in ("GET", "HEAD"):
            return None
        if request.path == PREFIX.rstrip("/"):
            return Response(308, [("Location", PREFIX), *_GUARDS])
        if not request.path.startswith(PREFIX):
            return None
        asset = self._files.get(request.path.removeprefix(PREFIX) or INDEX)
        return None if asset is None else _answer(request, asset)


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, _TYPES[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _answer(request: Request, asset: Asset) -> Response:
    """The file, or that the browser has it already: it asks each time, so that an upgrade shows at once."""
    headers = [("ETag", asset.tag), ("Cache-Control", "no-cache"), *_GUARDS]
    if request.headers.get("if-none-match") == asset.tag:
        return Response(304, headers)
    if request.method == "HEAD":
        return Response(
            200, [("Content-Type", asset.media_type), ("Content-Length", str(len(asset.content))), *headers]
        )
    return Response(200, [("Content-Type", asset.media_type), *headers], asset.content)

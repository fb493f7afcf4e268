"""How log groups and streams are named on disk. Pure, but for the names that file names are too short for."""

from __future__ import annotations

import hashlib
import urllib.parse
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_NAME_BYTES = 200
"""Longer names than this are cut and hashed: file systems hold 255 bytes, log groups and streams 512 characters."""

_FULL_NAME = "name"
_TELLING = frozenset("~?")
"""What is in an encoded name that does not tell all: cut, or with a character that cannot be encoded."""


class Group(NamedTuple):
    """A log group's full name."""

    account: str
    region: str
    name: str


def file_name(name: str) -> str:
    """`name` as one path component, reversible by percent-decoding unless it is too long."""
    escaped = name.replace("%", "%25").replace("/", "%2F").replace("\0", "%00")
    if escaped in {".", ".."}:
        escaped = escaped.replace(".", "%2E")
    encoded = escaped.encode(errors="replace")
    if len(encoded) <= _NAME_BYTES:
        return encoded.decode()
    digest = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:32]
    return encoded[: _NAME_BYTES - 40].decode(errors="ignore") + "~" + digest


def keep_group_name(directory: Path, name: str) -> None:
    """Note the name of a group whose directory does not tell it."""
    if urllib.parse.unquote(directory.name) != name:
        (directory / _FULL_NAME).write_text(name)


def group_name(folder: Path, encoded: str) -> str:
    """The name of the group whose directory is `encoded` in `folder`."""
    if not _TELLING.isdisjoint(encoded):
        with suppress(FileNotFoundError):
            return (folder / encoded / _FULL_NAME).read_text()
    return urllib.parse.unquote(encoded)


def keep_stream_name(directory: Path, name: str) -> None:
    """Note the name of a stream whose files do not tell it."""
    encoded = file_name(name)
    if urllib.parse.unquote(encoded) != name:
        (directory / f"{encoded}.{_FULL_NAME}").write_text(name)


def stream_name(directory: Path, encoded: str) -> str:
    """The name of the stream whose files begin with `encoded`."""
    if "~" in encoded and len(encoded.encode()) > _NAME_BYTES - 40:
        try:
            return (directory / f"{encoded}.{_FULL_NAME}").read_text()
        except FileNotFoundError:
            pass
    return urllib.parse.unquote(encoded)


def forget_stream_name(directory: Path, name: str) -> None:
    """The stream has gone."""
    (directory / f"{file_name(name)}.{_FULL_NAME}").unlink(missing_ok=True)

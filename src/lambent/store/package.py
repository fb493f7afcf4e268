"""What a deployment package holds, and why it may be refused: read from the zip alone, nothing is written.

A package is hostile until shown otherwise. Only what `inspect` returned is ever unpacked
(`store.unpack`); AWS's error texts are the service's business, this says the reason.
"""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

UNPACKED_LIMIT = 262_144_000
"""Bytes that a package may unpack to (AWS: 250 MB, layers included)."""

NODE_LIMIT = 200_000
"""Files and directories that a package may make: a zip can name half a million in 50 MB."""

_PATH_BYTES = 3800
_NAME_BYTES = 255
_DEPTH = 100
_TARGET_BYTES = 4095
_LINKS_FOLLOWED = 40
_ENCRYPTED = 0x41
_ENTRY_SIGNATURE = b"PK\x01\x02"

Path = tuple[str, ...]
"""A path inside the package, by components."""

ZIP_ERRORS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What the zip reader raises for damaged input (UnicodeDecodeError is a ValueError)."""


class Reason(StrEnum):
    """Why a package is refused."""

    CORRUPT = "corrupt"
    """Not a zip file, or a damaged one: bad checksum, lengths that are not true."""
    EMPTY = "empty"
    """A zip file without entries."""
    TOO_LARGE = "too_large"
    """More bytes unpacked, declared or actual, than the limit."""
    TOO_MANY_FILES = "too_many_files"
    """More files and directories than NODE_LIMIT."""
    TRAVERSAL = "traversal"
    """An absolute path, a path with `..`, one with a NUL, or a name that no file can have."""
    SYMLINK = "symlink"
    """A symbolic link that leads outside the package, in circles, or through which a file would be written."""
    DEVICE = "device"
    """A device, a pipe or a socket."""
    ENCRYPTED = "encrypted"
    """An encrypted entry."""
    DUPLICATE = "duplicate"
    """Two entries with the same path, or a file where another entry needs a directory."""
    COMPRESSION = "compression"
    """Neither stored nor deflated."""


class BadPackage(Exception):
    """The package is refused: `reason` says why, `entry` names the entry (empty for the whole file)."""

    def __init__(self, reason: Reason, entry: str = "", detail: str = "") -> None:
        super().__init__(": ".join(part for part in (reason.value, repr(entry) if entry else "", detail) if part))
        self.reason = reason
        self.entry = entry


@dataclass(frozen=True, slots=True)
class Contents:
    """A package that may be unpacked. `size` is the bytes of all files; no entry leads through a link."""

    directories: frozenset[Path]
    files: Mapping[Path, zipfile.ZipInfo]
    links: Mapping[Path, str]
    size: int


def open_package(data: bytes) -> zipfile.ZipFile:
    """The zip file, its directory read. Raises BadPackage."""
    if data.count(_ENTRY_SIGNATURE) > NODE_LIMIT:  # before the reader makes an object of each
        raise BadPackage(Reason.TOO_MANY_FILES)
    try:
        try:
            # Names without the UTF-8 flag are usually UTF-8 all the same; the old code page is the last resort.
            return zipfile.ZipFile(io.BytesIO(data), metadata_encoding="utf-8")
        except UnicodeDecodeError:
            return zipfile.ZipFile(io.BytesIO(data))
    except ZIP_ERRORS as error:
        raise BadPackage(Reason.CORRUPT, detail=str(error)) from error


def inspect(archive: zipfile.ZipFile, limit: int = UNPACKED_LIMIT) -> Contents:
    """Check every entry's path, kind and declared size against `limit` bytes. Raises BadPackage.

    Reads the targets of links, no other content: damage inside a file shows only when it is unpacked.
    """
    entries = archive.infolist()
    if not entries:
        raise BadPackage(Reason.EMPTY)
    directories: set[Path] = set()
    files: dict[Path, zipfile.ZipInfo] = {}
    links: dict[Path, str] = {}
    size = 0
    for info in entries:
        path, kind = _path(info), _kind(info)
        if kind != "directory" and (not path or path in files or path in links or path in directories):
            raise BadPackage(Reason.DUPLICATE if path else Reason.TRAVERSAL, info.filename)
        parent = path[:-1]
        while parent and parent not in directories:
            directories.add(parent)
            parent = parent[:-1]
        if len(directories) + len(files) + len(links) >= NODE_LIMIT:
            raise BadPackage(Reason.TOO_MANY_FILES, info.filename)
        if kind == "directory":
            if path:
                directories.add(path)
        elif kind == "link":
            links[path] = _target(archive, info)
        else:
            files[path] = info
        size += info.file_size
        if size > limit:
            raise BadPackage(Reason.TOO_LARGE, info.filename)
    _check_tree(directories, files, links)
    return Contents(frozenset(directories), files, links, size)


def read_error(error: Exception, entry: str) -> BadPackage:
    """The refusal for what the zip reader raised on an entry's content."""
    return BadPackage(Reason.CORRUPT, entry, str(error))


def _path(info: zipfile.ZipInfo) -> Path:
    """The entry's path inside the package: `.` and empty components dropped, anything that climbs refused."""
    name = info.filename
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if name.startswith("/") or ".." in parts or "\0" in info.orig_filename:
        raise BadPackage(Reason.TRAVERSAL, name)
    if len(parts) > _DEPTH or len(name.encode()) > _PATH_BYTES or any(len(p.encode()) > _NAME_BYTES for p in parts):
        raise BadPackage(Reason.TRAVERSAL, name, "too long or too deep")
    return parts


def _kind(info: zipfile.ZipInfo) -> str:
    """`file`, `directory` or `link`; anything else, and what cannot be read, is refused."""
    if info.flag_bits & _ENCRYPTED:
        raise BadPackage(Reason.ENCRYPTED, info.filename)
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
        raise BadPackage(Reason.DEVICE, info.filename)
    if info.is_dir() or mode == stat.S_IFDIR:
        return "directory"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadPackage(Reason.COMPRESSION, info.filename)
    return "link" if mode == stat.S_IFLNK else "file"


def _target(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    """Where a link leads, as text. Raises BadPackage for none, an absolute one, or one that no link can hold."""
    if not 0 < info.file_size <= _TARGET_BYTES:
        raise BadPackage(Reason.SYMLINK, info.filename)
    try:
        target = archive.read(info).decode()
    except UnicodeDecodeError as error:
        raise BadPackage(Reason.SYMLINK, info.filename) from error
    except ZIP_ERRORS as error:
        raise read_error(error, info.filename) from error
    if target.startswith("/") or "\0" in target:
        raise BadPackage(Reason.SYMLINK, info.filename, target)
    return target


def _check_tree(directories: set[Path], files: Mapping[Path, object], links: Mapping[Path, str]) -> None:
    """No file is a directory too, nothing lies behind a link, and every link stays inside."""
    for directory in directories:
        if directory in files:
            raise BadPackage(Reason.DUPLICATE, "/".join(directory))
        if directory in links:
            raise BadPackage(Reason.SYMLINK, "/".join(directory))
    for link in links:
        _check_link(link, links)


def _check_link(link: Path, links: Mapping[Path, str]) -> None:
    """Follow a link as the kernel would, through other links, and refuse it if it ever leaves the package.

    `a/b/../..` cannot be judged by its text alone: `b` may itself be a link.
    """
    here: list[str] = []
    ahead = list(reversed(link))
    followed = 0
    while ahead:
        part = ahead.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not here:
                raise BadPackage(Reason.SYMLINK, "/".join(link), links[link])
            here.pop()
            continue
        here.append(part)
        if (target := links.get(tuple(here))) is not None:
            here.pop()
            followed += 1
            if followed > _LINKS_FOLLOWED:
                raise BadPackage(Reason.SYMLINK, "/".join(link), "too many links")
            ahead += reversed(target.split("/"))

"""Writing an inspected package to a directory: the bytes, modes, times and links, and nothing besides.

Trusts only `package.Contents`; the content of files is still hostile (lengths and checksums may lie).
"""

from __future__ import annotations

import calendar
import contextlib
import ctypes
import os
import stat
import struct
import zipfile
from pathlib import Path

from lambent.store.package import ZIP_ERRORS, BadPackage, Contents, Reason, read_error

_COPY_BYTES = 64 * 1024
_EXTENDED_TIME = 0x5455
_HAS_MODIFIED = 1


def unpack(archive: zipfile.ZipFile, contents: Contents, into: Path) -> None:
    """Write the package into the empty directory `into`. On an error the caller removes what is there.

    Everyone may read, and execute what anyone may execute; set-id bits are dropped. Times are kept,
    since compiled Python in a package names its source's. Raises BadPackage and OSError.
    """
    into.chmod(0o755)
    for directory in sorted(contents.directories):
        place = into.joinpath(*directory)
        place.mkdir()
        place.chmod(0o755)
    for path, info in contents.files.items():
        _write_file(archive, info, into.joinpath(*path))
    # Links last, so that no file was written through one.
    for path, target in contents.links.items():
        into.joinpath(*path).symlink_to(target)


def sync_file_system(directory: Path) -> None:
    """Make all that was written to `directory`'s file system durable: one call for thousands of files."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            raise OSError(ctypes.get_errno(), "syncfs", str(directory))
    finally:
        os.close(descriptor)


def _write_file(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    mode = 0o755 if info.external_attr >> 16 & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH) else 0o644
    left = info.file_size
    try:
        with archive.open(info) as source, path.open("xb", buffering=0) as file:
            while data := source.read(_COPY_BYTES):
                # Never more than declared: the reader stops there.
                left -= file.write(data)
            os.fchmod(file.fileno(), mode)
            modified = _modified(info)
            os.utime(file.fileno(), (modified, modified))
    except ZIP_ERRORS as error:
        raise read_error(error, info.filename) from error
    if left != 0:
        raise BadPackage(Reason.CORRUPT, info.filename, "its size is not as declared")


def _modified(info: zipfile.ZipInfo) -> int:
    """When the file was changed, seconds since the epoch: UTC if the zip says so, else its local time read as UTC."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == _EXTENDED_TIME and size >= 5 and len(extra) >= 9 and extra[4] & _HAS_MODIFIED:
            return int(struct.unpack_from("<i", extra, 5)[0])
        extra = extra[4 + size :]
    with contextlib.suppress(ValueError):  # month 0, which some tools write
        return calendar.timegm((*info.date_time, 0, 0, 0))
    return calendar.timegm((1980, 1, 1, 0, 0, 0))

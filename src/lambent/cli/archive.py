"""A directory as a deployment package. The same files give the same bytes, so an unchanged deploy changes nothing."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = frozenset({"__pycache__", ".git", ".lambent", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv"})


def packaged(directory: Path, without: Path | None = None) -> Iterator[Path]:
    """Every file below `directory` that belongs into its package, in no particular order.

    `without` is a directory that stays behind: a server's data, which may lie there and holds keys. Directories that
    cannot be read, or go away meanwhile, are passed over.
    """
    kept_back = None if without is None else without.resolve()
    base = directory.resolve()
    for place, below, names in os.walk(directory):
        inside = base / Path(place).relative_to(directory)
        below[:] = [name for name in below if name not in _LEFT_OUT and inside / name != kept_back]
        for name in names:
            if name not in _LEFT_OUT:
                yield Path(place, name)


def zip_directory(directory: Path, without: Path | None = None) -> bytes:
    """The zip of every file that is `packaged`, with permissions. Raises OSError.

    Compiled files are left out because Python would not trust them: a zip does not keep a source's exact time.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for path in sorted(path for path in packaged(directory, without) if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(directory).as_posix(), EPOCH)
            entry.external_attr = (path.stat().st_mode & 0xFFFF) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, path.read_bytes())
    return target.getvalue()

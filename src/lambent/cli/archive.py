"""A directory as a deployment package. The same files give the same bytes, so an unchanged deploy changes nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = {"__pycache__", ".git", ".venv"}


def zip_directory(directory: Path) -> bytes:
    """The zip of every file below `directory`, with permissions, without caches. Raises OSError.

    Compiled files are left out because Python would not trust them: a zip does not keep a source's exact time.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for path in sorted(directory.rglob("*")):
            inside = path.relative_to(directory)
            if _LEFT_OUT.intersection(inside.parts) or not path.is_file():
                continue
            entry = zipfile.ZipInfo(inside.as_posix(), EPOCH)
            entry.external_attr = (path.stat().st_mode & 0xFFFF) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, path.read_bytes())
    return target.getvalue()

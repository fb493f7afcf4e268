"""Versions of interpreters whose files do not tell them: each is started once and asked.

The answers are kept in a cache file for as long as the executable does not change.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import msgspec

_SECONDS = 10
_VERSION = re.compile(r"v?(\d+(?:\.\d+)+)\S*")


class Asked:
    """What interpreters said. `cache` is a file; without it everything is asked again in the next process."""

    def __init__(self, cache: Path | None = None) -> None:
        self._file = cache
        self._answers: dict[str, str] = {}
        self._changed = False
        if cache is not None:
            try:
                self._answers = msgspec.json.decode(cache.read_bytes(), type=dict[str, str])
            except (OSError, msgspec.MsgspecError):
                self._answers = {}

    def version(self, path: Path, *question: str) -> str:
        """What the program at `path` prints when it is started with `question`: `3.12.1`, or empty."""
        stat = path.stat()
        key = f"{path}:{stat.st_size}:{stat.st_mtime_ns}"
        if key not in self._answers:
            self._answers[key] = ask(path, *question)
            self._changed = True
        return self._answers[key]

    def save(self) -> None:
        """Write what was asked. A cache that cannot be written is no error."""
        if self._file is None or not self._changed:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_bytes(msgspec.json.encode(self._answers))
        except OSError:
            return


def ask(path: Path, *question: str) -> str:
    """Start the program and read the version that it prints; empty if it does not start or says something else."""
    try:
        run = subprocess.run(
            [path, *question], stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, text=True
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    match = _VERSION.fullmatch(run.stdout.strip())
    return match[1] if run.returncode == 0 and match else ""

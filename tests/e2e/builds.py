"""Programs that end-to-end tests need built: each once, kept in pytest's cache until its source or compiler changes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
GO_BUILD = ["go", "build", "-mod=readonly", "-tags", "lambda.norpc", "-o", "bootstrap", "."]
BUILD_SECONDS = 240
"""A build may take so long, on a busy machine; it may be longer than tests have otherwise."""


class Builds:
    """`cache` keeps what was built, `work` is for building."""

    def __init__(self, cache: Path, work: Path) -> None:
        self._cache = cache
        self._work = work

    def artefact(self, source: str, version: Sequence[str], command: Sequence[str], result: str) -> bytes:
        """What the file `result` holds that `command` makes in a copy of `programs/source`.

        `version` tells which compiler it is. Skips the test if that is not here, or the build fails (it may need the
        network).
        """
        if (compiler := shutil.which(version[0])) is None:
            pytest.skip(f"{version[0]} is not on this machine")
        asked = subprocess.run([compiler, *version[1:]], capture_output=True, text=True, timeout=BUILD_SECONDS)
        kept = self._cache / f"{source}-{_digest(PROGRAMS / source, asked.stdout + str(command))}"
        if not kept.exists():
            folder = self._work / source
            shutil.copytree(PROGRAMS / source, folder)
            built = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BUILD_SECONDS)
            if built.returncode != 0:
                pytest.skip(f"{source} cannot be built here: {(built.stderr or built.stdout)[-300:]}")
            part = kept.with_suffix(f".{os.getpid()}")  # another process of the same session may build it, too
            shutil.copyfile(folder / result, part)
            part.rename(kept)
        return kept.read_bytes()


def _digest(folder: Path, more: str) -> str:
    digest = hashlib.sha256(more.encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]

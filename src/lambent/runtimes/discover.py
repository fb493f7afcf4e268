"""Finding the interpreters of this machine, by looking at files: starting one costs a hundred times as much.

An interpreter whose version cannot be read from its installation is asked once; the answer is kept in a
cache file for as long as the executable does not change.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes import names
from lambent.settings import Settings

_EXECUTABLE = re.compile(r"python3\.\d+")
_VERSION_LINE = re.compile(r'#define\s+PY_VERSION\s+"([^"]+)"')
_IN_PATH_NAME = re.compile(r"(?:^|[^\d.])(3\.\d+\.\d+)(?=$|[^\w.])")
_ASK = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
_ASK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look, best first: `directory` (the user's own choice), PATH, pyenv, uv."""

    directory: Path | None = None
    search_path: tuple[Path, ...] = ()
    pyenv: Path | None = None
    uv: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> Places:
        """The places that the settings name."""
        path = tuple(Path(entry) for entry in settings.search_path.split(os.pathsep) if entry)
        return cls(settings.runtimes_dir, path, settings.pyenv_root, settings.uv_python_dir)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An executable that is a python3.N by its name; `path` has no symbolic links in it."""

    name: str
    path: Path
    source: str

    @property
    def prefix(self) -> Path:
        return self.path.parent.parent


def discover(places: Places, cache: Path | None = None) -> dict[str, Runtime]:
    """Every runtime that this machine can serve, by its AWS name; blocking, a few milliseconds.

    Of several interpreters of one version the first place's wins, and within a place the newest.
    `cache` is a file for what had to be asked; without it, it is asked again each time.
    """
    found = {name: Runtime(name, RuntimeKind.EXEC) for name in names.PROVIDED}
    known = _Versions(cache)
    for source in _candidates(places):
        best: dict[str, Runtime] = {}
        for candidate in source:
            version = known.version(candidate)
            if version is None or candidate.name in found:
                continue
            rival = best.get(candidate.name)
            if rival is None or _order(version) > _order(rival.version):
                best[candidate.name] = Runtime(
                    candidate.name,
                    RuntimeKind.PYTHON,
                    version,
                    str(candidate.path),
                    str(candidate.prefix),
                    candidate.source,
                )
        found.update(best)
    known.save()
    return dict(sorted(found.items(), key=lambda item: (names.language(item[0]), names.version(item[0]), item[0])))


def _candidates(places: Places) -> Iterator[Iterator[_Candidate]]:
    """The executables of each place, one place after the other; on PATH each directory is a place."""
    if places.directory is not None:
        root = places.directory
        yield _executables([root, root / "bin", *_children(root, "bin"), *_children(root)], "directory")
    for directory in places.search_path:
        yield _executables([directory], "path")
    if places.pyenv is not None:
        yield _executables(_children(places.pyenv / "versions", "bin"), "pyenv")
    if places.uv is not None:
        yield _executables(_children(places.uv, "bin"), "uv")


def _children(root: Path, below: str = "") -> list[Path]:
    try:
        return sorted(child / below for child in root.iterdir())
    except OSError:
        return []


def _executables(directories: list[Path], source: str) -> Iterator[_Candidate]:
    for directory in directories:
        for name in names.PYTHON:
            link = directory / name
            if not os.access(link, os.X_OK):
                continue
            path = Path(os.path.realpath(link))
            if _is_program(path) and (path.parent.parent / "lib" / name).is_dir():
                yield _Candidate(name, path, source)


def _is_program(path: Path) -> bool:
    """An ELF file, not a script that starts one (pyenv's shims)."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


class _Versions:
    """Full versions of interpreters: from their installation if it says, else asked and remembered."""

    def __init__(self, cache: Path | None) -> None:
        self._file = cache
        self._asked: dict[str, str] = {}
        self._changed = False
        if cache is not None:
            try:
                self._asked = msgspec.json.decode(cache.read_bytes(), type=dict[str, str])
            except (OSError, msgspec.MsgspecError):
                self._asked = {}

    def version(self, candidate: _Candidate) -> str | None:
        """The version such as `3.12.1`; None if it is not what its name says, or does not start."""
        version = _header_version(candidate) or _path_version(candidate) or self._ask(candidate)
        return version if version and version.startswith(candidate.name.removeprefix("python") + ".") else None

    def save(self) -> None:
        """Write what was asked. A cache that cannot be written is no error."""
        if self._file is None or not self._changed:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_bytes(msgspec.json.encode(self._asked))
        except OSError:
            return

    def _ask(self, candidate: _Candidate) -> str:
        stat = candidate.path.stat()
        key = f"{candidate.path}:{stat.st_size}:{stat.st_mtime_ns}"
        if key not in self._asked:
            self._asked[key] = _start_and_ask(candidate.path)
            self._changed = True
        return self._asked[key]


def _header_version(candidate: _Candidate) -> str | None:
    try:
        text = (candidate.prefix / "include" / candidate.name / "patchlevel.h").read_text()
    except OSError:
        return None
    match = _VERSION_LINE.search(text)
    return match[1] if match else None


def _path_version(candidate: _Candidate) -> str | None:
    """The version in the name of the installation's directory, as pyenv and uv write it."""
    match = _IN_PATH_NAME.search(candidate.prefix.name)
    return match[1] if match else None


def _start_and_ask(path: Path) -> str:
    try:
        run = subprocess.run(
            [path, "-I", "-S", "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASK_SECONDS,
            text=True,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))

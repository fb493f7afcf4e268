"""Where interpreters may be, and the programs that lie there. Looks at file names only; starts nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lambent.settings import Settings


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look, best first: `directory` (the user's own choice), PATH, then the version managers."""

    directory: Path | None = None
    search_path: tuple[Path, ...] = ()
    pyenv: Path | None = None
    uv: Path | None = None
    nvm: Path | None = None
    rbenv: Path | None = None
    jvm: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> Places:
        """The places that the settings name."""
        return cls(
            directory=settings.runtimes_dir,
            search_path=tuple(Path(entry) for entry in settings.search_path.split(os.pathsep) if entry),
            pyenv=settings.pyenv_root,
            uv=settings.uv_python_dir,
            nvm=settings.nvm_dir,
            rbenv=settings.rbenv_root,
            jvm=settings.jvm_dir,
        )

    def of_managers(self) -> dict[str, Path | None]:
        """The directories of version managers that hold one installation each, by what a runtime's `source` says."""
        return {
            "pyenv": self.pyenv and self.pyenv / "versions",
            "uv": self.uv,
            "nvm": self.nvm and self.nvm / "versions" / "node",
            "rbenv": self.rbenv and self.rbenv / "versions",
            "jvm": self.jvm,
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program with the right name; `path` has no symbolic links in it."""

    program: str
    path: Path
    source: str

    @property
    def prefix(self) -> Path:
        """The tree that it was installed with, if it lies in that tree's `bin`."""
        return self.path.parent.parent


def candidates(places: Places, programs: tuple[str, ...], managers: Iterable[str]) -> Iterator[list[Candidate]]:
    """The `programs` of each place, one place after the other; on PATH each directory is a place."""
    if places.directory is not None:
        root = places.directory
        yield _programs(programs, [root, root / "bin", *_children(root, "bin"), *_children(root)], "directory")
    for directory in places.search_path:
        yield _programs(programs, [directory], "path")
    for manager in managers:
        if (root_of := places.of_managers()[manager]) is not None:
            yield _programs(programs, _children(root_of, "bin"), manager)


def _children(root: Path, below: str = "") -> list[Path]:
    try:
        return sorted(child / below for child in root.iterdir())
    except OSError:
        return []


def _programs(programs: tuple[str, ...], directories: list[Path], source: str) -> list[Candidate]:
    links = [(name, directory / name) for directory in directories for name in programs]
    found = [(name, Path(os.path.realpath(link))) for name, link in links if os.access(link, os.X_OK)]
    return [Candidate(name, path, source) for name, path in found if _is_machine_code(path)]


def _is_machine_code(path: Path) -> bool:
    """An ELF file, not a script that starts one (the shims of version managers)."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False

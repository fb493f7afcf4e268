"""How to recognise an interpreter of each language: its version, AWS's name for it, the tree that it needs.

By looking at files wherever they tell: starting an interpreter costs a hundred times as much.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes import names
from lambent.runtimes.asked import Asked
from lambent.runtimes.places import Candidate

Recognise = Callable[[Candidate, Asked], Runtime | None]

_PYTHON_VERSION = re.compile(r'#define\s+PY_VERSION\s+"([^"]+)"')
_NODE_VERSION = re.compile(r"#define\s+NODE_(?:MAJOR|MINOR|PATCH)_VERSION\s+(\d+)")
_JAVA_VERSION = re.compile(r'^JAVA_VERSION="([^"]+)"', re.MULTILINE)
_IN_FOLDER_NAME = re.compile(r"(?:^|[^\d.])(\d+\.\d+\.\d+)(?=$|[^\w.])")
_OLDEST = {"nodejs": (18,), "java": (11,), "ruby": (3, 0)}
"""The oldest versions that our clients, or AWS's, run under."""


@dataclass(frozen=True, slots=True)
class Language:
    """`programs` are the file names to look for, `managers` the version managers that may hold them."""

    programs: tuple[str, ...]
    managers: tuple[str, ...]
    recognise: Recognise


def _python(candidate: Candidate, asked: Asked) -> Runtime | None:
    """A python3.N whose library is where it should be, and whose version is what its name says."""
    name, prefix = candidate.program, candidate.prefix
    if not (prefix / "lib" / name).is_dir():
        return None
    version = (
        _in_file(prefix / "include" / name / "patchlevel.h", _PYTHON_VERSION)
        or _in_folder_name(prefix)
        or asked.version(candidate.path, "-I", "-S", "-c", "import platform; print(platform.python_version())")
    )
    if not version.startswith(name.removeprefix("python") + "."):
        return None
    return Runtime(name, RuntimeKind.PYTHON, version, str(candidate.path), str(prefix), candidate.source)


def _node(candidate: Candidate, asked: Asked) -> Runtime | None:
    """node is one file, and needs no other to run functions: nothing else of its tree is shown to them."""
    version = (
        _in_file(candidate.prefix / "include" / "node" / "node_version.h", _NODE_VERSION)
        or _in_folder_name(candidate.prefix)
        or asked.version(candidate.path, "--version")
    )
    return _runtime("nodejs", "nodejs{}.x", RuntimeKind.FRAMED, version, candidate, prefix="")


def _java(candidate: Candidate, asked: Asked) -> Runtime | None:
    """A JDK or JRE with the `release` file that all of them have."""
    version = _in_file(candidate.prefix / "release", _JAVA_VERSION)
    return _runtime("java", "java{}", RuntimeKind.EXEC, version, candidate, prefix=str(candidate.prefix))


def _ruby(candidate: Candidate, asked: Asked) -> Runtime | None:
    """ruby, with its library beside it."""
    if not (candidate.prefix / "lib" / "ruby").is_dir():
        return None
    version = _in_folder_name(candidate.prefix) or asked.version(
        candidate.path, "--disable=gems", "-e", "puts RUBY_VERSION"
    )
    return _runtime("ruby", "ruby{}.{}", RuntimeKind.FRAMED, version, candidate, prefix=str(candidate.prefix))


LANGUAGES = (
    Language(names.PYTHON, ("pyenv", "uv"), _python),
    Language(("node",), ("nvm",), _node),
    Language(("java",), ("jvm",), _java),
    Language(("ruby",), ("rbenv",), _ruby),
)


def order(version: str) -> tuple[int, ...]:
    """A version as numbers that compare: (3, 12, 1) of `3.12.1`."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _runtime(
    language: str, pattern: str, kind: RuntimeKind, version: str, candidate: Candidate, *, prefix: str
) -> Runtime | None:
    numbers = order(version)
    if len(numbers) < pattern.count("{}") or numbers < _OLDEST[language]:
        return None
    return Runtime(pattern.format(*numbers), kind, version, str(candidate.path), prefix, candidate.source)


def _in_file(file: Path, pattern: re.Pattern[str]) -> str:
    """What the file says of the version, joined by dots where it says it in parts; empty if there is no such file."""
    try:
        return ".".join(pattern.findall(file.read_text()))
    except (OSError, UnicodeDecodeError):
        return ""


def _in_folder_name(prefix: Path) -> str:
    """The version in the name of the installation's directory, as version managers write it."""
    match = _IN_FOLDER_NAME.search(prefix.name)
    return match[1] if match else ""

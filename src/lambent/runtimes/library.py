"""The directory that becomes /var/runtime: symbolic links to what a managed runtime offers.

Nothing is copied: the links lead to files of Lambent's own (its clients, and for Python the packages of its own
installation, all pure Python) and to what `prepare` has installed. One directory a version.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path

from lambent.model.errors import PlatformError
from lambent.model.runtime import Runtime
from lambent.runtimes import names

EVERYWHERE = ("awslambdaric", "simplejson", "snapshot_restore_py", "jmespath", "dateutil", "six")
"""What the runtime itself needs, and what of the AWS SDK runs under every Python from 3.9 on."""

SDK = ("boto3", "botocore", "s3transfer", "urllib3")
"""The AWS SDK that every function may import without bringing it."""

SDK_FROM = (3, 10)
"""The oldest Python that our own SDK runs under; older ones get what `prepare` installed, or none."""

JAVA_CLIENT = "java"
"""Below the extras: AWS's client for Java, for every version of it."""

NODE_SDK = "nodejs"
"""Below the extras: the AWS SDK for JavaScript, for every version of Node.js that can use it."""

NODE_SDK_FROM = (20,)
"""The oldest Node.js that the SDK runs under."""

STAMP = "installed.sha256"
"""In a directory that `prepare` has installed: what it was installed from."""

_INSIDE = Path(__file__).parent


def extras_root() -> Path:
    """Where `prepare` installs packages for other interpreters: a directory a version, in our own environment."""
    return Path(sys.prefix) / "share" / "lambent" / "library"


class Library:
    """Makes the directories below `root` as they are asked for, and remembers them."""

    def __init__(self, root: Path, *, extras: Path | None = None) -> None:
        self._root = root
        self._extras = extras_root() if extras is None else extras
        self._made: dict[str, Path] = {}

    def __call__(self, runtime: Runtime) -> Path:
        """The directory for `runtime`; empty for one that runs its own `bootstrap`. Raises PlatformError."""
        if runtime.name not in self._made:
            self._made[runtime.name] = _make(self._root, runtime.name, contents(runtime, self._extras))
        return self._made[runtime.name]


def contents(runtime: Runtime, extras: Path) -> dict[str, Path]:
    """What lies in the directory of a runtime: names and what they lead to. Raises PlatformError."""
    match names.language(runtime.name):
        case "python":
            return _python(runtime, extras)
        case "nodejs":
            packages = extras / NODE_SDK / "node_modules"
            has_sdk = names.version(runtime.name) >= NODE_SDK_FROM and packages.is_dir()
            return _files("node", "*.[cm]js") | ({"node_modules": packages} if has_sdk else {})
        case "ruby":
            return _files("ruby", "*.rb")
        case "java":
            classes = {"classes": extras / runtime.name} if (extras / runtime.name).is_dir() else {}
            return {"lib": extras / JAVA_CLIENT, **classes}
        case _:
            return {}


def is_ready(runtime: Runtime, extras: Path) -> bool:
    """Whether all is there that the runtime cannot do without: Java cannot without AWS's client."""
    return names.language(runtime.name) != "java" or (extras / JAVA_CLIENT / STAMP).is_file()


def _python(runtime: Runtime, extras: Path) -> dict[str, Path]:
    entries = _files("python", "lambent_*.py")
    wanted = EVERYWHERE + (SDK if names.version(runtime.name) >= SDK_FROM else ())
    for path in map(_installed, wanted):
        entries[path.name] = path
    own = extras / runtime.name
    if own.is_dir():
        entries.update((path.name, path) for path in sorted(own.iterdir()) if _is_package(path))
    return entries


def has_sdk(runtime: Runtime, extras: Path | None = None) -> bool:
    """Whether functions of this Python runtime can import boto3 without bringing it."""
    return "boto3" in contents(runtime, extras_root() if extras is None else extras)


def _files(language: str, pattern: str) -> dict[str, Path]:
    return {path.name: path for path in sorted((_INSIDE / language).glob(pattern))}


def _is_package(path: Path) -> bool:
    return path.suffix == ".py" or (path.is_dir() and (path / "__init__.py").is_file())


def _installed(name: str) -> Path:
    """Where an importable package or module of our own installation lies; nothing is imported."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise PlatformError(f"the package {name} is not installed")
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def _make(root: Path, name: str, entries: dict[str, Path]) -> Path:
    """A directory of links whose name tells what it holds: it is complete or absent, and never changes."""
    digest = hashlib.sha256(repr(sorted((entry, str(path)) for entry, path in entries.items())).encode())
    directory = root / f"{name}-{digest.hexdigest()[:12]}"
    if directory.is_dir():
        return directory.absolute()
    making = directory.with_suffix(".making")
    try:
        making.mkdir(parents=True, exist_ok=True)
        for entry, path in entries.items():
            link = making / entry
            link.unlink(missing_ok=True)
            link.symlink_to(path.absolute())
        making.rename(directory)
    except OSError as error:
        raise PlatformError(f"the library of {name} cannot be made in {root}: {error}") from error
    return directory.absolute()

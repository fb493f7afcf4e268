"""Makes the library ready for the interpreters of this machine: run by `make setup`, never while serving.

For each managed Python but our own it installs the builds that our installation does not have, and
compiles the library's modules, which no sandbox may write. What fails is said and left out: the
runtime works without it, more slowly, or (Python 3.9) without boto3. For Node.js and Java see
`prepare_node` and `prepare_java`.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes import names
from lambent.runtimes.discover import interpreters
from lambent.runtimes.library import STAMP, contents, extras_root
from lambent.runtimes.places import Places
from lambent.runtimes.prepare_java import prepare_java
from lambent.runtimes.prepare_node import prepare_node
from lambent.runtimes.programs import Say, run
from lambent.settings import Settings

_LOCKS = Path(__file__).parent / "python"


def prepare(found: Mapping[str, Runtime], extras: Path, say: Say) -> None:
    """Install and compile for every Python runtime of `found`; `say` is told each step and each failure."""
    for runtime in found.values():
        if runtime.kind is not RuntimeKind.PYTHON:
            continue
        if names.version(runtime.name) != sys.version_info[:2]:
            _install(runtime, extras, say)
        _compile(runtime, contents(runtime, extras), say)


def locks(runtime: Runtime) -> list[Path]:
    """The lock files of what this runtime needs besides our own installation."""
    own = _LOCKS / f"{runtime.name}.lock"
    return [_LOCKS / "all.lock", *([own] if own.exists() else [])]


def _install(runtime: Runtime, extras: Path, say: Say) -> None:
    files = locks(runtime)
    stamp = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    directory, making = extras / runtime.name, extras / f"{runtime.name}.making"
    if _stamped(directory) == stamp:
        return
    say(f"{runtime.name}: installing its own builds")
    shutil.rmtree(making, ignore_errors=True)
    if problem := run(_pip(runtime, files, making)):
        say(f"{runtime.name}: not installed, so {_without(runtime)}: {problem}")
        return
    (making / STAMP).write_text(stamp)
    shutil.rmtree(directory, ignore_errors=True)
    making.rename(directory)


def _pip(runtime: Runtime, files: list[Path], target: Path) -> list[str]:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-compile", "--require-hashes", "--only-binary=:all:", "--implementation=cp"]
    command += ["--python-version", runtime.name.removeprefix("python"), "--target", str(target)]
    for file in files:
        command += ["-r", str(file)]
    return command


def _without(runtime: Runtime) -> str:
    return "boto3 is missing" if (_LOCKS / f"{runtime.name}.lock").exists() else "its JSON is slower"


def _stamped(directory: Path) -> str:
    try:
        return (directory / STAMP).read_text()
    except OSError:
        return ""


def _compile(runtime: Runtime, entries: Mapping[str, Path], say: Say) -> None:
    say(f"{runtime.name}: compiling its library")
    command = [runtime.executable, "-I", "-S", "-m", "compileall", "-q", "-j", "0"]
    if problem := run([*command, *(str(path) for path in entries.values())]):
        say(f"{runtime.name}: not all is compiled, so its first start is slower: {problem}")


def main() -> None:
    """What `make setup` runs."""
    settings = Settings.from_environment()
    found = interpreters(Places.of(settings))
    prepare(found, extras_root(), _tell)
    prepare_node(found, extras_root(), _tell, settings.search_path)
    prepare_java(found, extras_root(), _tell, settings.search_path)


def _tell(line: str) -> None:
    sys.stdout.write(f"  {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

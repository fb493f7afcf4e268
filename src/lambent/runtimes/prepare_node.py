"""Makes Node.js runtimes ready: the AWS SDK for JavaScript that functions may use without bringing it, from npm.

Run by `make setup`, never while serving. The lock pins every package by its hash; nothing that a package would run
at its installation is run. Without npm functions work, but must bring what they import.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from lambent.model.runtime import Runtime
from lambent.runtimes import names
from lambent.runtimes.library import NODE_SDK, NODE_SDK_FROM, STAMP
from lambent.runtimes.programs import Say, run

_LOCKS = Path(__file__).parent / "node" / "sdk"
_FILES = ("package.json", "package-lock.json")
_WITHOUT = "so functions in JavaScript must bring the AWS SDK"


def prepare_node(found: Mapping[str, Runtime], extras: Path, say: Say, search_path: str) -> None:
    """Install the SDK if a Node.js that can use it was found, and what is there is not what the lock says."""
    versions = [names.version(name) for name in found if names.language(name) == "nodejs"]
    directory, making = extras / NODE_SDK, extras / f"{NODE_SDK}.making"
    stamp = hashlib.sha256(b"".join((_LOCKS / name).read_bytes() for name in _FILES)).hexdigest()
    if not versions or max(versions) < NODE_SDK_FROM or _stamped(directory) == stamp:
        return
    npm = shutil.which("npm", path=search_path)
    if npm is None:
        say(f"nodejs: npm is not on PATH, {_WITHOUT}")
        return
    say("nodejs: installing the AWS SDK")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    for name in _FILES:
        shutil.copyfile(_LOCKS / name, making / name)
    if problem := run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], making):
        say(f"nodejs: not installed, {_WITHOUT}: {problem}")
        return
    (making / STAMP).write_text(stamp)
    shutil.rmtree(directory, ignore_errors=True)
    making.rename(directory)


def _stamped(directory: Path) -> str:
    try:
        return (directory / STAMP).read_text()
    except OSError:
        return ""

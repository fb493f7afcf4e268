"""Preparing the library, with the package installer and the interpreters replaced: the network is not a unit."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes import prepare as module
from lambent.runtimes.prepare import locks, prepare

OTHER = "python3.9" if sys.version_info[:2] != (3, 9) else "python3.10"
OWN = "python{}.{}".format(*sys.version_info)
FOUND = {
    "provided.al2": Runtime("provided.al2", RuntimeKind.EXEC),
    **{name: Runtime(name, RuntimeKind.PYTHON, executable=sys.executable) for name in (OTHER, OWN)},
}


class Runs:
    """Stands in for running programs: makes the target directory of an installation, remembers the rest."""

    def __init__(self) -> None:
        self.installed: list[Path] = []
        self.compiled: list[list[str]] = []
        self.problem = ""

    def __call__(self, command: list[str]) -> str:
        """Run one command."""
        if "pip" in command:
            target = Path(command[command.index("--target") + 1])
            target.mkdir(parents=True)
            self.installed.append(target)
            return self.problem
        self.compiled.append(command)
        return ""


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    """What `prepare` runs."""
    runs = Runs()
    monkeypatch.setattr(module, "run", runs)
    return runs


@pytest.fixture
def said() -> list[str]:
    """What `prepare` says."""
    return []


def test_installs_once_for_others_and_compiles_for_all(tmp_path: Path, runs: Runs, said: list[str]) -> None:
    for _ in range(2):
        prepare(FOUND, tmp_path, said.append)
    assert len(runs.installed) == 1
    assert [path.name for path in tmp_path.iterdir()] == [OTHER]
    assert len(runs.compiled) == 4
    assert all(command[:5] == [sys.executable, "-I", "-S", "-m", "compileall"] for command in runs.compiled)
    assert any(entry.endswith("/awslambdaric") for entry in runs.compiled[0])
    assert said[0] == f"{OTHER}: installing its own builds"


def test_a_changed_lock_installs_again(
    tmp_path: Path, runs: Runs, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(FOUND, tmp_path, said.append)
    lock = tmp_path / "new.lock"
    lock.write_text("simplejson==99")
    monkeypatch.setattr(module, "locks", lambda runtime: [lock])
    prepare(FOUND, tmp_path, said.append)
    assert len(runs.installed) == 2


def test_a_failed_installation_is_said_and_leaves_the_old_one(tmp_path: Path, runs: Runs, said: list[str]) -> None:
    (tmp_path / OTHER).mkdir()
    runs.problem = "no network"
    prepare(FOUND, tmp_path, said.append)
    assert any(line.startswith(f"{OTHER}: not installed, so ") and line.endswith("no network") for line in said)
    assert list((tmp_path / OTHER).iterdir()) == []


def test_locks_name_hashes_for_everything() -> None:
    for name in ("python3.9", "python3.12"):
        for lock in locks(Runtime(name, RuntimeKind.PYTHON)):
            text = lock.read_text()
            pins = re.findall(r"^([\w.-]+)==[\d.]+ \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
            assert len(pins) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE)) > 0
    assert len(locks(Runtime("python3.9", RuntimeKind.PYTHON))) == 2

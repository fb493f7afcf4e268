"""Which of several interpreters serves, and which need more than an interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes import asked
from lambent.runtimes.discover import discover, interpreters
from lambent.runtimes.places import Places


def install(prefix: Path, name: str, version: str | None) -> Path:
    """A thing that looks like an installation of `name` (`python3.12`); `version` None leaves it unsaid."""
    for directory in ("bin", f"lib/{name}", f"include/{name}"):
        (prefix / directory).mkdir(parents=True, exist_ok=True)
    if version is not None:
        (prefix / "include" / name / "patchlevel.h").write_text(f'#define PY_VERSION      \t"{version}"\n')
    return _program(prefix / "bin" / name)


def install_java(home: Path, version: str) -> Path:
    """A thing that looks like a JDK."""
    (home / "bin").mkdir(parents=True)
    (home / "release").write_text(f'JAVA_VERSION="{version}"\n')
    return _program(home / "bin" / "java")


def _program(path: Path) -> Path:
    path.write_bytes(b"\x7fELF...")
    path.chmod(0o755)
    return path


@pytest.fixture
def never_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if an interpreter is started."""

    def refuse(*args: object, **named: object) -> None:
        raise AssertionError("an interpreter was started")

    monkeypatch.setattr(subprocess, "run", refuse)


@pytest.mark.usefixtures("never_started")
def test_provided_is_always_there() -> None:
    assert discover(Places()) == {name: Runtime(name, RuntimeKind.EXEC) for name in ("provided.al2", "provided.al2023")}


@pytest.mark.usefixtures("never_started")
def test_each_place_and_their_order(tmp_path: Path) -> None:
    install(tmp_path / "own" / "a", "python3.13", "3.13.9")
    path = install(tmp_path / "usr", "python3.12", "3.12.1")
    install(tmp_path / "usr", "python3.13", "3.13.1")
    for version in ("3.12.9", "3.10.2", "3.10.13", "3.10.9"):
        install(tmp_path / "pyenv" / "versions" / version, f"python{version.rpartition('.')[0]}", version)
    install(tmp_path / "uv" / "cpython-3.14.2-linux-x86_64-gnu", "python3.14", None)
    (tmp_path / "nvm" / "versions" / "node" / "v22.4.0" / "bin").mkdir(parents=True)
    node = _program(tmp_path / "nvm" / "versions" / "node" / "v22.4.0" / "bin" / "node")
    places = Places(
        tmp_path / "own", (tmp_path / "usr" / "bin",), tmp_path / "pyenv", tmp_path / "uv", tmp_path / "nvm"
    )
    found = discover(places)
    assert [(runtime.name, runtime.version, runtime.source) for runtime in found.values()] == [
        ("nodejs22.x", "22.4.0", "nvm"),
        ("provided.al2", "", "builtin"),
        ("provided.al2023", "", "builtin"),
        ("python3.10", "3.10.13", "pyenv"),
        ("python3.12", "3.12.1", "path"),
        ("python3.13", "3.13.9", "directory"),
        ("python3.14", "3.14.2", "uv"),
    ]
    runtime = found["python3.12"]
    assert (runtime.executable, runtime.prefix) == (str(path), str(tmp_path / "usr"))
    assert found["nodejs22.x"].executable == str(node)


@pytest.mark.usefixtures("never_started")
def test_a_directory_may_be_a_prefix_or_hold_executables(tmp_path: Path) -> None:
    program = install(tmp_path / "prefix", "python3.12", "3.12.1")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "python3.12").symlink_to(program)
    for directory in ("prefix", "prefix/bin", "links"):
        assert discover(Places(tmp_path / directory))["python3.12"].executable == str(program)


@pytest.mark.usefixtures("never_started")
def test_java_is_there_once_its_client_is(tmp_path: Path) -> None:
    java = install_java(tmp_path / "jvm" / "java-21", "21.0.4")
    places, extras = Places(jvm=tmp_path / "jvm"), tmp_path / "extras"
    assert interpreters(places)["java21"].executable == str(java)
    assert "java21" not in discover(places, extras=extras)
    (extras / "java").mkdir(parents=True)
    (extras / "java" / "installed.sha256").write_text("…")
    assert discover(places, extras=extras)["java21"].source == "jvm"


def test_an_unknown_version_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "python3.12", None)
    questions: list[Path] = []

    def answer(path: Path, *question: str) -> str:
        questions.append(path)
        return "3.12.4"

    monkeypatch.setattr(asked, "ask", answer)
    places, cache = Places(tmp_path), tmp_path / "cache" / "versions.json"
    for _ in range(2):
        assert discover(places, cache)["python3.12"].version == "3.12.4"
    assert len(questions) == 1


def test_an_interpreter_that_does_not_start_is_none(tmp_path: Path) -> None:
    install(tmp_path, "python3.12", None)
    assert "python3.12" not in discover(Places(tmp_path))


def test_the_interpreter_of_this_test_is_found_by_its_files() -> None:
    own = "python{}.{}".format(*sys.version_info)
    found = discover(Places(directory=Path(sys.base_prefix)))
    assert found[own].version == "{}.{}.{}".format(*sys.version_info)
    assert Path(found[own].executable).samefile(Path(sys.executable).resolve())

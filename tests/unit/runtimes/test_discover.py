"""Finding interpreters among made-up installations, and the real ones of this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes import discover as module
from lambent.runtimes.discover import Places, discover
from lambent.settings import Settings


def install(prefix: Path, name: str, version: str | None, *, executable: bytes = b"\x7fELF...") -> Path:
    """A thing that looks like an installation of `name` (`python3.12`); `version` None leaves it unsaid."""
    for directory in ("bin", f"lib/{name}", f"include/{name}"):
        (prefix / directory).mkdir(parents=True, exist_ok=True)
    if version is not None:
        (prefix / "include" / name / "patchlevel.h").write_text(f'#define PY_VERSION      \t"{version}"\n')
    program = prefix / "bin" / name
    program.write_bytes(executable)
    program.chmod(0o755)
    return program


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
    places = Places(tmp_path / "own", (tmp_path / "usr" / "bin",), tmp_path / "pyenv", tmp_path / "uv")
    found = discover(places)
    assert [(runtime.name, runtime.version, runtime.source) for runtime in found.values()] == [
        ("provided.al2", "", "builtin"),
        ("provided.al2023", "", "builtin"),
        ("python3.10", "3.10.13", "pyenv"),
        ("python3.12", "3.12.1", "path"),
        ("python3.13", "3.13.9", "directory"),
        ("python3.14", "3.14.2", "uv"),
    ]
    runtime = found["python3.12"]
    assert (runtime.executable, runtime.prefix) == (str(path), str(tmp_path / "usr"))


@pytest.mark.usefixtures("never_started")
def test_a_directory_may_be_a_prefix_or_hold_executables(tmp_path: Path) -> None:
    program = install(tmp_path / "prefix", "python3.12", "3.12.1")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "python3.12").symlink_to(program)
    for directory in ("prefix", "prefix/bin", "links"):
        assert discover(Places(tmp_path / directory))["python3.12"].executable == str(program)


@pytest.mark.usefixtures("never_started")
def test_what_is_no_interpreter_is_passed_over(tmp_path: Path) -> None:
    bin_ = tmp_path / "bin"
    install(tmp_path, "python3.9", "3.9.1", executable=b"#!/bin/sh\n")
    install(tmp_path, "python3.10", "3.11.1")
    install(tmp_path, "python3.11", "3.11.1").chmod(0o644)
    shutil.rmtree(install(tmp_path, "python3.12", "3.12.1").parent.parent / "lib" / "python3.12")
    (bin_ / "python3.13").symlink_to("nowhere")
    (bin_ / "python3.14").mkdir()
    places = Places(search_path=(tmp_path / "absent", bin_), pyenv=tmp_path / "absent", uv=tmp_path / "absent")
    assert [name for name in discover(places) if name.startswith("python")] == []


def test_an_unknown_version_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "python3.12", None, executable=b"\x7fELF")
    asked: list[Path] = []
    monkeypatch.setattr(module, "_start_and_ask", lambda path: asked.append(path) or "3.12.4")
    places, cache = Places(tmp_path), tmp_path / "cache" / "versions.json"
    for _ in range(2):
        assert discover(places, cache)["python3.12"].version == "3.12.4"
    assert len(asked) == 1
    install(tmp_path, "python3.12", None, executable=b"\x7fELF, upgraded")
    discover(places, cache)
    assert len(asked) == 2
    cache.write_text("not json")
    discover(places, cache)
    discover(places)
    assert len(asked) == 4


def test_an_interpreter_that_does_not_start_is_none(tmp_path: Path) -> None:
    install(tmp_path, "python3.12", None)
    assert "python3.12" not in discover(Places(tmp_path))


def test_asking_a_real_interpreter(tmp_path: Path) -> None:
    assert module._start_and_ask(Path(sys.executable)) == "{}.{}.{}".format(*sys.version_info)


def test_the_interpreter_of_this_test_is_found_by_its_files() -> None:
    own = "python{}.{}".format(*sys.version_info)
    found = discover(Places(directory=Path(sys.base_prefix)))
    assert found[own].version == "{}.{}.{}".format(*sys.version_info)
    assert Path(found[own].executable).samefile(Path(sys.executable).resolve())


def test_places_come_from_the_settings() -> None:
    env = {"PATH": "/a::/b", "HOME": "/h", "LAMBENT_RUNTIMES_DIR": "/r"}
    assert Places.of(Settings.from_environment(env)) == Places(
        Path("/r"), (Path("/a"), Path("/b")), Path("/h/.pyenv"), Path("/h/.local/share/uv/python")
    )
    env |= {"PYENV_ROOT": "/p", "UV_PYTHON_INSTALL_DIR": "/u", "LAMBENT_SEARCH_PATH": "/c"}
    assert Places.of(Settings.from_environment(env)) == Places(Path("/r"), (Path("/c"),), Path("/p"), Path("/u"))

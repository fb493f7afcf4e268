"""The directory of links that becomes /var/runtime."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes import library as module
from lambent.runtimes.library import EVERYWHERE, SDK, Library, contents, has_sdk, is_ready

NEW = Runtime("python3.12", RuntimeKind.PYTHON)
OLD = Runtime("python3.9", RuntimeKind.PYTHON)


def package(directory: Path, name: str) -> Path:
    """An empty package."""
    (directory / name).mkdir(parents=True)
    (directory / name / "__init__.py").touch()
    return directory / name


def test_links_to_our_own_packages_and_the_bootstrap(tmp_path: Path) -> None:
    directory = Library(tmp_path, extras=tmp_path / "none")(NEW)
    stems = {entry.name.removesuffix(".py") for entry in directory.iterdir()}
    assert stems == {*EVERYWHERE, *SDK, "lambent_bootstrap", "lambent_channel", "lambent_api", "lambent_wrapped"}
    for entry in directory.iterdir():
        assert entry.is_symlink()
        assert entry.readlink().is_absolute()
        assert entry.exists()


def test_an_old_python_gets_no_sdk_that_it_cannot_run(tmp_path: Path) -> None:
    assert not has_sdk(OLD, tmp_path)
    assert has_sdk(NEW, tmp_path)
    assert "awslambdaric" in contents(OLD, tmp_path)


def test_what_prepare_installed_comes_first(tmp_path: Path) -> None:
    own = {name: package(tmp_path / "python3.9", name) for name in ("boto3", "simplejson")}
    (tmp_path / "python3.9" / "boto3-1.0.dist-info").mkdir()
    (tmp_path / "python3.9" / "installed.sha256").touch()
    entries = contents(OLD, tmp_path)
    assert entries["boto3"] == own["boto3"]
    assert entries["simplejson"] == own["simplejson"]
    assert not any("." in name.removesuffix(".py") for name in entries)
    assert contents(NEW, tmp_path)["simplejson"] != own["simplejson"]


def test_made_once_complete_and_again_when_it_changes(tmp_path: Path) -> None:
    first = Library(tmp_path / "lib", extras=tmp_path)
    directory = first(NEW)
    before = directory.stat().st_mtime_ns
    assert first(NEW) == directory
    assert Library(tmp_path / "lib", extras=tmp_path)(NEW) == directory
    assert directory.stat().st_mtime_ns == before
    package(tmp_path / "python3.12", "simplejson")
    changed = Library(tmp_path / "lib", extras=tmp_path)(NEW)
    assert changed != directory
    assert (changed / "simplejson").readlink() == tmp_path / "python3.12" / "simplejson"


def test_an_interrupted_making_is_finished(tmp_path: Path) -> None:
    directory = Library(tmp_path, extras=tmp_path / "none")(NEW)
    directory.rename(directory.with_suffix(".making"))
    assert Library(tmp_path, extras=tmp_path / "none")(NEW) == directory
    assert (directory / "boto3").exists()


def test_a_runtime_with_its_own_program_gets_an_empty_one(tmp_path: Path) -> None:
    directory = Library(tmp_path)(Runtime("provided.al2023", RuntimeKind.EXEC))
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize(("name", "kind"), [("nodejs20.x", RuntimeKind.FRAMED), ("ruby3.3", RuntimeKind.FRAMED)])
def test_our_own_clients(tmp_path: Path, name: str, kind: RuntimeKind) -> None:
    entries = contents(Runtime(name, kind), tmp_path)
    assert entries
    assert all(path.is_file() and path.parent.parent == Path(module.__file__).parent for path in entries.values())
    assert contents(Runtime(name, RuntimeKind.EXEC), tmp_path) == entries  # under a wrapper script, too


def test_node_has_the_sdk_if_prepare_installed_it_and_it_can_use_it(tmp_path: Path) -> None:
    (tmp_path / "nodejs" / "node_modules").mkdir(parents=True)
    for name, has_it in (("nodejs20.x", True), ("nodejs24.x", True), ("nodejs18.x", False)):
        assert ("node_modules" in contents(Runtime(name, RuntimeKind.FRAMED), tmp_path)) == has_it


def test_java_has_what_prepare_made(tmp_path: Path) -> None:
    java = Runtime("java17", RuntimeKind.EXEC)
    assert not is_ready(java, tmp_path)
    (tmp_path / "java").mkdir()
    assert not is_ready(java, tmp_path)
    (tmp_path / "java" / module.STAMP).touch()
    assert is_ready(java, tmp_path)
    assert contents(java, tmp_path) == {"lib": tmp_path / "java"}
    (tmp_path / "java17").mkdir()
    assert contents(java, tmp_path)["classes"] == tmp_path / "java17"
    assert is_ready(NEW, tmp_path / "absent")


def test_errors_are_the_platforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PlatformError, match=r"library of python3\.12 cannot be made"):
        Library(tmp_path / "file")(NEW)
    monkeypatch.setattr(module, "EVERYWHERE", ("not_installed_anywhere",))
    with pytest.raises(PlatformError, match="not_installed_anywhere is not installed"):
        contents(NEW, tmp_path)


def test_nothing_is_imported(tmp_path: Path) -> None:
    before = set(sys.modules)
    contents(NEW, tmp_path)
    assert not {"boto3", "s3transfer"}.intersection(set(sys.modules) - before)

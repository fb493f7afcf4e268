"""Packages are deterministic, complete and keep what makes a program a program."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from lambent.cli.archive import zip_directory


def package(directory: Path, without: Path | None = None) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(zip_directory(directory, without)))


def test_every_file_is_there_with_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "app.py").write_text("x = 1\n")
    (tmp_path / "sub" / "bootstrap").write_text("#!/bin/sh\n")
    (tmp_path / "sub" / "bootstrap").chmod(0o755)
    made = package(tmp_path)
    assert made.namelist() == ["app.py", "sub/bootstrap"]
    assert made.read("app.py") == b"x = 1\n"
    assert made.getinfo("sub/bootstrap").external_attr >> 16 & 0o777 == 0o755


def test_caches_and_repositories_stay_behind(tmp_path: Path) -> None:
    for name in (
        "__pycache__/app.cpython-311.pyc",
        ".git/HEAD",
        ".venv/pyvenv.cfg",
        "pkg/__pycache__/m.pyc",
        "pkg/m.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert package(tmp_path).namelist() == ["pkg/m.py"]


def test_the_data_of_a_server_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("app.py", ".lambent/credentials.json", "state/credentials.json", "pkg/state/m.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert package(tmp_path, without=tmp_path / "state").namelist() == ["app.py", "pkg/state/m.py"]
    monkeypatch.chdir(tmp_path)
    assert package(Path(), without=Path("state")).namelist() == ["app.py", "pkg/state/m.py"]


def test_what_is_no_file_is_no_part(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    assert package(tmp_path).namelist() == ["app.py"]


def test_times_do_not_change_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    before = zip_directory(tmp_path)
    os.utime(tmp_path / "app.py", (1, 1_000_000_000))
    assert zip_directory(tmp_path) == before
    (tmp_path / "app.py").write_text("x = 2\n")
    assert zip_directory(tmp_path) != before


def test_an_empty_directory_gives_an_empty_package(tmp_path: Path) -> None:
    assert package(tmp_path).namelist() == []

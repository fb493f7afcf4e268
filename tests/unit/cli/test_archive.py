"""Packages are deterministic, complete and keep what makes a program a program."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

from lambent.cli.archive import zip_directory


def package(directory: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(zip_directory(directory)))


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


def test_times_do_not_change_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    before = zip_directory(tmp_path)
    os.utime(tmp_path / "app.py", (1, 1_000_000_000))
    assert zip_directory(tmp_path) == before
    (tmp_path / "app.py").write_text("x = 2\n")
    assert zip_directory(tmp_path) != before


def test_an_empty_directory_gives_an_empty_package(tmp_path: Path) -> None:
    assert package(tmp_path).namelist() == []

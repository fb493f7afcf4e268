"""What a sandbox keeps in the data directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox.directory import Directory


def test_one_at_a_time_may_have_it(tmp_path: Path) -> None:
    one, other = Directory(tmp_path / "data"), Directory(tmp_path / "data")
    one.open()
    with pytest.raises(PlatformError, match="in use"):
        other.open()
    one.close()
    one.close()
    other.open()
    other.close()


def test_scratch_of_an_earlier_run_is_removed(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    (tmp_path / "tmp" / "env-1" / "deep").mkdir(parents=True)
    (tmp_path / "tmp" / "tmp-1-512.ext4").write_text("a template")
    directory.open()
    assert sorted(path.name for path in directory.scratch.iterdir()) == ["root", "sandbox.lock", "tmp-1-512.ext4"]
    directory.close()


def test_the_instance_is_the_directory_by_whatever_path(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert Directory(tmp_path / "link").instance == Directory(tmp_path / "data").instance
    assert Directory(tmp_path / "other").instance != Directory(tmp_path / "data").instance
    assert Directory(tmp_path / "data").instance.isalnum()


def test_only_code_and_layers_can_be_shown(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    assert directory.inner(tmp_path / "code" / "abc") == "code/abc"
    assert directory.inner(tmp_path / "layers" / "x" / "y") == "layers/x/y"
    for refused in (tmp_path, tmp_path / "code", tmp_path / "code" / ".." / "credentials.json", Path("/etc")):
        with pytest.raises(PlatformError, match="is not below"):
            directory.inner(refused)


def test_a_link_out_of_the_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "evil").symlink_to("/etc")
    with pytest.raises(PlatformError, match="is not below"):
        Directory(tmp_path).inner(tmp_path / "code" / "evil")

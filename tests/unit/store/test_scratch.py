"""Places for half-made things."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.store.scratch import Scratch


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_what_is_not_moved_away_is_removed(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "tmp", "x-")
    with scratch.place() as place:
        assert not place.exists() and place.parent == tmp_path / "tmp"
        place.mkdir()
        (place / "file").write_text("half")
    with scratch.place() as place:
        place.write_text("half")
    with scratch.place():
        pass
    assert names(tmp_path / "tmp") == set()


def test_what_is_moved_away_stays(tmp_path: Path) -> None:
    with Scratch(tmp_path, "x-").place() as place:
        place.write_text("whole")
        place.rename(tmp_path / "done")
    assert names(tmp_path) == {"done"}


def test_nothing_is_left_by_what_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Scratch(tmp_path, "x-").place() as place:
        place.mkdir()
        raise ZeroDivisionError
    assert names(tmp_path) == set()


def test_places_differ_even_between_users_of_one_directory(tmp_path: Path) -> None:
    with Scratch(tmp_path, "x-").place() as one, Scratch(tmp_path, "x-").place() as two:
        assert one != two


def test_clearing_removes_what_was_left_and_spares_what_is_in_use_and_strangers(tmp_path: Path) -> None:
    (tmp_path / "x-dead").mkdir()
    (tmp_path / "x-dead" / "file").write_text("")
    (tmp_path / "x-1").write_text("")
    (tmp_path / "x-link").symlink_to(tmp_path / "other")
    (tmp_path / "other").mkdir()
    scratch = Scratch(tmp_path, "x-")
    with scratch.place() as place:
        place.mkdir()
        scratch.clear()
        assert names(tmp_path) == {place.name, "other"}
    scratch.clear()
    assert names(tmp_path) == {"other"}


def test_clearing_where_nothing_is(tmp_path: Path) -> None:
    Scratch(tmp_path / "absent", "x-").clear()

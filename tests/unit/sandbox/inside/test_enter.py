"""The first half of an isolated launcher: what it does for frozen environments when the platform is gone.

Walls, exit and death are tested with real kernels in tests/e2e.
"""

from __future__ import annotations

from pathlib import Path

from lambent.sandbox.inside.enter import _Thaw


def test_every_group_is_thawed_and_whatever_else_lies_there_is_left_alone(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "freezer.state").write_text("")
    (tmp_path / "tasks").write_text("untouched")
    (tmp_path / "going").mkdir()
    thaw = _Thaw([str(tmp_path), "freezer.state", "THAWED"])
    thaw()
    assert [(tmp_path / name / "freezer.state").read_text() for name in ("one", "two")] == ["THAWED", "THAWED"]
    assert (tmp_path / "tasks").read_text() == "untouched"
    assert list((tmp_path / "going").iterdir()) == []


def test_where_nothing_freezes_nothing_is_thawed() -> None:
    _Thaw(None)()

"""Every kind of change is seen, is told once, and only when the tree has come to rest."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lambent.cli.watch import LOOK_SECONDS, PATIENCE_SECONDS, QUIET_SECONDS, Debounce, Watch, changed, outputs, snapshot

A, B = (1, 1, 1, 1), (2, 1, 1, 1)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "app.py").write_text("x = 1\n")
    (tmp_path / "pkg" / "m.py").write_text("")
    return tmp_path


def replace(tree: Path) -> None:
    """As editors do that write beside the file: same size, and here the same time too."""
    was = (tree / "app.py").stat()
    (tree / "new").write_text("x = 2\n")
    os.utime(tree / "new", ns=(was.st_atime_ns, was.st_mtime_ns))
    (tree / "new").replace(tree / "app.py")


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda tree: (tree / "app.py").write_text("x = 10\n"), ["app.py"]),
        (lambda tree: os.utime(tree / "app.py", (1, 1)), ["app.py"]),
        (lambda tree: (tree / "app.py").chmod(0o755), ["app.py"]),
        (lambda tree: (tree / "pkg" / "n.py").write_text(""), ["pkg/n.py"]),
        (lambda tree: (tree / "pkg" / "m.py").unlink(), ["pkg/m.py"]),
        (lambda tree: (tree / "pkg").rename(tree / "lib"), ["lib/m.py", "pkg/m.py"]),
        (replace, ["app.py"]),
        (lambda tree: (tree / "__pycache__").mkdir(), []),
        (lambda tree: (tree / "gone").symlink_to("nowhere"), []),
        (lambda tree: (tree / "state").mkdir() or (tree / "state" / "state.db").write_text("x"), []),
    ],
)
def test_what_is_a_change(change: Callable[[Path], object], names: list[str], tree: Path) -> None:
    before = snapshot(tree, tree / "state")
    change(tree)
    assert changed(before, snapshot(tree, tree / "state")) == names


def test_what_a_command_writes_itself_is_no_change(tree: Path) -> None:
    with (tree / "dev.log").open("w") as log, (tree / "app.py").open() as other:
        assert "dev.log" in snapshot(tree)
        assert sorted(snapshot(tree, ignored=outputs(log.fileno()))) == ["app.py", "pkg/m.py"]
        assert sorted(snapshot(tree, ignored=outputs(log.fileno(), other.fileno()))) == ["pkg/m.py"]
    reading, writing = os.pipe()
    assert outputs(writing) == []
    os.close(reading)
    os.close(writing)


def test_a_change_is_told_once_and_after_a_rest() -> None:
    debounce = Debounce({"f": A})
    assert debounce.see(10.0, {"f": A}) == []
    assert debounce.see(10.1, {"f": B}) == []
    assert debounce.see(10.1 + QUIET_SECONDS / 2, {"f": B, "g": A}) == []
    assert debounce.see(10.1 + QUIET_SECONDS, {"f": B, "g": A}) == []
    assert debounce.see(10.2 + QUIET_SECONDS * 2, {"f": B, "g": A}) == ["f", "g"]
    assert debounce.see(20.0, {"f": B, "g": A}) == []
    assert debounce.see(21.0, {"g": A}) == []
    assert debounce.see(22.0, {"g": A}) == ["f"]


def test_what_was_taken_back_is_no_change() -> None:
    debounce = Debounce({"f": A})
    assert debounce.see(1.0, {"f": B}) == []
    assert debounce.see(1.1, {"f": A}) == []
    assert debounce.see(2.0, {"f": A}) == []
    assert debounce.see(3.0, {"f": B}) == []
    assert debounce.see(4.0, {"f": B}) == ["f"]


def test_a_tree_without_rest_is_told_of_nevertheless() -> None:
    debounce = Debounce({"f": A})
    looks = [debounce.see(step / 10, {"f": (step, 1, 1, 1)}) for step in range(1, 100)]
    assert 2 <= sum(1 for names in looks if names) <= 99 / 10 / PATIENCE_SECONDS + 1


def test_a_watch_sees_what_came_after_it_was_made(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambent.cli.watch.QUIET_SECONDS", 0.0)
    watch = Watch(tree)
    assert watch.pause == LOOK_SECONDS
    assert watch.look() == []
    (tree / "app.py").unlink()
    assert watch.look() == ["app.py"]
    assert watch.look() == []

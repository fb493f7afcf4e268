"""Layers over each other: the last wins, nothing is written through a link, each combination is made once."""

from __future__ import annotations

import asyncio
import errno
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from lambent.model.errors import PlatformError
from lambent.store import layers as layers_module
from lambent.store.code import CodeStore
from lambent.store.layers import LayerTrees, combination, merge

SPECIFICATION = importlib.util.spec_from_file_location("zips", Path(__file__).with_name("zips.py"))
assert SPECIFICATION is not None and SPECIFICATION.loader is not None
zips = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(zips)

LOWER = zips.zipped(("python/a.py", b"lower"), ("python/only.py", b"lower"), zips.entry("bin/tool", 0o100755, b"#!"))
UPPER = zips.zipped(("python/a.py", b"upper"), ("lib/x.so", b"x"))


@pytest.fixture
def code(tmp_path: Path) -> CodeStore:
    return CodeStore(tmp_path)


@pytest.fixture
def trees(tmp_path: Path, code: CodeStore) -> LayerTrees:
    return LayerTrees(tmp_path, code)


async def added(code: CodeStore, *packages: bytes) -> list[str]:
    """The digests of some packages, which are stored."""
    return [(await code.add(package)).digest for package in packages]


def content(tree: Path) -> dict[str, Any]:
    """Every file and link below `tree`, with its bytes or target."""
    return {
        path.relative_to(tree).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in tree.rglob("*")
        if path.is_symlink() or path.is_file()
    }


async def test_the_last_wins(code: CodeStore, trees: LayerTrees) -> None:
    lower, upper = await added(code, LOWER, UPPER)
    tree = await trees.ensure_tree([lower, upper])
    assert content(tree) == {
        "python/a.py": b"upper",
        "python/only.py": b"lower",
        "bin/tool": b"#!",
        "lib/x.so": b"x",
    }
    assert (tree / "bin/tool").stat().st_mode & 0o777 == 0o755
    assert tree.stat().st_mode & 0o777 == (tree / "lib").stat().st_mode & 0o777 == 0o755
    other_way = await trees.ensure_tree([upper, lower])
    assert content(other_way)["python/a.py"] == b"lower"
    assert content(code.tree(lower))["python/a.py"] == b"lower"
    assert content(code.tree(upper))["python/a.py"] == b"upper"


async def test_the_bytes_are_shared(code: CodeStore, trees: LayerTrees) -> None:
    lower, upper = await added(code, LOWER, UPPER)
    tree = await trees.ensure_tree([lower, upper])
    assert (tree / "lib/x.so").samefile(code.tree(upper) / "lib/x.so")


async def test_where_bytes_cannot_be_shared_they_are_copied(
    code: CodeStore, trees: LayerTrees, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower, upper = await added(code, LOWER, UPPER)

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EMLINK, "Too many links")

    monkeypatch.setattr(layers_module.os, "link", refuse)
    tree = await trees.ensure_tree([lower, upper])
    assert content(tree)["python/a.py"] == b"upper"
    assert (tree / "bin/tool").stat().st_mode & 0o777 == 0o755


async def test_one_layer_is_its_own_tree(code: CodeStore, trees: LayerTrees) -> None:
    (lower,) = await added(code, LOWER)
    assert await trees.ensure_tree([lower]) == code.tree(lower)


async def test_a_combination_is_made_once_and_again_when_missing(
    tmp_path: Path, code: CodeStore, trees: LayerTrees, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = await added(code, LOWER, UPPER)
    made = []
    monkeypatch.setattr(layers_module, "merge", lambda parts, into: (made.append(into), merge(parts, into)))
    found = await asyncio.gather(*(trees.ensure_tree(digests) for _ in range(5)))
    assert len(made) == 1
    assert set(found) == {tmp_path / "layers" / combination(digests)}
    await trees.sweep([])
    assert list((tmp_path / "layers").iterdir()) == []
    assert content(await trees.ensure_tree(digests))["python/a.py"] == b"upper"


async def test_sweeping_keeps_what_is_live(tmp_path: Path, code: CodeStore, trees: LayerTrees) -> None:
    lower, upper = await added(code, LOWER, UPPER)
    await trees.ensure_tree([lower, upper])
    await trees.ensure_tree([upper, lower])
    (tmp_path / "tmp" / "merge-1-1").mkdir(parents=True)
    await trees.sweep([(lower, upper), (lower,)])
    assert [tree.name for tree in (tmp_path / "layers").iterdir()] == [combination([lower, upper])]
    assert not (tmp_path / "tmp" / "merge-1-1").exists()


def layer(root: Path, **files: str | dict[str, str]) -> Path:
    """A tree in which `name="text"` is a file, `name={"->": target}` a link, any other mapping a directory."""
    root.mkdir()
    for name, what in files.items():
        if isinstance(what, str):
            (root / name).write_text(what)
        elif "->" in what:
            (root / name).symlink_to(what["->"])
        else:
            (root / name).mkdir()
            for inner, text in what.items():
                (root / name / inner).write_text(text)
    return root


@pytest.mark.parametrize(
    ("lower", "upper", "merged"),
    [
        ({"a": "file"}, {"a": {"x": "1"}}, {"a/x": b"1"}),
        ({"a": {"x": "1", "y": "2"}}, {"a": "file"}, {"a": b"file"}),
        ({"a": {"->": "b"}, "b": {"x": "1"}}, {"a": {"x": "2"}}, {"a/x": b"2", "b/x": b"1"}),
        ({"a": {"x": "1"}}, {"a": {"->": "b"}, "b": {"y": "2"}}, {"a": "b", "b/y": b"2"}),
        ({"a": {"->": "b"}}, {"a": {"->": "c"}}, {"a": "c"}),
        ({"a": {"->": "nowhere"}}, {"a": "file"}, {"a": b"file"}),
    ],
    ids=["directory over file", "file over directory", "over a link", "link over it", "two links", "dangling"],
)
def test_what_replaces_what(tmp_path: Path, lower: Any, upper: Any, merged: dict[str, Any]) -> None:
    parts = [layer(tmp_path / "lower", **lower), layer(tmp_path / "upper", **upper)]
    before = content(parts[0])
    merge(parts, tmp_path / "merged")
    assert content(tmp_path / "merged") == merged
    assert content(parts[0]) == before


def test_nothing_leaves_by_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    parts = [layer(tmp_path / "lower", a={"->": str(outside)}), layer(tmp_path / "upper", a={"x": "1"})]
    merge(parts, tmp_path / "merged")
    assert list(outside.iterdir()) == []
    assert content(tmp_path / "merged") == {"a/x": b"1"}


async def test_a_disk_that_fails_is_a_platform_error(
    tmp_path: Path, code: CodeStore, trees: LayerTrees, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = await added(code, LOWER, UPPER)

    def full(parts: Any, into: Path) -> None:
        into.mkdir()
        (into / "half").write_text("")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(layers_module, "merge", full)
    with pytest.raises(PlatformError, match="No space left"):
        await trees.ensure_tree(digests)
    assert not (tmp_path / "layers").exists()
    assert list((tmp_path / "tmp").iterdir()) == []

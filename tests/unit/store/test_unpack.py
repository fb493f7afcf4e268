"""Unpacking: what is written is what was inspected, and damage is found."""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
import stat
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from lambent.store.package import BadPackage, Reason, inspect, open_package
from lambent.store.unpack import sync_file_system, unpack

SPECIFICATION = importlib.util.spec_from_file_location("zips", Path(__file__).with_name("zips.py"))
assert SPECIFICATION is not None and SPECIFICATION.loader is not None
zips = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(zips)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    tree.mkdir(mode=0o700)
    return tree


def unpacked(data: bytes, tree: Path, limit: int = zips.MIB) -> None:
    with open_package(data) as archive:
        unpack(archive, inspect(archive, limit), tree)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_bytes_directories_and_links(tree: Path) -> None:
    unpacked(
        zips.zipped(
            ("app.py", b"code"),
            ("empty/", b""),
            ("a/b/large", bytes(range(256)) * 1000),
            ("a/none", b""),
            zips.link("a/link", "b/large"),
            zips.link("dangling", "not/there"),
        ),
        tree,
    )
    assert (tree / "app.py").read_bytes() == b"code"
    assert (tree / "a/link").read_bytes() == bytes(range(256)) * 1000
    assert (tree / "a/none").read_bytes() == b""
    assert (tree / "a/link").readlink() == Path("b/large")
    assert (tree / "dangling").is_symlink() and not (tree / "dangling").exists()
    found = {path.relative_to(tree).as_posix() for path in tree.rglob("*")}
    assert found == {"app.py", "empty", "a", "a/b", "a/b/large", "a/none", "a/link", "dangling"}


def test_everyone_may_read_and_set_id_bits_are_dropped(tree: Path) -> None:
    old = os.umask(0o077)
    try:
        unpacked(
            zips.zipped(
                zips.entry("secret", stat.S_IFREG | 0o600),
                zips.entry("script", stat.S_IFREG | 0o700),
                zips.entry("group", stat.S_IFREG | 0o010),
                zips.entry("suid", stat.S_IFREG | 0o6755),
                zips.entry("world", stat.S_IFREG | 0o666),
                zips.entry("d/", stat.S_IFDIR | 0o700),
                ("implied/f", b""),
                ("from windows", b""),
            ),
            tree,
        )
    finally:
        os.umask(old)
    files = {name: mode(tree / name) for name in ("secret", "script", "group", "suid", "world", "from windows")}
    assert files == {
        "secret": 0o644,
        "script": 0o755,
        "group": 0o755,
        "suid": 0o755,
        "world": 0o644,
        "from windows": 0o644,
    }
    assert [mode(path) for path in (tree, tree / "d", tree / "implied")] == [0o755] * 3


def test_times_are_kept(tree: Path) -> None:
    info = zipfile.ZipInfo("exact", (2001, 1, 1, 0, 0, 0))
    info.extra = b"\x01\x00\x02\x00xx" + b"UT\x05\x00\x01" + (1_700_000_001).to_bytes(4, "little")
    odd = zipfile.ZipInfo("odd", (1980, 1, 1, 0, 0, 0))
    cut = zipfile.ZipInfo("cut", (2024, 5, 6, 7, 8, 10))
    cut.extra = b"UT\x01\x00\x00"
    data = zips.zipped((info, b""), (odd, b""), (cut, b""), zips.entry("plain", stat.S_IFREG | 0o644))
    unpacked(data.replace(b"\x00\x00\x21\x00", b"\x00\x00\x00\x00"), tree)
    assert (tree / "exact").stat().st_mtime == 1_700_000_001
    expected = time.mktime((2024, 5, 6, 7, 8, 10, 0, 0, 0)) - time.timezone
    assert (tree / "plain").stat().st_mtime == expected == (tree / "cut").stat().st_mtime
    assert (tree / "odd").stat().st_mtime == 315532800


@pytest.mark.skipif(shutil.which("zip") is None, reason="zip makes what people upload")
def test_what_the_zip_program_makes(tree: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "lib").mkdir(parents=True)
    (source / "lib" / "é.py").write_text("x = 1")
    (source / "run").write_text("#!/bin/sh")
    (source / "run").chmod(0o711)
    (source / "link").symlink_to("lib/é.py")
    os.utime(source / "run", (1_700_000_001, 1_700_000_001))
    made = subprocess.run(["zip", "-qry", tmp_path / "made.zip", "."], cwd=source, capture_output=True)
    assert made.returncode == 0, made.stderr
    unpacked((tmp_path / "made.zip").read_bytes(), tree)
    assert (tree / "link").read_text() == "x = 1"
    assert mode(tree / "run") == 0o755
    assert (tree / "run").stat().st_mtime == 1_700_000_001


@pytest.mark.parametrize("make", [pytest.param(make, id=what) for what, make in zips.DAMAGED])
def test_damage_inside_a_file(make: zips.BuildZip, tree: Path) -> None:
    with pytest.raises(BadPackage) as refused:
        unpacked(make(), tree)
    assert refused.value.reason == Reason.CORRUPT
    assert sum(path.stat().st_size for path in tree.rglob("*")) <= zips.MIB


def test_no_more_is_written_than_declared(tree: Path) -> None:
    with pytest.raises(BadPackage):
        unpacked(zips.declaring(100, b"\0" * 50_000_000), tree)
    assert (tree / "f").stat().st_size <= 100


def test_a_mutated_zip_writes_nothing_outside_and_no_more_than_the_limit(tmp_path: Path) -> None:
    dice = random.Random(20261121)
    whole = zips.zipped(
        ("app.py", b"x" * 300), ("d/e/", b""), zips.link("d/l", "../app.py"), ("up", b"y" * 99), compression=0
    )
    jail = tmp_path / "jail"
    outcomes = []
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 4)):
            data[dice.randrange(len(data))] = dice.choice(b"./\0\xff\xa1" + bytes([dice.randrange(256)]))
        tree = jail / "a" / "tree"
        tree.mkdir(parents=True)
        try:
            unpacked(bytes(data), tree, 1000)
            outcomes.append("unpacked")
        except BadPackage:
            outcomes.append("refused")
        assert [path.name for path in (jail / "a").iterdir()] == ["tree"]
        assert [path.name for path in jail.iterdir()] == ["a"]
        for path in tree.rglob("*"):
            assert path.resolve().is_relative_to(tree)
        assert sum(path.lstat().st_size for path in tree.rglob("*") if path.is_file()) <= 1500
        shutil.rmtree(jail)
    assert outcomes.count("unpacked") > 25 and outcomes.count("refused") > 25


def test_the_file_system_can_be_synced_and_errors_are_told(tmp_path: Path) -> None:
    sync_file_system(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_file_system(tmp_path / "absent")

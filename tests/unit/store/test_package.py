"""What of a zip file is refused, and what is understood."""

from __future__ import annotations

import importlib.util
import io
import random
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from lambent.store import package
from lambent.store.package import BadPackage, Contents, Reason, inspect, open_package

SPECIFICATION = importlib.util.spec_from_file_location("zips", Path(__file__).with_name("zips.py"))
assert SPECIFICATION is not None and SPECIFICATION.loader is not None
zips = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(zips)
MIB = zips.MIB


def contents(data: bytes, limit: int = MIB) -> Contents:
    with open_package(data) as archive:
        return inspect(archive, limit)


@pytest.mark.parametrize(
    ("make", "reason"), [pytest.param(make, reason, id=what) for what, make, reason in zips.REFUSED]
)
def test_refused(make: zips.BuildZip, reason: str) -> None:
    with pytest.raises(BadPackage) as refused:
        contents(make())
    assert refused.value.reason == reason


def test_every_reason_is_tested() -> None:
    assert {reason for *_, reason in zips.REFUSED} == set(Reason) - {Reason.TOO_MANY_FILES}


def test_a_refusal_names_the_entry() -> None:
    with pytest.raises(BadPackage, match=r"traversal: '\.\./f'") as refused:
        contents(zips.zipped(("good", b""), ("../f", b"")))
    assert refused.value.entry == "../f"


def test_files_directories_links_and_size() -> None:
    found = contents(
        zips.zipped(
            ("app.py", b"12345"),
            ("package/", b""),
            ("package/deep/module.py", b"123"),
            ("./dotted//f", b""),
            zips.link("package/deep/lib.so", "../../lib/lib.so.1"),
            zips.link("here", "."),
            ("./", b""),
        )
    )
    assert set(found.files) == {("app.py",), ("package", "deep", "module.py"), ("dotted", "f")}
    assert found.directories == {("package",), ("package", "deep"), ("dotted",)}
    assert found.links == {("package", "deep", "lib.so"): "../../lib/lib.so.1", ("here",): "."}
    assert found.size == 5 + 3 + len("../../lib/lib.so.1") + 1


def test_links_may_lead_anywhere_inside_even_through_links() -> None:
    entries = [
        zips.link("a/b/up", ".."),
        zips.link("a/file", "b/up/../f"),
        zips.link("dangling", "not/there"),
        zips.link("root", "a/.."),
        zips.link("a/b/root", "../.."),
        ("f", b""),
    ]
    assert len(contents(zips.zipped(*entries)).links) == 5


def test_the_limit_is_inclusive() -> None:
    data = zips.zipped(("a", b"\0" * 600), ("b", b"\0" * 400))
    assert contents(data, 1000).size == 1000
    with pytest.raises(BadPackage) as refused:
        contents(data, 999)
    assert (refused.value.reason, refused.value.entry) == (Reason.TOO_LARGE, "b")


def test_a_directory_may_be_named_twice_and_after_its_files() -> None:
    found = contents(zips.zipped(("d/", b""), ("d/f", b""), zips.entry("d", stat.S_IFDIR | 0o755), ("./d/", b"")))
    assert (found.directories, set(found.files)) == ({("d",)}, {("d", "f")})


def test_names_without_the_flag_are_utf8_or_else_the_old_code_page() -> None:
    flagged = zips.zipped(("é.py", b""))
    unflagged = zips.with_flags(flagged, 0)
    assert set(contents(flagged).files) == set(contents(unflagged).files) == {("é.py",)}
    old = zips.with_flags(zips.zipped(("aXX.py", b"")), 0).replace(b"XX", b"\x82\x8a")
    assert set(contents(old).files) == {("aéè.py",)}


def test_bytes_before_the_zip_do_no_harm() -> None:
    assert set(contents(b"#!/bin/sh\n" + zips.zipped(("f", b"x"))).files) == {("f",)}


def test_too_many_entries_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zips.zipped(*((f"f{n}", b"") for n in range(101)))
    monkeypatch.setattr(package, "NODE_LIMIT", 100)
    with pytest.raises(BadPackage) as refused:
        open_package(data)
    assert refused.value.reason == Reason.TOO_MANY_FILES


def test_directories_that_nobody_names_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zips.zipped(*((f"{n}/a/b/c/d/f", b"") for n in range(20)))
    assert len(contents(data).directories) == 100
    monkeypatch.setattr(package, "NODE_LIMIT", 119)
    with pytest.raises(BadPackage) as refused:
        contents(data)
    assert refused.value.reason == Reason.TOO_MANY_FILES


def test_deep_paths_do_not_cost_memory_without_bound() -> None:
    data = zips.zipped(*((f"{n}/" + "d/" * 98 + "f", b"") for n in range(200)))
    with open_package(data) as archive:
        tracemalloc.start()
        try:
            assert len(inspect(archive).directories) == 200 * 99
            assert tracemalloc.get_traced_memory()[1] < 25_000_000
        finally:
            tracemalloc.stop()


def test_a_mutated_zip_is_understood_or_refused_and_nothing_else() -> None:
    dice = random.Random(20261120)
    whole = zips.zipped(("app.py", b"x" * 300), ("d/", b""), zips.link("d/l", "../app.py"), ("d/é", b"y" * 99))
    refused = 0
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 5)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            contents(bytes(data))
        except BadPackage:
            refused += 1
    assert 300 < refused < 2900


def test_zip64_is_understood() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, archive.open("f", "w", force_zip64=True) as entry:
        entry.write(b"12345")
    assert contents(file.getvalue()).size == 5

"""Pieces of streams: their names, their blocks, packed and unpacked."""

from __future__ import annotations

import gzip
import os
from itertools import pairwise
from pathlib import Path

import pytest

from lambent.observe import log_segments
from lambent.observe.log_lines import encoded
from lambent.observe.log_segments import Indexes, Piece, pack, piece, read, sealed


def lines(first: int, count: int) -> bytes:
    return encoded([(n, f"{n} " + "x" * 50) for n in range(first, first + count)])


@pytest.mark.parametrize(
    ("name", "stream", "start", "end", "packed"),
    [
        ("a.log", "a", 0, None, False),
        ("a.log.5-9.log", "a.log.5-9", 0, None, False),
        ("a.log.5-9", "a", 5, 9, False),
        ("a.log.5-9.gz", "a", 5, 9, True),
    ],
)
def test_names(name: str, stream: str, start: int, end: int | None, packed: bool) -> None:
    found = piece("d", name)
    assert found == (stream, Piece("d", name, start, end, packed))
    assert found is not None and found[1].path == Path("d") / name


@pytest.mark.parametrize("name", ["name", "made", "a.log.5-9.idx", "a.log.5-9.tmp", "a.log.x"])
def test_other_files_are_no_pieces(name: str) -> None:
    assert piece("d", name) is None


def test_an_index_grows_with_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_segments, "BLOCK_BYTES", 1000)
    path, indexes = tmp_path / "a.log", Indexes()
    path.write_bytes(lines(0, 40) + b'7\t"torn')
    one = Piece(str(path.parent), path.name, 5000, None, False)
    descriptor = os.open(path, os.O_RDONLY)
    before = indexes.blocks(one, descriptor)
    assert before[0].start == 5000 and sum(each.count for each in before) == 40
    with path.open("ab") as file:
        file.write(b"\n" + lines(40, 40))
    after = indexes.blocks(one, descriptor)
    assert after[: len(before) - 1] == before[:-1]
    assert sum(each.count for each in after) == 81  # the torn line counts until it is read
    assert b"".join(read(one, descriptor, each) for each in after) == path.read_bytes()
    assert all(left.end == right.start for left, right in pairwise(after))
    os.close(descriptor)


def test_packed_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_segments, "BLOCK_BYTES", 1000)
    data = lines(0, 100)
    path = sealed(tmp_path / "a.log", 7, 7 + len(data))
    path.write_bytes(data)
    pack(path, 7)
    packed = path.with_name(path.name + ".gz")
    assert not path.exists() and gzip.decompress(packed.read_bytes()) == data
    assert packed.stat().st_size < len(data)
    found = piece(str(tmp_path), packed.name)
    assert found is not None
    descriptor = os.open(packed, os.O_RDONLY)
    blocks = Indexes().blocks(found[1], descriptor)
    assert (blocks[0].start, blocks[-1].end, sum(each.count for each in blocks)) == (7, 7 + len(data), 100)
    assert b"".join(read(found[1], descriptor, each) for each in blocks) == data
    packed.with_name(path.name + ".idx").unlink()
    assert Indexes().blocks(found[1], descriptor) == blocks
    os.close(descriptor)

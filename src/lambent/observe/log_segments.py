"""The files of one stream: what grows, what is whole, what is packed; and an index by time of each. Synchronous.

`STREAM.log` grows. Once long or old it is renamed to `STREAM.log.START-END` (its place in the stream, in bytes) and
packed behind everybody's back: `.gz`, one gzip member a block, with `.idx` beside it, which tells where each block
lies and which times it spans. Raw files are indexed in memory, as far as somebody reads them.
"""

from __future__ import annotations

import os
import re
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from lambent.observe import log_lines

BLOCK_BYTES = 256 * 1024
"""What is indexed, packed and read at once: about so much, whole lines."""

_INDEXES = 4096
_TAIL_BYTES = 64 * 1024
_SUFFIX = ".log"
_FILE = re.compile(r"(.+)\.log(?:\.(\d+)-(\d+)(\.gz)?)?")


class Piece(NamedTuple):
    """One file of a stream: bytes `start` to `end` of it; what grows has the end None."""

    folder: str
    name: str
    start: int
    end: int | None
    packed: bool

    @property
    def path(self) -> Path:
        """Where it is. There are very many pieces: they do not keep it."""
        return Path(self.folder, self.name)


class Block(msgspec.Struct, frozen=True, array_like=True):
    """Whole lines: bytes `start` to `end` of their stream, which lie at `at` of the file and are `length` long there;
    their earliest and latest times, and how many events they are."""

    start: int
    end: int
    at: int
    length: int
    first_ms: int
    last_ms: int
    count: int


def piece(folder: str, name: str) -> tuple[str, Piece] | None:
    """What a file of a group's directory is: the stream's name as it is encoded, and the piece; None for others."""
    match = _FILE.fullmatch(name)
    if match is None:
        return None
    encoded, start, end, packed = match.groups()
    if start is None:
        return encoded, Piece(folder, name, 0, None, False)
    return encoded, Piece(folder, name, int(start), int(end), packed is not None)


def sealed(path: Path, start: int, end: int) -> Path:
    """The name of a file that grows no more."""
    return path.with_name(f"{path.name}.{start}-{end}")


def pack(whole: Path, start: int) -> None:
    """Pack a file that grows no more. Killed at any moment, it leaves the one or the other whole."""
    packed, index = whole.with_name(whole.name + ".gz"), whole.with_name(whole.name + ".idx")
    blocks, at = [], 0
    temporary = whole.with_name(whole.name + ".tmp")
    with whole.open("rb") as source, temporary.open("wb") as target:
        for begin, data in _chunks(source.fileno(), 0):
            deflate = zlib.compressobj(6, zlib.DEFLATED, 31)
            member = deflate.compress(data) + deflate.flush()
            target.write(member)
            blocks.append(Block(start + begin, start + begin + len(data), at, len(member), *log_lines.span(data)))
            at += len(member)
        target.flush()
        os.fsync(target.fileno())
    index.write_bytes(msgspec.msgpack.encode(blocks))
    temporary.rename(packed)
    whole.unlink()


class Indexes:
    """Where the blocks of pieces are. Those of raw files are worked out once and remembered, of some thousand."""

    def __init__(self) -> None:
        self._known: OrderedDict[Path, list[Block]] = OrderedDict()

    def blocks(self, one: Piece, descriptor: int) -> list[Block]:
        """All blocks of an open piece, in its order."""
        if one.packed:
            try:
                stored = one.path.with_name(one.path.name.removesuffix(".gz") + ".idx").read_bytes()
                return msgspec.msgpack.decode(stored, type=list[Block])
            except (OSError, msgspec.DecodeError):
                return _index_of_packed(one, descriptor)
        known = self._known.pop(one.path, [])
        if known and (known[0].start != one.start or known[-1].at + known[-1].length > os.fstat(descriptor).st_size):
            known = []  # another file of that name
        done = known[-1].at + known[-1].length if known else 0
        if known and known[-1].length < BLOCK_BYTES // 2:
            done = known.pop().at
        for begin, data in _chunks(descriptor, done):
            known.append(
                Block(one.start + begin, one.start + begin + len(data), begin, len(data), *log_lines.span(data))
            )
        self._known[one.path] = known
        while len(self._known) > _INDEXES:
            self._known.popitem(last=False)
        return list(known)

    def forget(self, path: Path) -> None:
        """The file has another name, or none."""
        self._known.pop(path, None)


def read(one: Piece, descriptor: int, block: Block) -> bytes:
    """The lines of a block."""
    data = os.pread(descriptor, block.length, block.at)
    return zlib.decompress(data, 31) if one.packed else data


def last_lines(descriptor: int, limit: int) -> list[bytes]:
    """The last whole lines of an open raw file."""
    start = os.fstat(descriptor).st_size
    blocks: list[bytes] = []
    newlines = 0
    # One more than asked: the block that the first wanted line begins in must be whole.
    while start > 0 and newlines <= limit:
        size = min(_TAIL_BYTES, start)
        start -= size
        blocks.append(os.pread(descriptor, size, start))
        newlines += blocks[-1].count(b"\n")
    data = b"".join(reversed(blocks))
    lines = data[: data.rfind(b"\n") + 1].splitlines()
    return lines[max(0, len(lines) - limit) :]


def _chunks(descriptor: int, at: int) -> Iterator[tuple[int, bytes]]:
    """Whole lines from byte `at` on, about a block of them at once; a last line that is not whole is left out."""
    size = BLOCK_BYTES
    while data := os.pread(descriptor, size, at):
        end = data.rfind(b"\n") + 1
        if end:
            yield at, data[:end]
            at, size = at + end, BLOCK_BYTES
        elif len(data) < size:
            return
        else:
            size *= 2


def _index_of_packed(one: Piece, descriptor: int) -> list[Block]:
    """The index of a packed file that has lost it."""
    data = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    blocks, at, start = [], 0, one.start
    while at < len(data):
        inflate = zlib.decompressobj(31)
        lines = inflate.decompress(data[at:])
        length = len(data) - at - len(inflate.unused_data)
        blocks.append(Block(start, start + len(lines), at, length, *log_lines.span(lines)))
        at, start = at + length, start + len(lines)
    return blocks

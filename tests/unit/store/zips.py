"""Zip files for the tests, honest and otherwise."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable, Sequence

Entry = tuple[str | zipfile.ZipInfo, bytes | str]

MIB = 1024 * 1024


def entry(name: str, mode: int, content: bytes | str = b"") -> Entry:
    """An entry made on Unix, with its type and permission bits."""
    info = zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10))
    info.create_system = 3
    info.external_attr = mode << 16
    return info, content


def link(name: str, target: str | bytes) -> Entry:
    """A symbolic link."""
    return entry(name, stat.S_IFLNK | 0o777, target)


def zipped(*entries: Entry, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file with these entries, in this order."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in entries:
            if isinstance(name, zipfile.ZipInfo):
                name.compress_type = compression
            archive.writestr(name, content)
    return file.getvalue()


def patched(data: bytes, *changes: tuple[bytes, int, bytes]) -> bytes:
    """`data` with bytes replaced: at each place that begins with `signature`, `new` goes to `offset`."""
    changed = bytearray(data)
    for signature, offset, new in changes:
        start = changed.find(signature)
        assert start >= 0
        while start >= 0:
            changed[start + offset : start + offset + len(new)] = new
            start = changed.find(signature, start + 1)
    return bytes(changed)


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def declaring(size: int, content: bytes) -> bytes:
    """One deflated file `f` whose headers declare `size` bytes, whatever it holds."""
    packed = size.to_bytes(4, "little")
    return patched(zipped(("f", content)), (LOCAL, 22, packed), (CENTRAL, 24, packed))


def with_flags(data: bytes, flags: int) -> bytes:
    """`data` with general purpose flag bits set in every header."""
    bits = flags.to_bytes(2, "little")
    return patched(data, (LOCAL, 6, bits), (CENTRAL, 8, bits))


def overlapping(copies: int, content: bytes) -> bytes:
    """A bomb of the better sort: many directory entries share one file's data."""
    one = zipped(("f000000", content))
    directory, end = one.index(CENTRAL), one.index(b"PK\x05\x06")
    records = b"".join(one[directory:end].replace(b"f000000", b"f%06d" % n) for n in range(copies))
    tail = bytearray(one[end:])
    tail[8:10] = tail[10:12] = copies.to_bytes(2, "little")
    tail[12:16] = len(records).to_bytes(4, "little")
    return one[:directory] + records + bytes(tail)


BuildZip = Callable[[], bytes]

REFUSED: Sequence[tuple[str, BuildZip, str]] = [
    ("no zip", lambda: b"this is no zip file", "corrupt"),
    ("nothing", lambda: b"", "corrupt"),
    ("only the end", lambda: zipped(), "empty"),
    ("cut short", lambda: zipped(("f", b"x" * 5000))[:-30], "corrupt"),
    ("climbing", lambda: zipped(("../f", b"")), "traversal"),
    ("climbing later", lambda: zipped(("a/b/../../../f", b"")), "traversal"),
    ("climbing and back", lambda: zipped(("a/../f", b"")), "traversal"),
    ("absolute", lambda: zipped(("/etc/passwd", b"")), "traversal"),
    ("absolute, twice", lambda: zipped(("//etc/passwd", b"")), "traversal"),
    ("a climbing directory", lambda: zipped(("../d/", b"")), "traversal"),
    ("a NUL in a name", lambda: zipped(("aXb", b"")).replace(b"aXb", b"a\0b"), "traversal"),
    ("a file without a name", lambda: zipped((".", b"")), "traversal"),
    ("a name too long", lambda: zipped(("n" * 256, b"")), "traversal"),
    ("a name too long in bytes", lambda: zipped(("é" * 128, b"")), "traversal"),
    ("a path too long", lambda: zipped(("/".join(["n" * 100] * 40), b"")), "traversal"),
    ("a path too deep", lambda: zipped(("a/" * 101 + "f", b"")), "traversal"),
    ("a link that climbs", lambda: zipped(link("l", "../f")), "symlink"),
    ("a link that climbs below", lambda: zipped(link("a/l", "../../f")), "symlink"),
    ("an absolute link", lambda: zipped(link("l", "/etc/passwd")), "symlink"),
    ("a link to nothing", lambda: zipped(link("l", "")), "symlink"),
    ("a link with a NUL", lambda: zipped(link("l", b"a\0b")), "symlink"),
    ("a link that is no text", lambda: zipped(link("l", b"\xff\xfe")), "symlink"),
    ("a link too long", lambda: zipped(link("l", "a" * 5000)), "symlink"),
    ("a link to itself", lambda: zipped(link("l", "l")), "symlink"),
    ("links in a circle", lambda: zipped(link("a", "b"), link("b", "c/../a"), ("c/f", b"")), "symlink"),
    ("a file through a link", lambda: zipped(link("l", "d"), ("l/f", b""), ("d/g", b"")), "symlink"),
    ("a link later, over a file's directory", lambda: zipped(("l/f", b""), link("l", "d")), "duplicate"),
    ("links that climb together", lambda: zipped(link("a/b/x", "../.."), link("m", "a/b/x/../f")), "symlink"),
    (
        "links that climb in a chain",
        lambda: zipped(link("d/one", ".."), link("two", "d/one/.."), ("d/f", b"")),
        "symlink",
    ),
    ("a character device", lambda: zipped(entry("d", stat.S_IFCHR | 0o666)), "device"),
    ("a block device", lambda: zipped(entry("d", stat.S_IFBLK | 0o666)), "device"),
    ("a pipe", lambda: zipped(entry("d", stat.S_IFIFO | 0o666)), "device"),
    ("a socket", lambda: zipped(entry("d", stat.S_IFSOCK | 0o666)), "device"),
    ("encrypted", lambda: with_flags(zipped(("f", b"secret")), 0x1), "encrypted"),
    ("strongly encrypted", lambda: with_flags(zipped(("f", b"secret")), 0x40), "encrypted"),
    ("a file twice", lambda: zipped(("fa", b"1"), ("fb", b"2")).replace(b"fb", b"fa"), "duplicate"),
    ("a file with a directory's name", lambda: zipped(("f", b"1"), ("fb", b"")).replace(b"fb", b"f/"), "duplicate"),
    ("a file under two spellings", lambda: zipped(("a/f", b"1"), ("a/./f", b"2")), "duplicate"),
    ("a file that is a directory", lambda: zipped(("a", b"1"), ("a/f", b"2")), "duplicate"),
    ("a directory that is a file", lambda: zipped(("a/f", b"2"), ("a", b"1")), "duplicate"),
    ("a file and a link", lambda: zipped(("a", b"1"), link("./a", "b")), "duplicate"),
    ("bzip2", lambda: zipped(("f", b"x" * 1000), compression=zipfile.ZIP_BZIP2), "compression"),
    ("lzma", lambda: zipped(("f", b"x" * 1000), compression=zipfile.ZIP_LZMA), "compression"),
    ("larger than the limit", lambda: zipped(("a", b"\0" * MIB), ("b", b"\0")), "too_large"),
    ("declared larger than it is", lambda: declaring(2 * MIB, b"x"), "too_large"),
    ("a bomb that shares its data", lambda: overlapping(500, b"\0" * 10_000), "too_large"),
]
"""(what, how to make it, reason) of what `inspect` refuses with a limit of one MiB."""

DAMAGED: Sequence[tuple[str, BuildZip]] = [
    ("declared smaller than it is", lambda: declaring(10, b"\0" * MIB)),
    ("declared a little larger than it is", lambda: declaring(1001, b"\0" * 1000)),
    ("a wrong checksum", lambda: zipped(("f", b"hello"), compression=0).replace(b"hello", b"hellO")),
    ("damaged compression", lambda: patched(zipped(("f", b"words " * 99)), (LOCAL, 34, b"\xff" * 4))),
    ("another name in the header", lambda: zipped(("fff", b"x")).replace(b"fff", b"ggg", 1)),
    ("front cut off", lambda: zipped(("f", b"x" * 50), ("g", b""))[60:]),
    ("no header at all", lambda: patched(zipped(("f", b"x")), (LOCAL, 0, b"XXXX"))),
]
"""What shows only when a file's content is read: all are `corrupt`."""

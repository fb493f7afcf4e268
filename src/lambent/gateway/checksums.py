"""The checksums that may follow a body as trailers, by their algorithm. Pure."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache

_CRC32C = 0x82F63B78
_CRC64_NVME = 0x9A6C9329AC4BC9B5
"""Both polynomials with their bits in reverse, as they are worked with."""


def checksum(algorithm: str, body: bytes) -> str | None:
    """The checksum as it is sent, in base64; None for an algorithm that there is not."""
    make = _ALGORITHMS.get(algorithm)
    return None if make is None else b64encode(make(body)).decode()


def _crc(polynomial: int, size: int, body: bytes) -> bytes:
    """A cyclic redundancy check of `size` bytes whose bits are in reverse."""
    table, ones = _table(polynomial), (1 << (8 * size)) - 1
    value = ones
    for byte in body:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return (value ^ ones).to_bytes(size, "big")


@cache
def _table(polynomial: int) -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        table.append(value)
    return tuple(table)


_ALGORITHMS: Mapping[str, Callable[[bytes], bytes]] = {
    "crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "crc32c": lambda body: _crc(_CRC32C, 4, body),
    "crc64nvme": lambda body: _crc(_CRC64_NVME, 8, body),
    "sha1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "sha256": lambda body: hashlib.sha256(body).digest(),
}

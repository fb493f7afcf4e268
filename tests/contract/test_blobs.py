"""What every store of blobs does: the same bytes once, whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.store.blobs import Blobs

BACKENDS: dict[str, Callable[[Path], Blobs]] = {"directory": lambda root: Blobs(root / "blobs")}


@pytest.fixture(params=BACKENDS)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return BACKENDS[request.param](tmp_path)


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 5000])
async def test_what_is_put_is_read(blobs: Blobs, data: bytes) -> None:
    digest = await blobs.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert await blobs.exists(digest)
    assert await blobs.read(digest) == data == blobs.path(digest).read_bytes()


async def test_the_same_bytes_are_stored_once(blobs: Blobs) -> None:
    digests = await asyncio.gather(*(blobs.put(b"same") for _ in range(10)), blobs.put(b"other"))
    assert len(set(digests)) == 2
    assert await blobs.digests() == sorted(set(digests))


async def test_delete(blobs: Blobs) -> None:
    digest, kept = await blobs.put(b"x"), await blobs.put(b"y")
    assert await blobs.delete(digest)
    assert not await blobs.delete(digest)
    assert not await blobs.exists(digest)
    assert await blobs.digests() == [kept]
    with pytest.raises(PlatformError):
        await blobs.read(digest)
    assert await blobs.put(b"x") == digest
    assert await blobs.read(digest) == b"x"


@pytest.mark.parametrize("name", ["", "x", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "0" * 65])
async def test_what_is_no_digest_names_no_file(blobs: Blobs, name: str) -> None:
    with pytest.raises(ValueError):
        blobs.path(name)
    for refused in (blobs.read, blobs.exists, blobs.delete):
        with pytest.raises(ValueError):
            await refused(name)


async def test_an_empty_store_lists_nothing(blobs: Blobs) -> None:
    assert await blobs.digests() == []
    assert not await blobs.exists("0" * 64)
    await blobs.discard_incoming()

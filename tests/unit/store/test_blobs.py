"""What is the directory's own: fsyncs, leftovers, file-system errors. The rest is tests/contract/test_blobs.py."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.store.blobs import Blobs


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


async def test_a_blob_costs_one_sync_of_itself_and_of_each_directory_it_appears_in(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    await blobs.put(b"x")
    assert blobs.syncs == 3  # the file, its directory, the directory that this is new in
    await blobs.put(b"x")
    assert blobs.syncs == 4  # the directory: who wrote it first may have died before syncing it


async def test_blobs_are_the_owners_alone(tmp_path: Path) -> None:
    path = Blobs(tmp_path).path(await Blobs(tmp_path).put(b"x"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.parent.name == path.name[:2]


async def test_a_blob_appears_only_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, go_on = threading.Event(), threading.Event()
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        reached.set()
        assert go_on.wait(10)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    blobs = Blobs(tmp_path)
    putting = asyncio.create_task(blobs.put(b"x" * 1000))
    await asyncio.to_thread(reached.wait, 10)
    # The loop goes on while the disk is slow, and nobody sees a blob yet.
    assert await blobs.digests() == []
    go_on.set()
    assert await blobs.digests() in ([], [await putting])
    assert await blobs.digests() == [putting.result()]


async def test_a_failed_put_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    blobs = Blobs(tmp_path)
    with pytest.raises(PlatformError, match="No space left"):
        await blobs.put(b"x")
    assert await blobs.digests() == [] and files(tmp_path) == []


async def test_leftovers_are_no_blobs_and_are_discarded(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = await blobs.put(b"x")
    (tmp_path / "incoming" / "put-999-1").write_bytes(b"half")
    (tmp_path / digest[:2] / "notes.txt").write_text("")
    assert await blobs.digests() == [digest]
    await blobs.discard_incoming()
    assert [path.name for path in files(tmp_path / "incoming")] == []
    assert await blobs.exists(digest)
    assert blobs.is_here(digest)
    assert not blobs.is_here("0" * 64)


async def test_a_directory_in_the_way_is_a_platform_error(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    path = blobs.path("0" * 64)
    path.mkdir(parents=True)
    with pytest.raises(PlatformError):
        await blobs.read("0" * 64)
    with pytest.raises(PlatformError):
        await blobs.delete("0" * 64)

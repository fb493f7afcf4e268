"""Sized filesystems on loop devices."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox import disk
from lambent.sandbox.cgroups.files import wait_until
from lambent.sandbox.disk import Disks, Scratch

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[Disks]:
    with ThreadPoolExecutor(2) as executor:
        yield Disks(tmp_path, executor)


@pytest.mark.root
@needs_root
@pytest.mark.parametrize("megabytes", [512, 10240])
async def test_it_has_the_room_that_was_asked_for_and_is_empty(disks: Disks, megabytes: int) -> None:
    made = await disks.mount(megabytes)
    mount = made.take()
    room = os.fstatvfs(mount)
    assert 1.0 <= room.f_bavail * room.f_frsize / (megabytes << 20) < 1.01
    assert room.f_ffree >= megabytes * 60
    assert entries(Path(f"/proc/self/fd/{mount}")) == []
    os.close(mount)
    assert wait_until(made.detached, 5)


@pytest.mark.root
@needs_root
async def test_it_costs_no_disk_until_it_is_written_and_leaves_nothing(disks: Disks, tmp_path: Path) -> None:
    (await disks.mount(512)).close()  # makes the template
    free = os.statvfs(tmp_path).f_bfree
    made = [await disks.mount(512) for _ in range(3)]
    assert entries(tmp_path) == ["tmp-1-512.ext4"]
    assert (free - os.statvfs(tmp_path).f_bfree) * 4096 < 100 << 20
    assert not any(one.detached() for one in made)
    for one in made:
        one.close()
        one.close()
    assert all(wait_until(one.detached, 5) for one in made)


@pytest.mark.root
@needs_root
async def test_a_taken_disk_is_the_takers(disks: Disks) -> None:
    made = await disks.mount(512)
    mount = made.take()
    made.close()
    assert not made.detached()
    with pytest.raises(PlatformError, match="was taken"):
        made.take()
    os.close(mount)


@pytest.mark.root
@needs_root
async def test_a_cancelled_mount_is_let_go(disks: Disks, tmp_path: Path) -> None:
    (await disks.mount(512)).close()
    task = asyncio.create_task(disks.mount(512))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(wait_until, lambda: not attached(tmp_path), 5)


def attached(directory: Path) -> bool:
    """Whether a loop device has an image of `directory`."""
    for backing_file in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):
            if str(directory) in backing_file.read_text():
                return True
    return False


def entries(directory: Path) -> list[str]:
    """What a directory holds."""
    return [path.name for path in directory.iterdir()]


async def test_a_template_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(PlatformError, match="cannot be written"):
        await Disks(tmp_path / "missing", executor).mount(512)


def test_the_data_of_a_sparse_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.seek(1 << 20)
        file.write(b"x" * 4096)
        file.truncate(4 << 20)
    fd = os.open(path, os.O_RDONLY)
    assert list(disk._extents(fd, 4 << 20)) == [(1 << 20, (1 << 20) + 4096)]
    os.close(fd)


@pytest.mark.root
@needs_root
async def test_spare_ones_are_made_after_the_first_was_asked_for_given_next_and_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "CALM_SECONDS", 0.0)
    with ThreadPoolExecutor(2) as executor:
        disks = Disks(tmp_path, executor, spare=1)
        first = await disks.mount(512)
        assert disks._filling is not None
        await disks._filling
        (spare,) = disks._ready
        assert await disks.mount(512) is spare
        other = await disks.mount(513)
        await disks.close()
        assert disks._ready == []
        for made in (first, spare, other):
            made.close()
            assert await disks.detached(made)
        assert await asyncio.to_thread(wait_until, lambda: not attached(tmp_path), 5)


@pytest.mark.root
@needs_root
async def test_a_scratch_has_the_size_that_is_taken_even_if_another_was_foreseen(disks: Disks, tmp_path: Path) -> None:
    for megabytes in (512, 600):
        scratch = Scratch(disks, 512)
        (mount,) = await scratch.take(megabytes)
        room = os.fstatvfs(mount)
        assert 1.0 <= room.f_bavail * room.f_frsize / (megabytes << 20) < 1.01
        os.close(mount)
        assert await scratch.close()
        assert await scratch.close()
    assert await asyncio.to_thread(wait_until, lambda: not attached(tmp_path), 5)


async def test_a_scratch_in_memory_has_nothing_to_take(tmp_path: Path) -> None:
    scratch = Scratch(None, 512)
    assert await scratch.take(512) == []
    assert await scratch.close()


async def test_a_scratch_that_cannot_be_made_is_told_when_it_is_taken(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        scratch = Scratch(Disks(tmp_path / "missing", executor), 512)
        with pytest.raises(PlatformError, match="cannot be written"):
            await scratch.take(512)
        assert await scratch.close()

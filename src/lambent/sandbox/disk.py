"""A function's /tmp as a filesystem of its own size: ext4 on a loop device, so that it costs disk and not memory.

Each image is a sparse copy of a template, is unlinked as soon as the loop device holds it, and the device detaches
itself with its last mount: whatever dies, nothing is left on the disk. Needs root.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import logging
import os
import struct
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from lambent.model.errors import PlatformError
from lambent.sandbox.cgroups import files
from lambent.sandbox.inside import linux

_log = logging.getLogger(__name__)

USUAL_MB = 512
"""What a function has unless it asks for more."""
CALM_SECONDS = 0.02
"""How long after a start no spare is made: the start itself shall have the processors."""
_LOOP_CTL_GET_FREE = 0x4C82
_LOOP_CONFIGURE = 0x4C0A
_LO_FLAGS_AUTOCLEAR = 4
_BLOCK = 4096
_TRIES = 64
_DETACH_SECONDS = 5.0
_INODES_PER_MB = 64
_LAYOUT = 1  # part of a template's name: raise it when the options below change


class Disk:
    """A mounted image. `take` its descriptor once, to place it somewhere, or `close` it; both let go of it."""

    def __init__(self, mount: int, device: str) -> None:
        self._mount = mount
        self._device = Path(f"/sys/block/{device}")
        self._backing = self._read_backing()

    def take(self) -> int:
        """The descriptor of the mount, which becomes the caller's. Raises PlatformError when it is gone already."""
        if self._mount < 0:
            raise PlatformError("the disk was taken")
        mount, self._mount = self._mount, -1
        return mount

    def close(self) -> None:
        """Let go of the mount, if nobody has taken it. Idempotent."""
        if self._mount >= 0:
            os.close(self.take())

    def detached(self) -> bool:
        """Whether the loop device has let go of the image, which it does by itself with the last mount."""
        return self._read_backing() != self._backing

    def _read_backing(self) -> str | None:
        """What the device holds, and the how-manieth: the next image may have the name of this one."""
        count = self._device / "diskseq"  # since Linux 5.15
        try:
            return files.read(self._device / "loop/backing_file") + (files.read(count) if count.exists() else "")
        except OSError:
            return None


class Disks:
    """Makes images in `directory`; blocking work is done in `executor`. Keeps `spare` of the usual size ready, once the
    first was asked for; `close` lets go of them."""

    def __init__(self, directory: Path, executor: Executor, spare: int = 0) -> None:
        self._directory = directory
        self._executor = executor
        self._making: dict[int, asyncio.Lock] = {}
        self._spare = spare
        self._ready: list[Disk] = []
        self._filling: asyncio.Task[None] | None = None

    async def mount(self, megabytes: int) -> Disk:
        """A new empty filesystem with `megabytes` MB of room. Raises PlatformError."""
        if megabytes != USUAL_MB or not self._spare:
            return await self._mount(megabytes)
        disk = self._ready.pop() if self._ready else await self._mount(megabytes)
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._fill())
        return disk

    async def close(self) -> None:
        """Let go of the spare ones."""
        self._spare = 0
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.wait([self._filling])
        while self._ready:
            disk = self._ready.pop()
            disk.close()
            await self.detached(disk)

    async def _fill(self) -> None:
        await asyncio.sleep(CALM_SECONDS)
        while len(self._ready) < self._spare:
            try:
                self._ready.append(await self._mount(USUAL_MB))
            except PlatformError as error:
                _log.warning("no spare disk can be made: %s", error)
                return

    async def _mount(self, megabytes: int) -> Disk:
        template = await self._template(megabytes)
        work = asyncio.get_running_loop().run_in_executor(self._executor, _mount, template, self._directory)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            work.add_done_callback(_close_unwanted)
            raise
        except OSError as error:
            raise PlatformError(f"/tmp cannot be mounted: {error}") from error

    async def detached(self, disk: Disk) -> bool:
        """Wait until the device of a disk that nobody holds has let go of its image."""
        gone = partial(files.wait_until, disk.detached, _DETACH_SECONDS)
        return await asyncio.get_running_loop().run_in_executor(self._executor, gone)

    async def _template(self, megabytes: int) -> Path:
        path = self._directory / f"tmp-{_LAYOUT}-{megabytes}.ext4"
        async with self._making.setdefault(megabytes, asyncio.Lock()):
            if not path.exists():
                await _make(path, megabytes)
        return path


class Scratch:
    """The /tmp of one environment, made while other things are; `disks` None means that it will be in memory."""

    def __init__(self, disks: Disks | None, megabytes: int) -> None:
        self._disks = disks
        self._megabytes = megabytes
        self._mounting = None if disks is None else asyncio.create_task(disks.mount(megabytes))

    async def take(self, megabytes: int) -> list[int]:
        """Its descriptor, to be placed, now the caller's; another if this size was not foreseen; none if in memory.

        Raises PlatformError.
        """
        if self._disks is None or self._mounting is None:
            return []
        if megabytes != self._megabytes:
            (await asyncio.shield(self._mounting)).close()
            self._mounting = asyncio.create_task(self._disks.mount(megabytes))
        return [(await asyncio.shield(self._mounting)).take()]

    async def close(self) -> bool:
        """Let go of it, wait until its device has; False if it does not. Never raises."""
        if self._disks is None or self._mounting is None:
            return True
        try:
            disk = await self._mounting
        except PlatformError:
            return True
        disk.close()
        return await self._disks.detached(disk)


async def _make(path: Path, megabytes: int) -> None:
    """Write an empty ext4 image whose free space is at least `megabytes` MB."""
    part = path.with_suffix(".part")
    inodes = megabytes * _INODES_PER_MB
    kept = min(megabytes // 50, 16) + 3  # the kernel keeps 2% and at most 16 MB for itself
    overhead = inodes * 256 + megabytes * 1024 + kept * 1024 * 1024  # inode tables, descriptors, bitmaps
    try:
        with part.open("wb") as image:
            image.truncate(megabytes * 1024 * 1024 + overhead)
    except OSError as error:
        raise PlatformError(f"{part} cannot be written: {error}") from error
    layout = ["-q", "-F", "-m", "0", "-b", str(_BLOCK), "-I", "256", "-N", str(inodes), "-L", "tmp"]
    features = ["-O", "^has_journal,^resize_inode", "-E", "nodiscard,lazy_itable_init=1"]
    await _run("mkfs.ext4", *layout, *features, str(part))
    await _run("debugfs", "-w", "-R", "rmdir lost+found", str(part))
    part.rename(path)


async def _run(program: str, *arguments: str) -> None:
    try:
        process = await asyncio.create_subprocess_exec(
            program, *arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"},
        )  # fmt: skip
    except OSError as error:
        raise PlatformError(f"{program} cannot be run: {error}") from error
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise PlatformError(f"{program} failed: {output.decode(errors='replace')}")


def _mount(template: Path, directory: Path) -> Disk:
    """Copy, attach, mount. Blocks."""
    with tempfile.TemporaryFile(dir=directory) as image:
        _copy(template, image.fileno())
        device, name = _attach(image.fileno())
    try:
        attributes = linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NODEV
        options: dict[str, str | None] = {"noinit_itable": None, "errors": "remount-ro"}
        return Disk(linux.filesystem("ext4", f"/dev/{name}", options, attributes), name)
    finally:
        os.close(device)


def _copy(template: Path, image: int) -> None:
    source = os.open(template, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(source).st_size
        os.ftruncate(image, size)
        for start, end in _extents(source, size):
            while start < end:
                start += os.copy_file_range(source, image, end - start, start, start)
    finally:
        os.close(source)


def _extents(fd: int, size: int) -> Iterator[tuple[int, int]]:
    """The parts of a sparse file that hold data."""
    position = 0
    while position < size:
        try:
            start = os.lseek(fd, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole up to the end
                return
            raise
        position = os.lseek(fd, start, os.SEEK_HOLE)
        yield start, position


def _attach(image: int) -> tuple[int, str]:
    """Put the image behind a free loop device; returns the open device and its name."""
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    try:
        for _ in range(_TRIES):
            name = f"loop{fcntl.ioctl(control, _LOOP_CTL_GET_FREE)}"
            device = os.open(f"/dev/{name}", os.O_RDWR | os.O_CLOEXEC)
            # struct loop_config: fd, block size, then struct loop_info64, where only the flags are set
            info = struct.pack("=QQQQQIIII", 0, 0, 0, 0, 0, 0, 0, 0, _LO_FLAGS_AUTOCLEAR).ljust(232, b"\0")
            try:
                fcntl.ioctl(device, _LOOP_CONFIGURE, struct.pack("=II", image, _BLOCK) + info + bytes(64))
                return device, name
            except OSError as error:
                os.close(device)
                if error.errno != errno.EBUSY:  # another process was faster
                    raise
    finally:
        os.close(control)
    raise OSError(errno.EBUSY, "no loop device is free")


def _close_unwanted(work: asyncio.Future[Disk]) -> None:
    """Let go of a disk whose asker has left."""
    if not work.cancelled() and work.exception() is None:
        work.result().close()

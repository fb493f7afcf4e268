"""Environments, invocations and streamed answers come and go, and everything is back where it was.

By default a few thousand invocations and a hundred environments; `make leaks` has 20,000 and 2,000.
What the kernel frees in its own time (namespaces, control groups) is given time, and other programs' share of its
counters some room.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import math
import os
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from lambent.model.function import FunctionVersion
from lambent.runtimes.discover import discover
from lambent.runtimes.places import Places
from lambent.settings import Settings
from tests.e2e.escape.test_runtime_api import runtime
from tests.e2e.escape.world import ESCAPE, World, descriptors, read_if_there, until

_log = logging.getLogger(__name__)

FULL = os.environ.get("LEAKS") == "full"
ENVIRONMENTS, INVOCATIONS, STREAMS = (2000, 20_000, 3000) if FULL else (100, 3000, 60)
WAVE = 10
SETTLE_SECONDS = 60.0

NODES = [name for name in discover(Places.of(Settings.from_environment())) if name.startswith("nodejs")]

pytestmark = [*ESCAPE, pytest.mark.timeout(3600 if FULL else 120)]

_KERNEL_OBJECTS = ("net_namespace", "pid_namespace", "user_namespace", "nsproxy", "mnt_cache")


@dataclass
class Census:
    """What there is of everything that could be left behind."""

    processes: int
    descriptors: int
    threads: int
    tasks: int
    groups: int
    mounts: int
    mounts_of_launchers: int
    loop_devices: int
    scratch_files: int
    resident_kb: int
    resident_kb_of_launchers: int
    kernel_objects: dict[str, int]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def quiet(world: World) -> AsyncIterator[World]:
    """A world that has done everything once, so that only what grows is counted."""
    await churn(world, 2 * WAVE)
    await work(world, 300)
    yield world


async def test_environments_come_and_go(quiet: World) -> None:
    before = await census(quiet)
    began = time.monotonic()
    made = await churn(quiet, ENVIRONMENTS)
    seconds = time.monotonic() - began
    after = await settled(quiet, before)
    _log.info("%d environments in %.1f s: %s", made, seconds, changes(before, after))
    assert made >= ENVIRONMENTS
    assert leaks(before, after, made) == {}
    await quiet.unharmed()


async def test_invocations_come_and_go(quiet: World) -> None:
    before = await census(quiet)
    began = time.monotonic()
    await work(quiet, INVOCATIONS)
    seconds = time.monotonic() - began
    after = await settled(quiet, before)
    _log.info("%d invocations in %.1f s: %s", INVOCATIONS, seconds, changes(before, after))
    assert leaks(before, after, INVOCATIONS) == {}
    await quiet.unharmed()


@pytest.mark.skipif(not NODES, reason="no Node.js on this machine")
async def test_streams_come_and_go(quiet: World) -> None:
    async with quiet.deployed(files={"index.js": POURS}, runtime=NODES[-1], handler="index.handler") as pouring:
        await streams(quiet, pouring.function, 3)
        before = await census(quiet)
        await streams(quiet, pouring.function, STREAMS)
        after = await settled(quiet, before, kernel=False)
        assert len(pouring.environments()) == 1
    _log.info("%d streams: %s", STREAMS, changes(before, after))
    assert leaks(before, after, STREAMS, kernel=False) == {}, "and no stream makes a namespace or a mount"
    await quiet.unharmed()


async def test_after_closing_nothing_is_left(tmp_path: Path) -> None:
    before, others = descriptors(), launchers()
    async with World(tmp_path) as world:
        await churn(world, WAVE)
        async with world.deployed(SOURCE) as busy:
            calls = [asyncio.ensure_future(busy.run({"sleep": 0.2})) for _ in range(WAVE)]
            await asyncio.gather(*calls)
            groups, processes = world.groups, world.processes() | launchers() - others
    assert [group for group in groups if group.exists()] == []
    assert [pid for pid in processes if read_if_there(Path(f"/proc/{pid}/cmdline"))] == []
    assert loop_devices(world) == 0
    assert str(tmp_path) not in read_if_there(Path("/proc/self/mountinfo"))
    await until(lambda: descriptors() <= before)


SOURCE = """
def attack(event, context):
    time.sleep(event.get("sleep", 0))
    end = event.get("end")
    if end == "exit":
        os._exit(1)
    if end == "daemon":
        if os.fork() == 0:
            os.setsid()
            time.sleep(60)
    if end == "files":
        for number in range(50):
            open(f"/tmp/{number}", "w").write("x" * 10_000)
    if end == "memory":
        keep = bytearray(400 << 20)
    if end == "log":
        print("x" * 10_000)
    return len(event)
"""
ENDS = ("none", "none", "files", "daemon", "exit", "log", "none", "files", "daemon", "none")


async def churn(world: World, count: int) -> int:
    """Have at least `count` environments made and ended, in waves, in every way in which they end; how many."""
    made = 0
    while made < count:
        async with world.deployed(SOURCE, memory_mb=256) as function:
            ends = ENDS if made % 50 else ("memory", *ENDS[1:])
            await asyncio.gather(*(function.run({"sleep": 0.02, "end": end}) for end in ends))
        made += WAVE
        async with world.deployed(**runtime("def attack(request, event): answer(request, 1)")) as program:
            await program.run()
        made += 1
    return made


async def work(world: World, count: int) -> None:
    """`count` invocations of warm environments, four at a time, with pauses in which they freeze."""
    async with world.deployed(SOURCE, memory_mb=512) as function:
        for start in range(0, count, 100):
            if start % 500 == 0:
                await asyncio.sleep(0.02)
            for _ in range(25):
                await asyncio.gather(*(world.invoke(function.function, {"a": 1}, tail=False) for _ in range(4)))


POURS = """
const { once } = require("events");
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  for (let count = 0; count < 8; count++) {
    if (!stream.write(Buffer.alloc(65536))) await once(stream, "drain");
  }
  stream.end();
});
"""


async def streams(world: World, function: FunctionVersion, count: int) -> None:
    """`count` streamed answers: read to the end, closed after the first piece, closed before it, in turn."""
    for number in range(count):
        answer = await world.stream(function)
        if number % 3 < 2:
            await anext(answer)
        if number % 3 == 0:
            async for _ in answer:
                pass
        await answer.aclose()
        await until(lambda: all(info.state != "busy" for info in world.dispatcher.environments()))


async def census(world: World) -> Census:
    """Count everything, after a collection."""
    await asyncio.sleep(0.3)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    below = launchers()
    return Census(
        processes=len(world.processes() | below),
        descriptors=descriptors(),
        threads=threading.active_count(),
        tasks=len(asyncio.all_tasks()),
        groups=sum(1 for group in world.groups for _ in group.iterdir() if _.is_dir()),
        mounts=read_if_there(Path("/proc/self/mountinfo")).count("\n"),
        mounts_of_launchers=sum(read_if_there(Path(f"/proc/{pid}/mountinfo")).count("\n") for pid in below),
        loop_devices=loop_devices(world),
        scratch_files=sum(1 for _ in (world.data / "tmp").rglob("*")),
        resident_kb=resident_kb(os.getpid()),
        resident_kb_of_launchers=sum(map(resident_kb, below)),
        kernel_objects=kernel_objects(),
    )


async def settled(world: World, before: Census, *, kernel: bool = True) -> Census:
    """A census, taken when what the kernel does later is done."""
    give_up = time.monotonic() + SETTLE_SECONDS
    while True:
        after = await census(world)
        if left := leaks(before, after, 0, kernel=kernel):
            _log.info("not settled: %s", left)
        if not left or time.monotonic() > give_up:
            return after
        await asyncio.sleep(1)


def leaks(before: Census, after: Census, things: int, *, kernel: bool = True) -> dict[str, tuple[int, int]]:
    """What has grown by more than it may: nothing of ours; memory by the noise of an allocator; threads by those that
    a pool starts when it first needs them; the kernel's objects, which all programs share, by a twentieth of what was
    made, if `kernel` has them counted."""
    room = {"resident_kb": 6_000 + things // 2, "resident_kb_of_launchers": 8_000, "threads": 8, "descriptors": 1}
    one, two = flat(before), flat(after)
    shared = 40 + things // 20 if FULL and kernel else math.inf
    return {
        name: (one[name], two[name])
        for name in two
        if two[name] - one.get(name, 0) > (shared if name in _KERNEL_OBJECTS else room.get(name, 0))
    }


def changes(before: Census, after: Census) -> str:
    one, two = flat(before), flat(after)
    return ", ".join(f"{name} {one.get(name, 0)} -> {two[name]}" for name in two if two[name] != one.get(name, 0))


def flat(counted: Census) -> dict[str, int]:
    numbers = asdict(counted)
    return {**numbers.pop("kernel_objects"), **numbers}


def launchers() -> set[int]:
    """Every process below this one that is no environment's: the launchers and their zygotes."""
    children = read_if_there(Path(f"/proc/self/task/{os.getpid()}/children")).split()
    found = {int(pid) for pid in children if "launcher.py" in read_if_there(Path(f"/proc/{pid}/cmdline"))}
    for pid in tuple(found):
        first = read_if_there(Path(f"/proc/{pid}/task/{pid}/children")).split()
        found |= {int(child) for child in first}
    return found


def loop_devices(world: World) -> int:
    """Loop devices that hold an image of this data directory."""
    files = Path("/sys/block").glob("loop*/loop/backing_file")
    return sum(1 for file in files if str(world.data) in read_if_there(file))


def resident_kb(pid: int) -> int:
    """Memory of a process that is its own, in KB."""
    lines = read_if_there(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    private = [int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))]
    return sum(private)


def kernel_objects() -> dict[str, int]:
    """How many of some kinds the kernel holds, for all programs of the machine."""
    rows = (line.split() for line in read_if_there(Path("/proc/slabinfo")).splitlines()[2:])
    return {row[0]: int(row[1]) for row in rows if row[0] in _KERNEL_OBJECTS}

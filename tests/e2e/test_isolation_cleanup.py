"""Nothing is left: not after kill, not after the sandbox is closed, not after the platform itself was killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.model.invocation import ExitStatus
from lambent.sandbox.isolated import IsolatedSandbox
from tests.unit.sandbox.worlds import Inside, World, groups_of, host_pids, running

pytestmark = [pytest.mark.root, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def traces(world: World) -> dict[str, object]:
    """All that sandboxes of `world` may leave on this machine."""
    return {
        "groups": groups_of(world.data),
        "loop devices": sorted(
            path.parent.name
            for path in Path("/sys/block").glob("loop*/loop/backing_file")
            if str(world.data) in path.read_text()
        ),
        "mounts": [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(world.data) in line],
        "children": descendants(os.getpid()),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "scratch": sorted(path.name for path in (world.data / "tmp").glob("*") if not path.name.endswith(".ext4")),
    }


def descendants(pid: int) -> list[int]:
    """The processes below `pid`."""
    text = "".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [below for child in map(int, text.split()) for below in (child, *descendants(child))]


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def eventually(what: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that the kernel does in its own time."""
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - the kernel sets no events
            await asyncio.sleep(0.01)


async def test_ten_environments_come_and_go_and_leave_nothing(world: World) -> None:
    async with IsolatedSandbox(world.data, world.library) as sandbox:
        async with running(sandbox, world.spec()):
            pass  # from here on the launcher and the thread pool's descriptors are there
        before = traces(world)
        for _ in range(2):
            environments = await asyncio.gather(*(sandbox.start(world.spec()) for _ in range(5)))
            started = [Inside(environment, await environment.start_runtime()) for environment in environments]
            assert [await inside.run("answer = 1") for inside in started] == [1] * 5
            assert len(descendants(os.getpid())) == len(before["children"]) + 10  # type: ignore[arg-type]
            await asyncio.gather(*(environment.kill() for environment in environments))
            for inside in started:
                inside.close()
        assert traces(world) == before


async def test_closing_the_sandbox_ends_what_still_runs(world: World) -> None:
    async with IsolatedSandbox(world.data, world.library):
        pass  # from here on what asyncio opens once for all subprocesses is there
    before = traces(world)
    async with IsolatedSandbox(world.data, world.library) as sandbox:
        left = []
        for frozen in (False, True):
            environment = await sandbox.start(world.spec())
            left.append(Inside(environment, await environment.start_runtime()))
            if frozen:
                await environment.freeze()
        await sandbox.start(world.spec())  # never started a runtime
    for inside in left:
        assert (await inside.process.exited).signal == signal.SIGKILL
        inside.close()
    assert traces(world) == before


async def test_a_cancelled_start_leaves_nothing(world: World) -> None:
    async with IsolatedSandbox(world.data, world.library) as sandbox:
        async with running(sandbox, world.spec()):
            pass
        before = traces(world)
        for milliseconds in range(12):
            task = asyncio.create_task(sandbox.start(world.spec()))
            await asyncio.wait([task], timeout=milliseconds / 1000)
            if task.cancel():
                with pytest.raises(asyncio.CancelledError):
                    await task
            else:
                await task.result().kill()
        async with running(sandbox, world.spec()) as inside:  # the launcher took no harm
            assert await inside.run("answer = 1") == 1
        await eventually(lambda: traces(world) == before)


async def test_a_killed_supervisor_is_reported_as_the_end_of_the_runtime(world: World) -> None:
    async with IsolatedSandbox(world.data, world.library) as sandbox, running(sandbox, world.spec()) as inside:
        pids = host_pids(world.data, inside.environment.spec.id)
        os.kill(pids[0], signal.SIGKILL)
        assert await inside.process.exited == ExitStatus(signal=9)
        await eventually(lambda: not any(map(alive, pids)))
        with pytest.raises(PlatformError):
            await inside.environment.start_runtime()


async def test_a_killed_launcher_ends_its_environments_and_is_replaced(world: World) -> None:
    others = descendants(os.getpid())  # of other tests: a server that lives as long as the session
    async with IsolatedSandbox(world.data, world.library) as sandbox:
        async with running(sandbox, world.spec()) as inside:
            pids = [pid for pid in descendants(os.getpid()) if pid not in others]
            os.kill(pids[0], signal.SIGKILL)
            assert await inside.process.exited == ExitStatus(signal=9)
        await eventually(lambda: not any(map(alive, pids)))
        async with running(sandbox, world.spec()) as inside:
            assert await inside.run("answer = 1") == 1


_PLATFORM = """
    import asyncio, json, sys
    from pathlib import Path
    from lambent.sandbox.base import EnvironmentSpec
    from lambent.sandbox.isolated import IsolatedSandbox
    from tests.unit.sandbox.worlds import PYTHON, Inside, host_pids

    async def main(data, library):
        async with IsolatedSandbox(data, lambda runtime: library) as sandbox:
            environments = []
            for number in range(3):
                spec = EnvironmentSpec(f"{number:032x}", PYTHON, data / "code" / "package", None, 128, 512, "h", {})
                environment = await sandbox.start(spec)
                inside = Inside(environment, await environment.start_runtime())
                await inside.run("import subprocess; subprocess.Popen(['/bin/sleep', '1000'])")
                environments.append(inside)
            await environments[-1].environment.freeze()
            pids = [pid for inside in environments for pid in host_pids(data, inside.environment.spec.id)]
            print(json.dumps(pids), flush=True)
            await asyncio.sleep(1000)

    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
"""


async def test_the_processes_of_a_killed_platform_die_and_the_next_start_cleans_up_the_rest(world: World) -> None:
    others = traces(world)["children"]  # of other tests
    program = [sys.executable, "-c", textwrap.dedent(_PLATFORM), str(world.data), str(world.library_directory)]
    platform = await asyncio.create_subprocess_exec(
        *program, cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}
    )
    assert platform.stdout is not None
    try:
        pids = json.loads(await platform.stdout.readline())
        assert len(pids) == 9
        assert all(map(alive, pids))
    finally:
        platform.kill()
        await platform.wait()
    await eventually(lambda: not any(map(alive, pids)))  # the frozen ones, too
    assert traces(world)["groups"] != []
    async with IsolatedSandbox(world.data, world.library) as sandbox, running(sandbox, world.spec()) as inside:
        assert await inside.run("answer = 1") == 1
    left = traces(world)
    assert (left["groups"], left["loop devices"], left["mounts"], left["children"]) == ([], [], [], others)

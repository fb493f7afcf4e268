"""Dying, hanging and lying in every phase of an environment's life, and what two functions must never share."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.e2e.escape.world import ESCAPE, INIT_SECONDS, World, until

pytestmark = ESCAPE

_IN_IMPORT = {
    "exit": "os._exit(3)",
    "orderly exit": "sys.exit(0)",
    "abort": "os.abort()",
    "segmentation fault": "ctypes.string_at(0)",
    "killed": "os.kill(os.getpid(), 9)",
    "an exception": "raise RuntimeError('no')",
    "no exception": "raise KeyboardInterrupt",
    "an endless recursion": "f = lambda: f(); f()",
    "an endless message": "raise RuntimeError('x' * 8_000_000)",
    "ready too early": "channel().sendall(struct.pack('>IB', 1, READY)); os._exit(0)",
    "an answer too early": "channel().sendall(frame(RESPONSE, {'id': 'x'}, b'1'))",
    "an init error of its own": "channel().sendall(frame(INIT_ERROR, {'type': 'a b\\tREPORT'}, b'{}'))",
    "a daemon and an exit": "os.fork() and os._exit(0); os.setsid(); time.sleep(60)",
    "a closed channel": "os.close(CHANNEL); os._exit(0)",
}


@pytest.mark.parametrize("how", _IN_IMPORT)
async def test_dying_in_the_import(world: World, how: str) -> None:
    async with world.deployed(
        f"if os.environ.get('DIE'):\n    {_IN_IMPORT[how]}\ndef attack(event, context): return 'alive'",
        variables={"DIE": "1"},
        timeout=3,
        memory_mb=1769,
    ) as mortal:
        done = await mortal.run(request_id="5b8e")
        assert done.error is not None
        assert all("\tREPORT" not in line or line.startswith("REPORT") for line in done.log)
        await world.unharmed()
    await world.unharmed()


async def test_ready_and_then_dying_before_an_invocation(world: World) -> None:
    async with world.deployed(
        """
        def die():
            time.sleep(0.3)
            os._exit(1)

        if os.environ.get("DIE"):
            channel().sendall(struct.pack(">IB", 1, READY))
            die()

        def attack(event, context):
            return "alive"
        """,
        variables={"DIE": "1"},
        timeout=2,
    ) as liar:
        assert (await liar.run()).error in ("Runtime.ExitError", "Sandbox.Timedout")
        await world.unharmed()
    await world.unharmed()


async def test_an_import_that_hangs_keeps_nobody_from_starting(world: World) -> None:
    async with world.deployed(
        "if os.environ.get('HANG'): time.sleep(60)\ndef attack(event, context): return 1",
        variables={"HANG": "1"},
        timeout=1,
    ) as hanging:
        calls = [asyncio.ensure_future(hanging.run()) for _ in range(12)]
        await asyncio.sleep(0.3)
        for _ in range(3):
            began = time.monotonic()
            done = await world.attack("def attack(event, context): return 'started'")
            assert done.answer == "started"
            assert time.monotonic() - began < INIT_SECONDS
            await world.unharmed()
        assert {done.error for done in await asyncio.gather(*calls)} == {"Sandbox.Timedout"}
    await world.unharmed()


_LATER = {
    "after the answer": "threading.Timer(0.05, os._exit, [5]).start()",
    "at once after the answer": "threading.Thread(target=lambda: (time.sleep(0.001), os._exit(5))).start()",
    "by a signal": "signal.alarm(1)",
    "of memory": "threading.Timer(0.05, lambda: bytearray(1 << 30)).start()",
    "not at exit": "__import__('atexit').register(time.sleep, 60); threading.Timer(0.05, os.kill, [2, 15]).start()",
}


@pytest.mark.parametrize("how", _LATER)
async def test_dying_between_invocations(world: World, how: str) -> None:
    async with world.deployed(
        f"""
        def attack(event, context):
            {_LATER[how]}
            return os.getpid()
        """,
        timeout=3,
        memory_mb=600,
    ) as mortal:
        for _ in range(3):
            done = await mortal.run()
            assert isinstance(done.answer, int) or done.error in ("Runtime.ExitError", "Sandbox.Timedout")
            await asyncio.sleep(0.1)
            await world.unharmed()
    await world.unharmed()


async def test_crashes_in_quick_succession(world: World) -> None:
    async with world.deployed("def attack(event, context): os.kill(os.getpid(), 11)") as crashing:
        for _ in range(5):
            errors = {done.error for done in await asyncio.gather(*(crashing.run() for _ in range(4)))}
            assert errors == {"Runtime.ExitError"}
            await world.unharmed()
        await until(lambda: len(crashing.processes()) <= 4)
    await world.unharmed()


async def test_a_crash_leaves_no_core_whatever_it_sets(world: World) -> None:
    done = await world.attack(
        """
        def crash():
            os.chdir("/tmp")
            outcome(lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
            outcome(lambda: check(libc.setrlimit(4, struct.pack("QQ", 1 << 30, 1 << 30))))
            outcome(lambda: check(libc.prlimit(0, 4, struct.pack("QQ", 0, 0), None)))
            if resource.getrlimit(resource.RLIMIT_CORE) == (1, 1):
                os.abort()

        def attack(event, context):
            return child(crash), os.listdir("/tmp"), resource.getrlimit(resource.RLIMIT_CORE)
        """
    )
    assert done.answer == [-6, [], [1, 1]]
    await world.unharmed()


IMPOSTORS = {
    "lambent_bootstrap.py": "raise SystemExit('mine')",
    "lambent_channel.py": "class FramedRuntimeClient: pass",
    "_lambent_inside.py": "raise SystemExit('mine')",
    "sitecustomize.py": "import os; os._exit(9)",
    "usercustomize.py": "import os; os._exit(9)",
    "json.py": "def loads(text): return {}\ndef dumps(value, **more): return '\"mine\"'\nJSONEncoder = object",
    "socket.py": "raise ImportError('mine')",
    "threading.py": "raise ImportError('mine')",
    "awslambdaric.py": "raise ImportError('mine')",
    "importlib.py": "raise ImportError('mine')",
    "encodings.py": "raise ImportError('mine')",
}


@pytest.mark.parametrize("name", IMPOSTORS)
async def test_modules_that_pose_as_the_platforms_are_the_functions_own(world: World, name: str) -> None:
    async with world.deployed(
        files={"app.py": "import sys\ndef handler(event, context): return 'still here'\n", name: IMPOSTORS[name]}
    ) as impostor:
        await impostor.run()
        again = await impostor.run()
        assert again.answer == "still here" or again.error is not None
    done = await world.attack("def attack(event, context): return json.loads(json.dumps('as usual'))")
    assert done.answer == "as usual"
    await world.unharmed()


async def test_what_a_function_does_to_its_interpreter_the_next_one_does_not_inherit(world: World) -> None:
    await world.attack(
        """
        def attack(event, context):
            import builtins, random
            builtins.open = None
            json.dumps_before, json.loads = json.dumps, lambda text, **more: "poisoned"
            sys.path.insert(0, "/tmp")
            sys.modules["poison"] = sys
            random.seed(1)
            os.environ["POISON"] = "1"
            os.umask(0o777)
            os.chdir("/")
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))
        """
    )
    done = await world.attack(
        """
        def attack(event, context):
            return [callable(open), json.loads("1"), "/tmp" in sys.path, "poison" in sys.modules,
                    "POISON" in os.environ, os.umask(0), os.getcwd(),
                    signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, resource.getrlimit(resource.RLIMIT_NOFILE)[0]]
        """
    )
    assert done.answer == [True, 1, False, False, False, 0o022, "/var/task", True, 1024]
    await world.unharmed()


async def test_randomness_is_not_shared_though_the_ancestor_is(world: World) -> None:
    source = """
    def attack(event, context):
        import hashlib, random, secrets, ssl, tempfile, uuid
        time.sleep(0.2)
        return [random.random(), secrets.token_hex(8), uuid.uuid4().hex, uuid.uuid1().hex, ssl.RAND_bytes(8).hex(),
                os.urandom(8).hex(), next(tempfile._get_candidate_names()), random.SystemRandom().random()]
    """
    async with world.deployed(source) as dice:
        thrown = await asyncio.gather(*(dice.run() for _ in range(4)))
        columns = list(zip(*(done.answer for done in thrown), strict=True))
    assert [len(set(column)) for column in columns] == [4] * 8
    await world.unharmed()


async def test_two_functions_versions_and_environments_have_nothing_in_common(world: World) -> None:
    source = """
    def attack(event, context):
        time.sleep(0.2)
        kinds = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"]
        return [os.readlink("/proc/self/ns/" + kind) for kind in kinds] + [os.stat("/tmp").st_dev]
    """
    async with world.deployed(source, name="one") as one, world.deployed(source, name="two") as two:
        seen = await asyncio.gather(one.run(), one.run(), two.run())
        owners = {pid_owner(pid) for pid in one.processes() | two.processes()}
    columns = list(zip(*(done.answer for done in seen), strict=True))
    assert [len(set(column)) for column in columns] == [3] * 8
    assert len(owners) == 3  # a host user each
    assert all(owner >= 600_000 for owner in owners)
    await world.unharmed()


async def test_processor_hogs_leave_the_neighbour_its_share(world: World) -> None:
    async with world.deployed(
        """
        def spin():
            os.nice(0)
            while True:
                pass

        def attack(event, context):
            for _ in range(20):
                if os.fork() == 0:
                    spin()
            spin()
        """,
        timeout=1,
        memory_mb=3000,
    ) as hog:
        hogs = [asyncio.ensure_future(hog.run()) for _ in range(3)]
        await asyncio.sleep(0.3)
        slowest = 0.0
        for _ in range(10):
            began = time.monotonic()
            await world.unharmed()
            slowest = max(slowest, time.monotonic() - began)
            await asyncio.sleep(0.03)
        assert slowest < 1
        await asyncio.gather(*hogs)
    await world.unharmed()


async def test_its_processor_share_is_that_of_its_memory(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            for _ in range(10):
                if os.fork() == 0:
                    while True:
                        pass
            time.sleep(1.2)
        """,
        memory_mb=442,
    ) as hog:
        running = asyncio.ensure_future(hog.run())
        await until(lambda: bool(hog.environments()))
        await asyncio.sleep(0.3)
        (environment,) = hog.environments()
        began, before = time.monotonic(), world.cpu_ns(environment)
        await asyncio.sleep(0.7)
        share = (world.cpu_ns(environment) - before) / 1e9 / (time.monotonic() - began)
        assert share < 0.4  # a quarter of a processor, and what the kernel rounds
        await running
    await world.unharmed()


def pid_owner(pid: int) -> int:
    """The host's user of a process."""
    return Path(f"/proc/{pid}").stat().st_uid

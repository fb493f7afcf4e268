"""Many processes, signals to everybody, and what tries to outlive its invocation."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from lambent.sandbox.cgroups.base import most_processes
from tests.e2e.escape.world import ESCAPE, World, read_if_there, until

pytestmark = ESCAPE


async def test_a_fork_bomb(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            while True:
                try:
                    os.fork()
                except OSError:
                    pass
        """,
        timeout=1,
    ) as bomb:
        burning = asyncio.ensure_future(bomb.run())
        await asyncio.sleep(0.7)
        began = time.monotonic()
        await world.unharmed()
        assert time.monotonic() - began < 1
        assert len(bomb.processes()) <= 1024
        done = await burning
        assert done.error in ("Sandbox.Timedout", "Runtime.ExitError")
        await until(lambda: len(bomb.processes()) <= 1)
    await world.unharmed()


async def test_many_processes_die_quickly_however_small_their_share(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            while True:
                if os.fork() == 0:
                    signal.pause()
        """,
        timeout=1,
        memory_mb=256,
    ) as crowd:
        ending = asyncio.ensure_future(crowd.run())
        await until(lambda: len(crowd.processes()) > 15)
        world.dispatcher.retire(crowd.function.arn, None)
        await ending
        began = time.monotonic()
        await until(lambda: len(crowd.processes()) <= 1)
        assert time.monotonic() - began < 1
    await world.unharmed()


async def test_a_thread_bomb(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            threading.stack_size(64 * 1024)
            gate = threading.Event()
            for number in range(3000):
                try:
                    threading.Thread(target=gate.wait, daemon=True).start()
                except RuntimeError:
                    break
            return number
        """,
        memory_mb=512,
    )
    assert 900 < done.answer < 1024
    await world.unharmed()


async def test_all_environments_together_leave_processes_for_the_machine(world: World) -> None:
    limits = [
        int(text)
        for group in world.groups
        if (text := read_if_there(group / "pids.max").strip()).isdigit()
    ]  # fmt: skip
    assert limits == [most_processes()]
    assert limits[0] < int(read_if_there(Path("/proc/sys/kernel/pid_max")))
    limit = next(group / "pids.max" for group in world.groups if (group / "pids.max").exists())
    limit.write_text("200")
    try:
        done = await world.attack(
            """
            def attack(event, context):
                threading.stack_size(64 * 1024)
                gate = threading.Event()
                try:
                    for number in range(1000):
                        threading.Thread(target=gate.wait, daemon=True).start()
                except RuntimeError:
                    return number
            """
        )
        assert 100 < done.answer < 200
        await world.unharmed()
    finally:
        limit.write_text(str(most_processes()))
    await world.unharmed()


@pytest.mark.parametrize("number", [9, 19, 15, 1, 6, 11, 64])
async def test_a_signal_to_everybody_reaches_nobody_else(world: World, number: int) -> None:
    before = world.processes(world.neighbour)
    done = await world.attack(
        """
        def attack(event, context):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            sent = [outcome(lambda: os.kill(1, event["number"])), outcome(lambda: os.kill(-1, event["number"]))]
            time.sleep(0.05)
            return sent, os.path.exists("/proc/1")
        """,
        {"number": number},
    )
    assert done.answer == [["allowed", "ESRCH"], True]  # allowed, but pid 1 does not heed it
    assert before == world.processes(world.neighbour) != set()
    await world.unharmed()


async def test_pid_one_heeds_no_signal_at_all(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            for number in range(1, 65):
                for _ in range(3):
                    outcome(lambda: os.kill(1, number))
                    outcome(lambda: signal.pidfd_send_signal(os.pidfd_open(1), number))
                    information = struct.pack("iiiiiQ", number, 0, -1, 1, 0, 0).ljust(128, b"x")
                    outcome(lambda: syscall((129, 138), 1, number, information))  # rt_sigqueueinfo
            # and by way of a descriptor that signals its owner
            one, other = socket.socketpair()
            fcntl.fcntl(one, fcntl.F_SETOWN, 1)
            fcntl.fcntl(one, 10, signal.SIGKILL)  # F_SETSIG
            fcntl.fcntl(one, fcntl.F_SETFL, os.O_ASYNC)
            other.send(b"x")
            time.sleep(0.05)
            return open("/proc/1/status").read().split("State:\\t")[1][0]
        """
    )
    assert done.answer in "SR"
    await world.unharmed()


async def test_a_flood_of_dead_children_for_pid_one_to_bury(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            for _ in range(100):
                if os.fork() == 0:
                    os.fork()
                    os._exit(0)
                os.wait()
            for _ in range(100):  # siblings: children of pid 1 itself
                if syscall((56, 220), 0x8000 | 17, 0, 0, 0, 0) == 0:
                    os._exit(7)
            time.sleep(0.3)
            return [name for name in os.listdir("/proc") if name.isdigit()]
        """,
        memory_mb=1769,
    ) as graveyard:
        first = await graveyard.run()
        assert len(first.answer) == 2
        assert (await graveyard.run()).answer == first.answer  # its own end was not mistaken for one of theirs
    await world.unharmed()


DAEMON = """
def daemonize(work):
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except OSError:
            pass
    os.chdir("/")
    os.closerange(0, 1024)
    work()

beats = mmap.mmap(-1, 8)

def count():
    while True:
        struct.pack_into("Q", beats, 0, struct.unpack_from("Q", beats)[0] + 1)
"""


async def test_a_daemon_stands_still_between_invocations_and_ends_with_its_environment(world: World) -> None:
    async with world.deployed(
        DAEMON
        + """
def attack(event, context):
    if event["first"]:
        daemonize(count)
        while not struct.unpack_from("Q", beats)[0]:  # a busy machine takes its time
            time.sleep(0.01)
    time.sleep(0.8)
    return struct.unpack_from("Q", beats)[0]
"""
    ) as haunted:
        first = await haunted.run({"first": True})
        await until(lambda: "frozen" in world.states())
        assert len(haunted.processes()) == 3
        before = world.cpu_ns(haunted.environments()[0])
        await asyncio.sleep(0.5)
        assert world.cpu_ns(haunted.environments()[0]) == before
        second = await haunted.run({"first": False})
        assert second.answer > first.answer > 0  # thawed with its function, as on AWS
    await world.unharmed()


@pytest.mark.parametrize("how", ["sleep", "raise", "exit", "answer"])
async def test_survivors_of_every_kind_of_end_are_killed(world: World, how: str) -> None:
    async with world.deployed(
        DAEMON
        + """
def attack(event, context):
    for _ in range(5):
        daemonize(count)
    time.sleep(0.05)
    if event["how"] == "sleep":
        time.sleep(60)
    if event["how"] == "exit":
        os._exit(0)
    if event["how"] == "raise":
        raise ValueError
""",
        timeout=1,
    ) as haunted:
        done = await haunted.run({"how": how})
        assert done.error == {"sleep": "Sandbox.Timedout", "raise": "ValueError", "exit": "Runtime.ExitError"}.get(how)
        if how in ("sleep", "exit"):
            await until(lambda: len(haunted.processes()) <= 1)  # a supervisor at most
    await world.unharmed()


async def test_alarms_and_handlers_do_not_put_off_a_timeout(world: World) -> None:
    began = time.monotonic()
    done = await world.attack(
        """
        def attack(event, context):
            for number in set(range(1, 65)) - {9, 19, 32, 33}:
                signal.signal(number, lambda *_: None)
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            while True:
                try:
                    time.sleep(100)
                except BaseException:
                    pass
        """,
        timeout=1,
    )
    assert done.error == "Sandbox.Timedout"
    assert 1 <= time.monotonic() - began < 3
    await world.unharmed()


async def test_a_function_that_stops_itself_ends_at_its_timeout(world: World) -> None:
    done = await world.attack("def attack(event, context): os.kill(os.getpid(), signal.SIGSTOP)", timeout=1)
    assert done.error == "Sandbox.Timedout"
    await world.unharmed()


async def test_every_thread_and_timer_stands_still_while_frozen(world: World) -> None:
    async with world.deployed(
        """
        beats = 0

        def beat(*_):
            global beats
            beats += 1

        def attack(event, context):
            signal.signal(signal.SIGALRM, beat)
            signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
            if event["first"]:
                def work():
                    while True:
                        beat()
                        time.sleep(0.001)
                for _ in range(5):
                    threading.Thread(target=work, daemon=True).start()
            return beats
        """
    ) as restless:
        await restless.run({"first": True})
        await until(lambda: "frozen" in world.states())
        one = await restless.run({"first": False})
        await until(lambda: world.states().count("frozen") >= 1)
        await asyncio.sleep(0.7)
        two = await restless.run({"first": False})
        assert two.answer - one.answer < 250  # 0.7 s would be 3,850
    await world.unharmed()


async def test_what_refuses_to_stand_still_harms_only_itself(world: World) -> None:
    """A thread that waits for the answer to a seccomp notification can be killed, but not frozen."""
    source = """
    def unfreezable():
        code = [(0x20, 0, 0, 0), (0x15, 0, 1, 110 if X86 else 173), (6, 0, 0, 0x7FC00000), (6, 0, 0, 0x7FFF0000)]
        program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *op) for op in code))
        listener = syscall((317, 277), 1, 8 | 32, struct.pack("@HP", 4, ctypes.addressof(program)))
        threading.Thread(target=lambda: fcntl.ioctl(listener, 0xC0502100, bytearray(80)), daemon=True).start()
        libc.getppid()

    def attack(event, context):
        threading.Thread(target=unfreezable, daemon=True).start()
        time.sleep(0.2)
    """
    async with world.deployed(source) as stubborn:
        await asyncio.gather(*(stubborn.run() for _ in range(10)))  # more than the sandbox has threads
        await asyncio.sleep(0.05)
        for _ in range(5):
            began = time.monotonic()
            await world.unharmed()
            assert time.monotonic() - began < 1
        assert (await stubborn.run()).error is None
    await world.unharmed()

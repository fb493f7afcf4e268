"""The private channel and the other descriptors that a function's process has from its start."""

from __future__ import annotations

import asyncio
import resource

import pytest

from tests.e2e.escape.world import ESCAPE, World, descriptors

pytestmark = ESCAPE

BROKEN = {
    "garbage": "channel().sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')",
    "zeros": "channel().sendall(bytes(1 << 16))",
    "noise": "channel().sendall(os.urandom(1 << 16))",
    "a huge frame": "channel().sendall(struct.pack('>IBI', 0xFFFFFFFF, RESPONSE, 2) + b'{}')",
    "a huge meta": "channel().sendall(struct.pack('>IBI', 8 << 20, RESPONSE, 0x7FFFFFFF) + b'{}')",
    "a meta longer than its frame": "channel().sendall(struct.pack('>IBI', 10, RESPONSE, 500) + b'{}')",
    "an empty frame": "channel().sendall(struct.pack('>IB', 0, RESPONSE))",
    "an unknown kind": "channel().sendall(frame(99, {}))",
    "a kind of the platform's": "channel().sendall(frame(1, {'id': 'x', 'deadline': 0, 'arn': ''}))",
    "ready while busy": "channel().sendall(struct.pack('>IB', 1, READY))",
    "an init error while busy": "channel().sendall(frame(INIT_ERROR, {'type': 'X'}, b'{}'))",
    "no object": "channel().sendall(frame(RESPONSE, b'[1, 2'))",
    "a number for an id": "channel().sendall(frame(RESPONSE, {'id': 7}))",
    "text that is none": 'channel().sendall(frame(RESPONSE, b\'{"id": "\\xff\\xfe"}\'))',
    "nested without end": "channel().sendall(frame(RESPONSE, b'{\"x\":' + b'[' * 1_000_000))",
    "another request": "channel().sendall(frame(RESPONSE, {'id': '00000000-0000-0000-0000-000000000000'}, b'mine'))",
    "an error of another request": "channel().sendall(frame(ERROR, {'id': 'x', 'type': 'T'}, b'{}'))",
    "too large by text": "channel().sendall(frame(TOO_LARGE, {'id': context.aws_request_id, 'size': 'much'}))",
    "too large by far": "channel().sendall(frame(RESPONSE, {'id': context.aws_request_id}, bytes(6291457 + 200)))",
    "closed": "os.close(CHANNEL)",
    "half closed": "channel().shutdown(socket.SHUT_WR)",
    "deaf": "channel().shutdown(socket.SHUT_RD); channel().sendall(b'x' * 9)",
    "replaced": "os.dup2(os.open('/dev/null', os.O_RDWR), CHANNEL)",
    "replaced by the log": "os.dup2(1, CHANNEL)",
    "everything closed": "os.closerange(0, 1024)",
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_broken_channel_ends_the_environment_and_nothing_else(world: World, how: str) -> None:
    async with world.deployed(
        f"""
        def attack(event, context):
            if event.get("again"):
                return "again"
            {BROKEN[how]}
            time.sleep(0.1)
            os._exit(0)
        """,
        timeout=2,
    ) as liar:
        done = await liar.run()
        assert done.error in ("Runtime.ExitError", "Sandbox.Timedout")
        assert done.answer.keys() == {"errorType", "errorMessage"}
        await world.unharmed()
        assert (await liar.run({"again": True})).answer == "again"
    await world.unharmed()


async def test_who_answers_twice_is_heard_once(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            if event.get("again"):
                return "again"
            channel().sendall(frame(RESPONSE, {"id": context.aws_request_id}, b'"first"') * 5)
            return "second"
        """
    ) as liar:
        before = await liar.run({"again": True})
        assert before.answer == "again"
        assert (await liar.run()).answer == "first"
        assert (await liar.run({"again": True})).answer == "again"
    await world.unharmed()


async def test_an_answer_for_a_later_request_is_not_kept_for_it(world: World) -> None:
    """Sent right behind the answer: there is nothing that it could answer, whatever id it guesses."""
    async with world.deployed(
        """
        def attack(event, context):
            if event.get("again"):
                return "again"
            answer = frame(RESPONSE, {"id": context.aws_request_id}, b'"now"')
            channel().sendall(answer + frame(RESPONSE, {"id": event["next"]}, b'"forged"'))
            os._exit(0)
        """,
        timeout=3,
    ) as liar:
        request = "11111111-2222-3333-4444-555555555555"
        assert (await liar.run({"next": request})).answer == "now"
        assert (await liar.run({"again": True}, request_id=request)).answer == "again"
    await world.unharmed()


async def test_a_child_may_answer_for_its_parent_but_not_for_another_function(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            if event.get("again"):
                return "again"
            if os.fork() == 0:
                channel().sendall(frame(RESPONSE, {"id": context.aws_request_id}, b'"the child"'))
                os._exit(0)
            time.sleep(1)
        """,
        timeout=2,
    ) as family:
        assert (await family.run()).answer == "the child"
        assert (await family.run({"again": True})).error in (None, "Runtime.ExitError", "Sandbox.Timedout")
        assert (await family.run({"again": True})).answer == "again"
    await world.unharmed()


async def test_half_an_answer_waits_until_the_timeout(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            whole = frame(RESPONSE, {"id": context.aws_request_id}, b"x" * 6_000_000)
            channel().sendall(whole[:-1])
            time.sleep(60)
        """,
        timeout=1,
        memory_mb=1769,
    )
    assert done.error == "Sandbox.Timedout"
    await world.unharmed()


async def test_a_flood_on_the_channel_while_nobody_listens(world: World) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with world.deployed(
        """
        def flood():
            time.sleep(0.05)
            while True:
                channel().sendall(bytes(1 << 20))

        def attack(event, context):
            threading.Thread(target=flood, daemon=True).start()
            return "calm"
        """,
        memory_mb=1769,
    ) as liar:
        for _ in range(4):
            done = await liar.run()
            assert done.answer == "calm" or done.error == "Runtime.ExitError"  # hit by the flood of the last one
            await asyncio.sleep(0.1)
            await world.unharmed()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 64 * 1024
    await world.unharmed()


async def test_a_runtime_that_does_not_take_its_event_holds_up_only_itself(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            if not isinstance(event, dict):
                return "taken"
            def deaf():
                channel().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
                os.kill(os.getpid(), signal.SIGSTOP)
            threading.Timer(0.05, deaf).start()
            return "stopped"
        """,
        timeout=1,
    ) as sleeper:
        assert (await sleeper.run({})).answer == "stopped"
        await asyncio.sleep(0.2)
        again = await sleeper.run(["x" * 5_000_000])
        assert again.error in (None, "Sandbox.Timedout")
    await world.unharmed()


async def test_only_what_is_meant_is_inherited(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            found = {}
            for fd in range(1024):
                try:
                    found[fd] = os.readlink(f"/proc/self/fd/{fd}").partition(":")[0], os.get_inheritable(fd)
                except OSError:
                    pass
            program = "import os; print([fd for fd in range(1024) if os.path.exists(f'/dev/fd/{fd}')])"
            ran = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True)
            return found, ran.stdout
        """
    )
    assert done.answer[0] == {
        "0": ["/dev/null", True],
        "1": ["pipe", True],
        "2": ["pipe", True],
        "3": ["socket", False],
        "4": ["pipe", False],
    }
    assert done.answer[1].strip() in ("[0, 1, 2]", "[0, 1, 2, 3]")  # 3: the directory of descriptors itself
    await world.unharmed()


async def test_the_channel_tells_nothing_of_the_platform_and_gives_no_hold_on_it(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            one = channel()
            peer = struct.unpack("3i", one.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            found = {"pid": peer[0], "uid": peer[1], "name": str(one.getpeername()) + str(one.getsockname())}
            try:
                (pidfd,) = struct.unpack("i", one.getsockopt(socket.SOL_SOCKET, 77, 4))  # SO_PEERPIDFD
            except OSError:
                return found
            found["kill"] = outcome(lambda: signal.pidfd_send_signal(pidfd, 0))
            found["enter"] = outcome(lambda: check(libc.setns(pidfd, 0x20000)))
            found["take"] = outcome(lambda: syscall(438, pidfd, 0, 0))
            found["number"] = open(f"/proc/self/fdinfo/{pidfd}").read().split("Pid:\\t")[1].split()[0]
            return found
        """
    )
    found = done.answer
    assert (found["pid"], found["uid"], found["name"]) == (0, 65534, "")
    assert found.get("kill", "EINVAL") in ("EINVAL", "EPERM", "ESRCH")
    assert found.get("enter", "EPERM") == found.get("take", "EPERM") == "EPERM"
    assert found.get("number", "0") in ("0", "-1")
    await world.unharmed()


async def test_the_supervisors_own_link_cannot_be_taken(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            supervisor = os.pidfd_open(SUPERVISOR)
            ways = []
            for number in range(64):
                ways.append(outcome(lambda: syscall(438, supervisor, number, 0)))
                ways.append(outcome(lambda: os.open(f"/proc/1/fd/{number}", os.O_RDWR)))
                ways.append(outcome(lambda: os.readlink(f"/proc/1/fd/{number}")))
                ways.append(outcome(lambda: os.stat(f"/proc/1/fd/{number}")))
            kinds = {line.split()[4] for line in open("/proc/net/unix").readlines()[1:]}
            return sorted(set(ways)), sorted(kinds)
        """
    )
    refused, kinds = done.answer
    assert set(refused) <= {"EPERM", "EACCES"}
    assert "0005" not in kinds  # sequenced packets: the link belongs to another network namespace
    await world.unharmed()


async def test_descriptors_that_are_sent_reach_nobody(world: World) -> None:
    before = descriptors()
    async with world.deployed(
        """
        def attack(event, context):
            one, kept = channel(), [os.open("/proc/self/mem", os.O_RDONLY) for _ in range(200)]
            one.setblocking(False)
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("200i", *kept))]
            answer, sent = frame(RESPONSE, {"id": context.aws_request_id}, b'"' + b"x" * 500 + b'"'), 0
            for start in range(0, len(answer) - 1):
                try:
                    sent += one.sendmsg([answer[start : start + 1]], rights)
                except OSError:
                    break
            one.setblocking(True)
            one.sendall(answer[sent:])
            os._exit(0)
        """,
        timeout=3,
    ) as giver:
        done = await giver.run()
        assert len(done.answer) == 500
        assert descriptors() < before + 50
        await world.unharmed()
    await world.unharmed()


async def test_its_own_log_pipe_is_all_that_it_can_reopen(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            print("something", flush=True)
            read = os.open("/proc/self/fd/1", os.O_RDONLY | os.O_NONBLOCK)
            stolen = outcome(lambda: os.read(read, 100))
            fcntl.fcntl(1, 1031, 4096)
            fcntl.fcntl(1, fcntl.F_SETFL, os.O_NONBLOCK | os.O_DIRECT)
            return stolen, outcome(lambda: os.open("/proc/self/fd/3", os.O_RDWR))
        """
    )
    assert done.answer[0] in ("allowed", "EAGAIN")  # what it steals is its own log
    assert done.answer[1] == "ENXIO"
    await world.unharmed()

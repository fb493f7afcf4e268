"""Memory of every kind, /tmp, descriptors and sockets: each has an end, and it is the function's own."""

from __future__ import annotations

import asyncio
import textwrap
from pathlib import Path

import pytest

from tests.e2e.escape.world import ESCAPE, Outcome, World, read_if_there

pytestmark = ESCAPE

MB = 1 << 20

KINDS = {
    "anonymous": "keep = [bytearray(1 << 20) for _ in range(400)]",
    "shared": "keep = mmap.mmap(-1, 400 << 20); [keep.write(bytes(1 << 20)) for _ in range(400)]",
    "memfd": "fd = os.memfd_create('x'); [os.write(fd, bytes(1 << 20)) for _ in range(400)]",
    "system v": """
        libc.shmat.restype = ctypes.c_void_p
        for _ in range(40):
            segment = check(libc.shmget(0, 10 << 20, 0o1600))
            ctypes.memset(libc.shmat(segment, None, 0), 1, 10 << 20)
    """,
    "page tables": """
        size = 1 << 38
        start = libc.mmap(None, ctypes.c_size_t(size), 1, 0x4022, -1, 0)
        for offset in range(0, size, 1 << 21):
            ctypes.c_char.from_address(start + offset).value
    """,
    "mappings": """
        for _ in range(100_000):
            if libc.mmap(None, ctypes.c_size_t(4096), 1, 0x22, -1, 0) is None:
                break
            libc.mmap(None, ctypes.c_size_t(4096), 3, 0x22, -1, 0)
    """,
    "children": "in_children(4, lambda: bytearray(100 << 20))",
    "pipes": """
        def fill():
            keep = []
            while True:
                keep += os.pipe2(os.O_NONBLOCK)
                outcome(lambda: fcntl.fcntl(keep[-1], 1031, 1 << 20))
                os.write(keep[-1], bytes(1 << 16))

        in_children(8, fill)
    """,
    "unix sockets": """
        def fill():
            keep = []
            while True:
                keep += socket.socketpair()
                keep[-1].setblocking(False)
                outcome(lambda: [keep[-1].send(bytes(1 << 15)) for _ in range(100)])

        in_children(8, fill)
    """,
}
LESS = {"mappings": 10, "pipes": 20, "unix sockets": 30, "children": 50}
"""In MB: what other limits (mappings, a user's pipes, time) let these have; the rest reach the memory limit."""

_GREEDY = """
def in_children(count, work):
    children = []
    for _ in range(count):
        children.append(os.fork())
        if not children[-1]:
            try:
                kept = work()
                time.sleep(2)
            finally:
                os._exit(0)
    for pid in children:
        os.waitpid(pid, 0)

def attack(event, context):
    if event.get("again"):
        return "again"
"""


@pytest.mark.parametrize("kind", KINDS)
async def test_memory_of_every_kind_ends_at_the_limit(world: World, kind: str) -> None:
    host = free_mb()
    source = _GREEDY + textwrap.indent(textwrap.dedent(KINDS[kind]), "    ")
    async with world.deployed(source, memory_mb=256, timeout=6) as greedy:
        done = await greedy.run()
        assert done.error in ("Runtime.ExitError", "Sandbox.Timedout", "MemoryError", None)
        assert LESS.get(kind, 200) < peak_mb(done) <= 256
        assert host - free_mb() < 1000  # the machine has other work, too: this is for memory that no limit counts
        await world.unharmed()
        assert (await greedy.run({"again": 1})).answer == "again"
    await world.unharmed()


@pytest.mark.parametrize("kind", ["tcp", "udp"])
async def test_the_buffers_of_sockets_are_the_functions_own_memory(world: World, kind: str) -> None:
    before = socket_pages(kind)
    async with world.deployed(
        """
        def tcp():
            server, keep = socket.create_server(("127.0.0.1", 0), backlog=500), []
            while True:
                one = socket.create_connection(server.getsockname())
                keep += [one, server.accept()[0]]
                one.setblocking(False)
                try:
                    while True:
                        one.send(bytes(1 << 20))
                except BlockingIOError:
                    pass

        def udp():
            sender, keep = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), []
            while True:
                keep.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                keep[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
                keep[-1].bind(("127.0.0.1", 0))
                for _ in range(200):
                    sender.sendto(bytes(60000), keep[-1].getsockname())

        def attack(event, context):
            {"tcp": tcp, "udp": udp}[event["kind"]]()
        """,
        memory_mb=256,
        timeout=3,
    ) as hoarder:
        hoarding = asyncio.ensure_future(hoarder.run({"kind": kind}))
        most = 0
        while not hoarding.done():
            await asyncio.sleep(0.05)
            most = max(most, socket_pages(kind) - before)
        await hoarding
        assert most * 4096 < 400 * MB
    await world.unharmed()


async def test_nothing_but_tmp_takes_files(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            taken = []
            for directory, names, _ in os.walk("/"):
                if directory == "/":
                    names.remove("proc")
                try:
                    fd = os.open(directory, os.O_TMPFILE | os.O_WRONLY)
                    os.close(fd)
                    taken.append(directory)
                    continue
                except OSError:
                    pass
                try:
                    os.mkdir(directory + "/x")
                    taken.append(directory)
                except OSError:
                    pass
            return taken, os.path.exists("/dev/shm"), os.path.exists("/dev/mqueue")
        """,
        timeout=20,
        memory_mb=1769,
    )
    assert done.answer == [["/tmp"], False, False]
    await world.unharmed()


async def test_tmp_ends_at_its_size_on_disk(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            written = 0
            try:
                with open("/tmp/big", "wb", buffering=0) as file:
                    while True:
                        written += file.write(bytes(1 << 20))
            except OSError as error:
                return written >> 20, errno.errorcode[error.errno]
        """,
        memory_mb=256,
    ) as hoarder:
        done = await hoarder.run()
        assert done.answer[1] == "ENOSPC"
        assert 512 <= done.answer[0] < 540
        await world.unharmed()
    await world.unharmed()


async def test_tmp_ends_at_its_size_for_sparse_and_allocated_files(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            fd = os.open("/tmp/sparse", os.O_RDWR | os.O_CREAT)
            refused = [outcome(lambda: os.posix_fallocate(fd, 0, 2 << 30)), outcome(lambda: os.truncate(fd, 1 << 45))]
            os.truncate(fd, 1 << 35)
            blocks = 0
            try:
                for offset in range(0, 1 << 35, 1 << 20):
                    os.pwrite(fd, b"x" * 4096, offset)
                    blocks += 1
            except OSError as error:
                refused.append(errno.errorcode[error.errno])
            return refused, os.statvfs("/tmp").f_blocks * 4096 >> 20
        """,
        memory_mb=512,
    )
    refused, size = done.answer
    assert refused[0] == "ENOSPC"
    assert refused[1] == "EFBIG"
    assert size < 540
    await world.unharmed()


async def test_inodes_of_tmp_end(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            made = 0
            try:
                while True:
                    os.mknod(f"/tmp/{made}")
                    made += 1
            except OSError as error:
                return made, errno.errorcode[error.errno]
        """,
        memory_mb=1769,
    )
    assert done.answer[1] == "ENOSPC"
    assert 10_000 < done.answer[0] < 40_000
    await world.unharmed()


async def test_a_deep_directory_and_long_names_are_its_own_business(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            os.chdir("/tmp")
            for _ in range(1500):
                os.mkdir("d" * 255)
                os.chdir("d" * 255)
            return True
        """,
        memory_mb=1769,
    )
    assert done.answer is True
    await world.unharmed()


async def test_descriptors_end_at_1024(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            opened = []
            try:
                while True:
                    opened.append(os.dup(0))
            except OSError as error:
                why = errno.errorcode[error.errno]
            for fd in opened:
                os.close(fd)
            return len(opened), why, resource.getrlimit(resource.RLIMIT_NOFILE)
        """
    )
    assert 1000 < done.answer[0] < 1024
    assert done.answer[1:] == ["EMFILE", [1024, 1024]]
    await world.unharmed()


async def test_sockets_end_with_descriptors(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            kept = []
            try:
                while True:
                    kept.append(socket.socket())
            except OSError as error:
                why = errno.errorcode[error.errno]
            made = len(kept)
            kept.clear()
            return made, why
        """
    )
    assert 1000 < done.answer[0] < 1024
    assert done.answer[1] == "EMFILE"
    await world.unharmed()


async def test_an_out_of_memory_kill_of_the_supervisor_is_a_crash_like_any_other(world: World) -> None:
    """The function makes itself a worse victim than its supervisor, and holds memory that belongs to no process."""
    async with world.deployed(
        """
        def attack(event, context):
            if event.get("again"):
                return "again"
            open("/proc/self/oom_score_adj", "w").write("0")
            fd = os.memfd_create("x")
            os.set_inheritable(fd, True)
            os.execv("/bin/sh", ["sh", "-c", f"exec cat /dev/zero >&{fd}"])
        """,
        memory_mb=128,
        timeout=8,
    ) as killer:
        assert (await killer.run()).error == "Runtime.ExitError"
        await world.unharmed()
        assert (await killer.run({"again": 1})).answer == "again"
    await world.unharmed()


def peak_mb(done: Outcome) -> int:
    """Max Memory Used of the report."""
    return int(done.report.split("Max Memory Used: ")[1].split(" MB")[0])


def free_mb() -> int:
    """Memory of the machine that is free or could be, in MB."""
    lines = read_if_there(Path("/proc/meminfo")).splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable"))


def socket_pages(kind: str) -> int:
    """Pages that all sockets of the machine hold."""
    lines = read_if_there(Path("/proc/net/sockstat")).splitlines()
    words = next(line.split() for line in lines if line.lower().startswith(kind + ":"))
    return int(words[words.index("mem") + 1])

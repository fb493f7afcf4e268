"""What the walls hold, seen from inside and from outside, on the real kernel as root."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambent.model.invocation import ExitStatus
from lambent.sandbox.environment import LaunchedEnvironment
from lambent.sandbox.isolated import IsolatedSandbox
from lambent.sandbox.stock import NONE, Sizes
from tests.unit.sandbox.worlds import (
    Inside,
    InsideError,
    World,
    accept_one,
    host_pids,
    prepared,
    read_until_closed,
    running,
)

pytestmark = [pytest.mark.root, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]

MB = 1024 * 1024


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture(params=[NONE, Sizes(least=1)], ids=["made when wanted", "prepared"])
async def sandbox(request: pytest.FixtureRequest, world: World) -> AsyncIterator[IsolatedSandbox]:
    async with IsolatedSandbox(world.data, world.library, prepared=request.param) as made:
        if request.param is not NONE:
            await prepared(made, world)
        yield made


@pytest.fixture
async def inside(sandbox: IsolatedSandbox, world: World) -> AsyncIterator[Inside]:
    async with running(sandbox, world.spec()) as made:
        yield made


def inode(namespace: str) -> int:
    """Which of these namespaces we ourselves are in."""
    return Path(f"/proc/self/ns/{namespace}").stat().st_ino


def host_uids(data: Path, name: str) -> set[int]:
    """The users of an environment's processes, as the host numbers them: real, effective, saved, of the filesystem.

    The owner of /proc/PID would not do: it is root for a process that may not be dumped.
    """
    lines = [line for pid in host_pids(data, name) for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return {int(uid) for line in lines if line.startswith("Uid:") for uid in line.split()[1:]}


async def refused(inside: Inside, source: str) -> int | None:
    """The errno with which `source` fails inside."""
    with pytest.raises(InsideError) as caught:
        await inside.run(source)
    return caught.value.errno


async def test_every_namespace_is_its_own(inside: Inside) -> None:
    names = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"]
    found = await inside.run(f"import os; answer = [os.readlink('/proc/self/ns/' + name) for name in {names}]")
    own = [f"{name}:[{inode(name)}]" for name in names]
    assert [name for name, theirs, ours in zip(names, found, own, strict=True) if theirs == ours] == []


async def test_two_environments_differ_in_host_user_and_in_namespaces(sandbox: IsolatedSandbox, world: World) -> None:
    async with running(sandbox, world.spec()) as one, running(sandbox, world.spec()) as two:
        environments = (inside.environment for inside in (one, two))
        uids = [host_uids(world.data, made.name) for made in environments if isinstance(made, LaunchedEnvironment)]
        assert len(set.union(*uids)) == 2
        assert all(uid >= 600_000 for uid in set.union(*uids))
        link = "import os; answer = os.readlink('/proc/self/ns/user')"
        assert await one.run(link) != await two.run(link)


async def test_it_is_lambdas_user_without_any_right(inside: Inside) -> None:
    assert await inside.run("import os; answer = [os.getresuid(), os.getresgid(), os.getgroups()]") == [
        [993] * 3,
        [990] * 3,
        [],
    ]
    assert await inside.run("import pwd; answer = pwd.getpwuid(os.getuid()).pw_name") == "sbx_user1051"
    status = dict(line.split(":\t") for line in (await inside.run(_STATUS)).splitlines() if ":\t" in line)
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


_STATUS = "answer = open('/proc/self/status').read()"


@pytest.mark.parametrize("place", ["/", "/var/task/", "/opt/", "/usr/lib/", "/etc/", "/dev/", "/var/runtime/", "/mnt/"])
async def test_nothing_but_tmp_can_be_written(inside: Inside, place: str) -> None:
    assert await refused(inside, f"open({place + 'new'!r}, 'w')") in (errno.EROFS, errno.EACCES)


async def test_the_code_is_there_and_cannot_be_changed(inside: Inside) -> None:
    assert await inside.run("answer = open('/var/task/module.py').read()") == "VALUE = 42\n"
    assert await refused(inside, "open('/var/task/module.py', 'a')") in (errno.EROFS, errno.EACCES)
    assert await refused(inside, "import os; os.unlink('/var/task/module.py')") in (errno.EROFS, errno.EACCES)


async def test_the_code_of_others_and_the_host_are_out_of_sight(inside: Inside, world: World) -> None:
    other = world.data / "code" / "other"
    other.mkdir()
    (other / "secret.py").write_text("SECRET = 1\n")
    assert await inside.run("import os; answer = os.listdir('/run/lambent')") == []
    assert await inside.run(f"answer = os.path.exists({str(world.data)!r})") is False
    assert sorted(await inside.run("answer = os.listdir('/var')")) == ["lang", "runtime", "task"]
    assert not {"root", "srv", "boot", "sys"} & set(await inside.run("answer = os.listdir('/')"))
    assert await inside.run("answer = os.path.exists('/etc/shadow')") is False


async def test_layers_appear_at_opt(sandbox: IsolatedSandbox, world: World) -> None:
    layers = world.data / "layers" / "merged"
    (layers / "python").mkdir(parents=True)
    (layers / "python" / "shared.py").write_text("LAYER = 1\n")
    async with running(sandbox, world.spec(layers=layers)) as inside:
        assert await inside.run("answer = open('/opt/python/shared.py').read()") == "LAYER = 1\n"
        assert await refused(inside, "open('/opt/python/shared.py', 'a')") in (errno.EROFS, errno.EACCES)


async def test_devices_are_the_harmless_ones(inside: Inside) -> None:
    devices = ["fd", "full", "null", "random", "stderr", "stdin", "stdout", "tty", "urandom", "zero"]
    assert await inside.run("import os; answer = sorted(os.listdir('/dev'))") == devices
    await inside.run("open('/dev/null', 'w').write('x')")
    assert await inside.run("answer = len(open('/dev/urandom', 'rb').read(9))") == 9
    await inside.run("open('/dev/stdout', 'w').write('reopened')")


async def test_it_sees_only_its_own_processes(inside: Inside) -> None:
    pids = "import os; answer = [int(name) for name in os.listdir('/proc') if name.isdigit()]"
    assert await inside.run(pids) == [1, await inside.run("answer = os.getpid()")]


async def test_sensitive_parts_of_proc_are_masked(inside: Inside) -> None:
    for name in ("keys", "timer_list"):
        assert await inside.run(f"answer = open('/proc/{name}').read()") == ""
    assert await inside.run("import os; answer = os.listdir('/proc/bus') + os.listdir('/proc/fs')") == []
    for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/net/ipv4/ip_forward"):
        assert await refused(inside, f"open({path!r}, 'w').write('1')") in (errno.EACCES, errno.EROFS, errno.EPERM)


async def test_the_hosts_network_is_out_of_reach(inside: Inside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind("\0lambent-test")
        abstract.listen()
        connect = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2)"
        assert await refused(inside, connect) == errno.ECONNREFUSED
        connect = "socket.socket(socket.AF_UNIX).connect('\\0lambent-test')"
        assert await refused(inside, connect) == errno.ECONNREFUSED
    assert await refused(inside, "socket.create_connection(('198.51.100.1', 80), 2)") == errno.ENETUNREACH
    assert await inside.run("answer = [name for _, name in socket.if_nameindex()]") == ["lo"]


async def test_the_endpoint_listens_inside(inside: Inside) -> None:
    await inside.run("import socket; s = socket.create_connection(('127.0.0.1', 4566)); s.sendall(b'hello')")
    assert inside.environment.endpoint is not None
    with await accept_one(inside.environment.endpoint) as connection:
        assert await asyncio.get_running_loop().sock_recv(connection, 100) == b"hello"
    assert await inside.run("import os; answer = os.environ['AWS_ENDPOINT_URL']") == "http://127.0.0.1:4566"
    assert await inside.run("answer = socket.gethostbyname(socket.gethostname())") == "127.0.0.1"
    assert await inside.run("answer = socket.gethostbyname('sandbox.localdomain')") == "127.0.0.1"


_LIBC = "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True)\n"
_CALL = _LIBC + "if {call} < 0: raise OSError(ctypes.get_errno(), 'refused')"
_X86_ONLY = pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)", errno.EPERM),
        ("libc.umount2(b'/tmp', 2)", errno.EPERM),
        ("libc.chroot(b'/tmp')", errno.EPERM),
        ("libc.ptrace(16, 1, 0, 0)", errno.EPERM),
        ("libc.ptrace(0, 0, 0, 0)", errno.EPERM),
        ("libc.unshare(0x10000000)", errno.EPERM),
        ("libc.unshare(0x00020000)", errno.EPERM),
        ("libc.setns(os.open('/proc/self/ns/net', os.O_RDONLY), 0)", errno.EPERM),
        ("libc.sethostname(b'x', 1)", errno.EPERM),
        ("libc.prlimit(1, 7, b'\\0' * 16, None)", errno.EPERM),
        ("libc.setpriority(0, 1, 19)", errno.EPERM),
        pytest.param("libc.syscall(435, b'\\0' * 88, 88)", errno.ENOSYS, id="clone3"),
        pytest.param("libc.syscall(321, 0, 0, 0)", errno.EPERM, id="bpf", marks=_X86_ONLY),
        pytest.param("libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)", errno.EPERM, id="clone", marks=_X86_ONLY),
        pytest.param("libc.syscall(425, 8, b'\\0' * 128)", errno.EPERM, id="io_uring_setup"),
        pytest.param("libc.syscall(250, 0, -3, 0)", errno.EPERM, id="keyctl", marks=_X86_ONLY),
        pytest.param("libc.syscall(323, 0)", errno.EPERM, id="userfaultfd", marks=_X86_ONLY),
        pytest.param("libc.syscall(430, b'tmpfs', 0)", errno.EPERM, id="fsopen"),
        ("libc.socket(40, 1, 0)", errno.EAFNOSUPPORT),
        ("libc.socket(38, 5, 0)", errno.EAFNOSUPPORT),
        ("libc.socket(17, 3, 0)", errno.EAFNOSUPPORT),
        ("libc.ioctl(0, 0x5412, b'x')", errno.EPERM),
    ],
)
async def test_forbidden_calls_are_refused(inside: Inside, call: str, expected: int) -> None:
    assert await refused(inside, _CALL.format(call=call)) == expected


async def test_ordinary_programs_are_not_hindered(inside: Inside) -> None:
    await inside.run("import threading; t = threading.Thread(target=print); t.start(); t.join()")
    assert await inside.run("import subprocess; answer = subprocess.check_output(['/bin/echo', 'x']).decode()") == "x\n"
    assert (
        await inside.run("import socket; a, b = socket.socketpair(); a.send(b'1'); answer = b.recv(1).decode()") == "1"
    )
    assert await inside.run("import resource; answer = resource.getrlimit(resource.RLIMIT_NOFILE)") == [1024, 1024]
    assert await inside.run("answer = resource.getrlimit(resource.RLIMIT_CORE)") == [1, 1]


async def test_the_supervisor_is_beyond_the_functions_reach(inside: Inside) -> None:
    for path in ("/proc/1/environ", "/proc/1/mem", "/proc/1/maps", "/proc/1/fd/0", "/proc/1/root/etc/passwd"):
        assert await refused(inside, f"open({path!r}, 'rb').read(1)") in (errno.EACCES, errno.EPERM)
    await inside.run(
        "import os, signal\nfor number in range(1, 65):\n    try: os.kill(1, number)\n    except OSError: pass"
    )
    assert await inside.run("answer = os.path.exists('/proc/1')") is True
    await inside.run("import subprocess; child = subprocess.Popen(['/bin/sleep', '100'])")
    await inside.send("os.kill(-1, signal.SIGKILL); os._exit(7)")  # all that it may kill: its child
    assert await inside.process.exited == ExitStatus(code=7)


async def test_set_user_id_programs_give_nothing(inside: Inside) -> None:
    ids = (
        "import subprocess; answer = subprocess.run(['/bin/su', '-c', 'id'], input=b'', capture_output=True).returncode"
    )
    assert await inside.run(ids) != 0


async def test_tmp_holds_its_size_and_not_more_whatever_the_memory(sandbox: IsolatedSandbox, world: World) -> None:
    async with running(sandbox, world.spec(memory_mb=128, ephemeral_mb=512)) as inside:
        written = await inside.run(
            """
            import errno
            block, answer = bytes(1 << 20), 0
            with open("/tmp/big", "wb", buffering=0) as file:
                while True:
                    try:
                        answer += file.write(block)
                    except OSError as error:
                        assert error.errno == errno.ENOSPC, error
                        break
            """
        )
        assert 512 * MB <= written <= 530 * MB
        assert await inside.run("import os; os.unlink('/tmp/big'); answer = os.statvfs('/tmp').f_bavail > 0") is True
        assert await inside.run("answer = [oct(os.stat('/tmp').st_mode & 0o7777), os.listdir('/tmp')]") == ["0o700", []]


async def test_memory_beyond_the_limit_kills_and_is_told(sandbox: IsolatedSandbox, world: World) -> None:
    async with running(sandbox, world.spec(memory_mb=128)) as inside:
        await inside.send("x = bytearray(400 << 20)")
        assert await inside.process.exited == ExitStatus(signal=9, oom=True)
        assert inside.environment.usage().memory_peak <= 128 * MB
        inside.close()
        inside.process = await inside.environment.start_runtime()  # the supervisor was not the victim
        await inside.send("import os; os._exit(1)")
        assert await inside.process.exited == ExitStatus(code=1, oom=False)


async def test_the_memory_peak_is_each_invocations_own(sandbox: IsolatedSandbox, world: World) -> None:
    async with running(sandbox, world.spec(memory_mb=256)) as inside:
        await inside.run("x = bytearray(100 << 20)")
        assert 100 * MB <= inside.environment.usage().memory_peak < 140 * MB
        await inside.run("del x")
        inside.environment.take_peak()
        assert inside.environment.usage().memory_peak < 50 * MB


async def test_a_fork_bomb_stays_within_its_bounds(sandbox: IsolatedSandbox, world: World) -> None:
    async with running(sandbox, world.spec(memory_mb=1769)) as inside:
        started, why = await inside.run(
            """
            import os, signal
            children = []
            try:
                while len(children) < 2000:
                    pid = os.fork()
                    if pid == 0:
                        signal.pause()
                    children.append(pid)
                answer = len(children), None
            except OSError as error:
                answer = len(children), error.errno
            """
        )
        assert 900 <= started < 1024
        assert why == errno.EAGAIN
        began = time.monotonic()
        await inside.environment.kill()
        assert time.monotonic() - began < 10


async def test_processor_time_is_in_proportion_to_memory(sandbox: IsolatedSandbox, world: World) -> None:
    async with running(sandbox, world.spec(memory_mb=442)) as inside:  # a quarter of a processor
        spin = "import time\nuntil = time.monotonic() + 0.6\nwhile time.monotonic() < until: pass"
        before, began = inside.environment.usage().cpu_ns, time.monotonic()
        await inside.run(spin)
        share = (inside.environment.usage().cpu_ns - before) / 1e9 / (time.monotonic() - began)
        assert 0.05 < share < 0.45


async def test_a_frozen_environment_uses_no_processor_time(inside: Inside) -> None:
    await inside.run(
        "import threading\ndef spin():\n    while True: pass\nthreading.Thread(target=spin, daemon=True).start()"
    )
    await inside.environment.freeze()
    before = inside.environment.usage().cpu_ns
    await asyncio.sleep(0.15)
    assert inside.environment.usage().cpu_ns == before
    await inside.environment.thaw()
    assert await inside.run("answer = 1") == 1
    assert inside.environment.usage().cpu_ns > before


async def test_a_descriptor_flood_ends_at_the_limit(inside: Inside) -> None:
    opened = await inside.run(
        """
        import os
        files = []
        try:
            while True: files.append(os.open("/dev/null", os.O_RDONLY))
        except OSError as error:
            answer = len(files), error.errno
        for fd in files: os.close(fd)
        """
    )
    assert opened[0] < 1024
    assert opened[1] == errno.EMFILE


async def test_output_written_before_the_end_is_not_lost(inside: Inside) -> None:
    await inside.send("import os; os.write(1, b'x' * 50000); os._exit(9)")
    assert await inside.process.exited == ExitStatus(code=9)
    await inside.environment.kill()
    assert len(await read_until_closed(inside.process.logs)) == 50000

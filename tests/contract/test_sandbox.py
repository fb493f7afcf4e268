"""The contract of the Sandbox seam, held by every sandbox: what `sandbox/base.py` promises, isolation apart."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from lambent.model.errors import PlatformError
from lambent.model.invocation import ExitStatus
from lambent.model.runtime import Runtime, RuntimeKind
from lambent.sandbox.base import Environment, Extensible, Measurable, Sandbox, Sweeping
from lambent.sandbox.isolated import IsolatedSandbox
from lambent.sandbox.process import ProcessSandbox
from lambent.sandbox.stock import NONE, Sizes
from tests.unit.sandbox.worlds import PROVIDED, PYTHON, Inside, World, accept_one, prepared, read_until_closed, running

ROOT = [pytest.mark.root, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]
ISOLATED = pytest.param("isolated", marks=ROOT)
PREPARED = pytest.param("prepared", marks=ROOT)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture(params=[ISOLATED, PREPARED, "process"])
async def sandbox(request: pytest.FixtureRequest, world: World) -> AsyncIterator[Sandbox]:
    made: Sandbox
    if request.param == "process":
        made = ProcessSandbox(world.data, world.library, "http://127.0.0.1:4566")
    else:
        made = IsolatedSandbox(
            world.data, world.library, prepared=NONE if request.param == "isolated" else Sizes(least=1)
        )
    async with made:
        if request.param == "prepared" and isinstance(made, IsolatedSandbox):
            await prepared(made, world)
        yield made


async def test_the_runtime_gets_its_variables_directory_handler_and_log_format(sandbox: Sandbox, world: World) -> None:
    async with running(sandbox, world.spec(variables={"A": "b", "TZ": ":UTC"}, log_format="JSON")) as inside:
        environ = await inside.run("import os; answer = dict(os.environ)")
        assert environ["A"] == "b"
        assert "PATH" not in environ  # nothing of the platform's own
        assert environ["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:4566")
        assert await inside.run("answer = handler, preloaded") == ["module.handler", "JSON"]
        assert await inside.run("answer = open('module.py').read()") == "VALUE = 42\n"


async def test_a_variable_of_the_spec_wins_over_the_endpoint_of_the_sandbox(sandbox: Sandbox, world: World) -> None:
    async with running(sandbox, world.spec(variables={"AWS_ENDPOINT_URL": "http://elsewhere"})) as inside:
        assert await inside.run("import os; answer = os.environ['AWS_ENDPOINT_URL']") == "http://elsewhere"


async def test_output_and_telemetry_arrive_on_their_pipes(sandbox: Sandbox, world: World) -> None:
    async with running(sandbox, world.spec()) as inside:
        await inside.run("import os; os.write(1, b'out,'); os.write(2, b'err,')")
        await inside.run("os.write(int(os.environ['_LAMBDA_TELEMETRY_LOG_FD']), b'frame')")
        await inside.run("os.system('echo from a child')")
        await inside.environment.kill()
        assert await read_until_closed(inside.process.logs) == b"out,err,from a child\n"
        assert inside.process.telemetry is not None
        assert await read_until_closed(inside.process.telemetry) == b"frame"


async def test_the_runtime_has_no_descriptor_but_its_own(sandbox: Sandbox, world: World) -> None:
    async with running(sandbox, world.spec()) as inside:
        found = await inside.run("import os; answer = sorted(int(fd) for fd in os.listdir('/proc/self/fd'))")
        assert found == [0, 1, 2, 3, 4, 5]  # 5 is the listing itself
        assert (
            await inside.run("answer = [os.get_inheritable(fd) for fd in (0, 1, 2, 3, 4)]") == [True] * 3 + [False] * 2
        )


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("raise SystemExit(0)", ExitStatus(code=0)),
        ("raise SystemExit(3)", ExitStatus(code=3)),
        ("import os; os._exit(255)", ExitStatus(code=255)),
        ("raise SystemExit('sorry')", ExitStatus(code=1)),
        ("raise KeyboardInterrupt", ExitStatus(code=1)),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ExitStatus(signal=9)),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", ExitStatus(signal=15)),
        ("import ctypes; ctypes.string_at(0)", ExitStatus(signal=11)),
    ],
)
async def test_the_end_of_the_process_is_reported_exactly(
    sandbox: Sandbox, world: World, source: str, status: ExitStatus
) -> None:
    async with running(sandbox, world.spec()) as inside:
        await inside.send(source)
        assert await inside.process.exited == status


async def test_a_dead_process_can_be_followed_by_another_but_not_a_living_one(sandbox: Sandbox, world: World) -> None:
    async with running(sandbox, world.spec()) as inside:
        with pytest.raises(PlatformError, match="already runs"):
            await inside.environment.start_runtime()
        await inside.run("import os; open('/tmp/kept' if os.getuid() == 993 else os.environ['TMPDIR'] + '/kept', 'w')")
        await inside.send("raise SystemExit(1)")
        await inside.process.exited
        inside.close()
        inside.process = await inside.environment.start_runtime()
        assert await inside.run("import os; answer = os.listdir(os.environ.get('TMPDIR', '/tmp'))") == ["kept"]


async def test_processes_left_by_one_runtime_are_gone_when_the_next_starts(sandbox: Sandbox, world: World) -> None:
    async with running(sandbox, world.spec()) as inside:
        await inside.run(_DAEMON)
        await inside.send("raise SystemExit(0)")
        await inside.process.exited
        inside.close()
        inside.process = await inside.environment.start_runtime()
        assert await inside.run("import glob; answer = len(glob.glob('/proc/*/environ'))") > 0
        assert await inside.run(_COUNT_SLEEPERS) == 0


_DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("/bin/sleep", ["/bin/sleep", "7654321"])
    os._exit(0)
os.wait()
"""
_COUNT_SLEEPERS = """
import glob
answer = 0
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        answer += b"7654321" in open(path, "rb").read()
    except OSError:
        pass
"""


async def test_kill_ends_every_process_and_is_idempotent(sandbox: Sandbox, world: World) -> None:
    async with running(sandbox, world.spec()) as inside:
        await inside.run(_DAEMON)
        await asyncio.gather(inside.environment.kill(), inside.environment.kill())
        await inside.environment.kill()
        assert await inside.process.exited == ExitStatus(signal=9)
        assert await read_until_closed(inside.process.logs) == b""  # no process holds the other end
        with pytest.raises(PlatformError):
            await inside.environment.start_runtime()


async def test_freeze_and_thaw_are_idempotent_and_a_frozen_environment_can_be_killed(
    sandbox: Sandbox, world: World
) -> None:
    async with running(sandbox, world.spec()) as inside:
        await inside.environment.thaw()
        for _ in range(2):
            await inside.environment.freeze()
        for _ in range(2):
            await inside.environment.thaw()
        assert await inside.run("answer = 'alive'") == "alive"
        await inside.environment.freeze()
        await inside.environment.kill()
        assert (await inside.process.exited).signal == signal.SIGKILL


async def test_usage_can_always_be_read(sandbox: Sandbox, world: World) -> None:
    async with running(sandbox, world.spec()) as inside:
        inside.environment.take_peak()
        inside.environment.set_cpu(None)
        usage = inside.environment.usage()
        assert usage.memory_peak >= 0
        assert usage.cpu_ns >= 0
        await inside.environment.kill()
        inside.environment.take_peak()
        assert inside.environment.usage().memory_peak >= 0


async def test_what_it_has_used_and_holds_can_always_be_read(sandbox: Sandbox, world: World) -> None:
    async with running(sandbox, world.spec()) as inside:
        assert isinstance(inside.environment, Measurable)
        await inside.run("answer = 'begun'")
        reading = inside.environment.read()
        if sandbox.name == "isolated":
            assert reading.threads is not None
            assert reading.threads >= 1
            assert None not in (reading.received, reading.tmp_free, reading.descriptors, reading.most_descriptors)
        await inside.environment.kill()
        assert inside.environment.read().threads is None


async def test_a_program_of_its_own_finds_the_runtime_api(sandbox: Sandbox, world: World) -> None:
    world.program(
        """\
        #!/bin/bash
        echo "$GREETING at $AWS_LAMBDA_RUNTIME_API in $PWD"
        exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
        printf next >&3
        """
    )
    async with running(sandbox, world.spec(PROVIDED, variables={"GREETING": "hi", "PATH": "/usr/bin:/bin"})) as inside:
        assert inside.process.channel is None
        assert inside.process.telemetry is None
        assert inside.environment.runtime_api is not None
        with await accept_one(inside.environment.runtime_api) as connection:
            assert await asyncio.get_running_loop().sock_recv(connection, 100) == b"next"
        assert await inside.process.exited == ExitStatus(code=0)
        host, port = inside.environment.runtime_api.getsockname()
        log = (await read_until_closed(inside.process.logs)).decode()
        assert log == f"hi at {host}:{port} in {'/var/task' if sandbox.name == 'isolated' else world.code}\n"


async def test_a_program_that_is_not_there_ends_with_127_and_says_so(sandbox: Sandbox, world: World) -> None:
    async with running(sandbox, world.spec(PROVIDED)) as inside:
        status = await inside.process.exited
        assert status.code == 127
        assert status.refused is not None
        assert status.refused.startswith("Couldn't find valid bootstrap(s): [")
        assert status.refused.encode() in await read_until_closed(inside.process.logs)


async def test_a_program_that_cannot_be_started_says_why(sandbox: Sandbox, world: World) -> None:
    world.program("not a program")
    async with running(sandbox, world.spec(PROVIDED)) as inside:
        status = await inside.process.exited
        assert status.code == 127
        assert re.fullmatch(r"fork/exec \S+/bootstrap: exec format error", status.refused or "")


SHELL = Runtime("shell", RuntimeKind.FRAMED, executable=os.path.realpath("/bin/sh"))


async def test_a_command_is_started_with_what_it_needs_wherever_that_is(sandbox: Sandbox, world: World) -> None:
    (world.library_directory / "main.sh").write_text("echo $0 $1 $_LAMBENT_CHANNEL_FD $_LAMBDA_TELEMETRY_LOG_FD; pwd\n")
    async with running(sandbox, world.spec(SHELL, command=("{executable}", "{library}/main.sh", "x"))) as inside:
        assert (await inside.process.exited).code == 0
        assert inside.process.channel is not None
        assert inside.environment.runtime_api is None
        script, task = (await read_until_closed(inside.process.logs)).decode().splitlines()
    assert script.endswith("/main.sh x 3 4")
    if sandbox.name == "isolated":
        assert (script, task) == ("/var/runtime/main.sh x 3 4", "/var/task")


async def test_what_was_prepared_for_one_kind_is_not_given_to_the_other(sandbox: Sandbox, world: World) -> None:
    wrapped = msgspec.structs.replace(SHELL, kind=RuntimeKind.EXEC)
    for runtime in (SHELL, wrapped, SHELL, wrapped):
        sandbox.warm(runtime, command=("{executable}", "-c", "true"))
        await asyncio.sleep(0.3)  # it has no other sign of being done
        async with running(sandbox, world.spec(runtime, command=("{executable}", "-c", "true"))) as inside:
            assert (inside.environment.runtime_api is not None) == (runtime is wrapped)
            assert (await inside.process.exited).code == 0


async def test_a_wrapped_command_gets_a_runtime_api_and_no_channel(sandbox: Sandbox, world: World) -> None:
    (world.code / "wrap").write_text('#!/bin/sh\necho "$@" $AWS_LAMBDA_RUNTIME_API $_LAMBENT_CHANNEL_FD\n')
    (world.code / "wrap").chmod(0o755)
    wrapped = msgspec.structs.replace(SHELL, kind=RuntimeKind.EXEC)
    async with running(sandbox, world.spec(wrapped, command=("/var/task/wrap", "{executable}", "x"))) as inside:
        assert (await inside.process.exited).code == 0
        assert inside.process.channel is None
        assert inside.environment.runtime_api is not None
        address = "{}:{}".format(*inside.environment.runtime_api.getsockname())
        assert (await read_until_closed(inside.process.logs)).decode() == f"{SHELL.executable} x {address}\n"


async def test_code_outside_of_the_data_directory_is_refused(sandbox: Sandbox, world: World, tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="is not below"):
        await sandbox.start(world.spec(code=tmp_path))


async def test_a_launcher_that_cannot_start_says_why_and_one_that_died_is_replaced(
    sandbox: Sandbox, world: World
) -> None:
    bootstrap = world.library_directory / "lambent_bootstrap.py"
    good = bootstrap.read_text()
    bootstrap.write_text("raise ImportError('broken on purpose')")
    with pytest.raises(PlatformError, match="broken on purpose"):
        await sandbox.start(world.spec(log_format="JSON"))
    bootstrap.write_text(good)
    async with running(sandbox, world.spec(log_format="JSON")) as inside:
        assert await inside.run("answer = 1") == 1


async def test_environments_do_not_share_their_tmp(sandbox: Sandbox, world: World) -> None:
    write = (
        "import os; place = os.environ.get('TMPDIR', '/tmp'); open(place + '/mine', 'w'); answer = os.listdir(place)"
    )
    async with running(sandbox, world.spec()) as one, running(sandbox, world.spec()) as other:
        assert await one.run(write) == ["mine"]
        assert await other.run("import os; answer = os.listdir(os.environ.get('TMPDIR', '/tmp'))") == []


async def test_features_say_what_holds(sandbox: Sandbox) -> None:
    features = {feature.name: feature for feature in sandbox.features()}
    assert {"namespaces", "memory limit", "/tmp of its own size"} <= features.keys()
    assert features["namespaces"].works is (sandbox.name == "isolated")
    assert all(feature.detail for feature in features.values())


async def test_one_data_directory_has_one_sandbox(sandbox: Sandbox, world: World) -> None:
    with pytest.raises(PlatformError, match="in use"):
        async with ProcessSandbox(world.data, world.library, ""):
            pass


async def test_warming_what_cannot_be_started_is_survived(sandbox: Sandbox, world: World) -> None:
    sandbox.warm(PYTHON)
    sandbox.warm(PROVIDED)
    sandbox.warm(msgspec.structs.replace(PYTHON, executable="/nowhere/python", prefix="/nowhere"))
    async with running(sandbox, world.spec()) as inside:
        assert await inside.run("answer = 1") == 1


async def test_the_processor_share_can_wait_until_init_is_over(sandbox: Sandbox, world: World) -> None:
    for full_speed in (True, False):
        async with running(sandbox, world.spec(full_speed_init=full_speed)) as inside:
            inside.environment.limit_cpu()
            assert await inside.run("answer = 1") == 1


async def test_sweeping_ends_all_processes_and_another_runtime_may_follow(sandbox: Sandbox, world: World) -> None:
    async with running(sandbox, world.spec()) as inside:
        assert isinstance(inside.environment, Sweeping)
        await inside.run(_DAEMON)
        await inside.environment.freeze()
        await inside.environment.sweep()
        assert inside.process.exited.result() == ExitStatus(signal=9)
        await inside.environment.sweep()
        inside.close()
        inside.process = await inside.environment.start_runtime()
        assert await inside.run(_COUNT_SLEEPERS) == 0


async def test_sweeping_before_the_first_runtime_does_no_harm(sandbox: Sandbox, world: World) -> None:
    environment = await sandbox.start(world.spec())
    assert isinstance(environment, Sweeping)
    await environment.sweep()
    inside = Inside(environment, await environment.start_runtime())
    assert await inside.run("answer = 1") == 1
    await environment.kill()
    inside.close()


def extensible(environment: Environment) -> Extensible:
    """The environment, as one that runs extensions."""
    assert isinstance(environment, Extensible)
    return environment


async def test_an_extension_runs_beside_the_runtime_with_its_own_log_and_end(sandbox: Sandbox, world: World) -> None:
    world.program(
        """\
        #!/bin/bash
        trap 'echo "stopped in $PWD"; exit 7' TERM
        echo "I am $(basename $0) for $NAME"
        while true; do sleep 0.01; done
        """
    )
    environment = await sandbox.start(world.spec(variables={}))
    place = "/var/task" if isinstance(sandbox, IsolatedSandbox) else str(world.code)
    variables = {"NAME": "f", "PATH": "/usr/bin:/bin"}
    one = await extensible(environment).start_extension(f"{place}/bootstrap", variables)
    two = await extensible(environment).start_extension("/bin/nothing/of/that/name", {})
    inside = Inside(environment, await environment.start_runtime())
    status = await two.exited
    assert status.code == 127
    assert b"does not exist" in await read_until_closed(two.logs)
    assert not one.exited.done()
    assert await inside.run("import os; answer = os.getppid()") > 0
    while not (first := _read(one.logs)):  # noqa: ASYNC110 - it is written when the shell has started
        await asyncio.sleep(0.001)
    assert first == b"I am bootstrap for f\n"
    await extensible(environment).signal(signal.SIGTERM, one)
    assert await one.exited == ExitStatus(code=7)
    assert await read_until_closed(one.logs) == b"stopped in /\n"
    await extensible(environment).signal(signal.SIGTERM, one)  # it has ended: nothing happens
    await extensible(environment).signal(signal.SIGTERM)
    assert await inside.process.exited == ExitStatus(signal=signal.SIGTERM)
    await environment.kill()
    inside.close()
    os.close(one.logs)
    os.close(two.logs)


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 1000)
    except BlockingIOError:
        return b""


async def test_killing_the_environment_ends_extensions(sandbox: Sandbox, world: World) -> None:
    environment = await sandbox.start(world.spec())
    extension = await extensible(environment).start_extension("/bin/cat", {})
    await environment.kill()
    assert (await extension.exited).signal == signal.SIGKILL or extension.exited.result().code == 0
    with pytest.raises(PlatformError):
        await extensible(environment).start_extension("/bin/cat", {})
    os.close(extension.logs)


async def test_a_socket_reaches_what_listens_inside(sandbox: Sandbox, world: World) -> None:
    listen = "import socket; s = socket.create_server(('127.0.0.1', 0)); answer = s.getsockname()[1]"
    async with running(sandbox, world.spec()) as inside:
        port = await inside.run(listen)
        with await extensible(inside.environment).open_socket() as client:
            await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
            await asyncio.get_running_loop().sock_sendall(client, b"hello")
            assert await inside.run("answer = s.accept()[0].recv(10).decode()") == "hello"


async def test_extensions_are_listed(sandbox: Sandbox, world: World) -> None:
    if sandbox.name == "process":  # it shows no layers
        environment = await sandbox.start(world.spec())
        assert await extensible(environment).list_extensions() == []
        return
    directory = world.data / "layers" / "merged" / "extensions"
    (directory / "directory").mkdir(parents=True)
    for name, mode in (("two", 0o755), ("one", 0o755), ("README", 0o644)):
        (directory / name).write_text("")
        (directory / name).chmod(mode)
    environment = await sandbox.start(world.spec(layers=directory.parent))
    assert await extensible(environment).list_extensions() == ["/opt/extensions/one", "/opt/extensions/two"]

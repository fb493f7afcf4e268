"""The same walls for a platform without root: run as `nobody`, where this machine lets it make user namespaces."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534

_PROGRAM = """
    import asyncio, errno, json, os, sys, tempfile
    from pathlib import Path
    from lambent.sandbox.choose import choose
    from tests.unit.sandbox.worlds import InsideError, World, accept_one, running

    async def code(inside, source):
        try:
            await inside.run(source)
        except InsideError as error:
            return error.errno

    async def main(world):
        sandbox = await choose("auto", data=world.data, library=world.library, endpoint_url="")
        found = {"sandbox": sandbox.name}
        async with sandbox, running(sandbox, world.spec(ephemeral_mb=64)) as inside:
            found["platform"] = os.geteuid()
            found["features"] = {feature.name: feature.works for feature in sandbox.features()}
            found["ids"] = await inside.run("import os; answer = os.getuid(), os.getgid()")
            names = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"]
            theirs = await inside.run(f"answer = [os.readlink('/proc/self/ns/' + name) for name in {names}]")
            found["shared"] = [name for name in theirs if name in {os.readlink("/proc/self/ns/" + n) for n in names}]
            found["pids"] = await inside.run("answer = [int(n) for n in os.listdir('/proc') if n.isdigit()]")
            found["root"] = await inside.run("answer = sorted(os.listdir('/'))")
            places = ("/x", "/var/task/x", "/usr/x", "/dev/x")
            found["write"] = [await code(inside, f"open({place!r}, 'w')") for place in places]
            found["status"] = await inside.run("answer = open('/proc/self/status').read()")
            libc = "import ctypes; libc = ctypes.CDLL(None, use_errno=True)\\n"
            call = libc + "if libc.{} < 0: raise OSError(ctypes.get_errno(), '')"
            calls = ["mount(b'', b'/tmp', b'tmpfs', 0, None)", "unshare(0x10000000)", "prlimit(1, 7, b'0' * 16, None)"]
            found["calls"] = [await code(inside, call.format(text)) for text in calls]
            names = ("environ", "mem", "fd/0")
            found["supervisor"] = [await code(inside, f"open('/proc/1/{name}').read(1)") for name in names]
            found["hidden"] = await inside.run("answer = os.listdir('/run/lambent')")
            await inside.run("import socket; socket.create_connection(('127.0.0.1', 4566)).sendall(b'hi')")
            with await accept_one(inside.environment.endpoint):
                found["endpoint"] = True
            fill = "open('/tmp/big', 'wb', buffering=0).write(bytes(1 << 20) * 100)"
            found["tmp"] = await inside.run(f"answer = {fill}")
            await inside.environment.freeze()
            await inside.environment.thaw()
            await inside.send("raise SystemExit(3)")
            found["exit"] = (await inside.process.exited).code
        print(json.dumps(found))

    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(main(World(Path(directory))))
"""


def as_nobody(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as an unprivileged user (as ourselves when we have no root)."""
    ids: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    path = os.pathsep.join(
        [str(ROOT / "src"), str(ROOT), *(entry for entry in sys.path if entry.endswith("-packages"))]
    )
    environment = {"PYTHONPATH": path, "TMPDIR": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=60, **ids)


@cache
def interpreter() -> str | None:
    """A Python that `nobody` may run and that can load our installed packages."""
    name = "python{}.{}".format(*sys.version_info)
    for path in (os.path.realpath(sys.executable), f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        try:
            done = as_nobody(path, "-c", "import lambent.model.runtime, tests.unit.sandbox.worlds, os; os.stat('/tmp')")
        except OSError:
            continue
        if done.returncode == 0:
            return path
    return None


def allowed() -> bool:
    """Whether the kernel gives user namespaces to unprivileged users."""
    script = ROOT / "src/lambent/sandbox/inside/launcher.py"
    done = as_nobody(interpreter() or "", "-I", "-S", str(script), "--attempts=rootless")
    return done.returncode == 0 and set(json.loads(done.stdout).values()) == {None}


def test_an_unprivileged_platform_isolates_too() -> None:
    python = interpreter()
    if python is None:
        pytest.skip("no interpreter, or no checkout, that an unprivileged user can read")
    if not allowed():
        pytest.skip("this kernel gives no user namespaces to unprivileged users")
    done = as_nobody(python, "-W", "error", "-c", textwrap.dedent(_PROGRAM))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["platform"] != 0
    assert found["sandbox"] == "isolated"
    assert found["features"]["namespaces"] is True
    assert found["features"]["/tmp of its own size"] is False  # it is in memory, and that is said
    assert found["ids"] == [993, 990]
    assert found["shared"] == []
    assert found["pids"] == [1, 2]
    assert not {"root", "srv", "sys"} & set(found["root"])
    assert all(found["write"])
    assert "CapEff:\t0000000000000000" in found["status"]
    assert "CapBnd:\t0000000000000000" in found["status"]
    assert "NoNewPrivs:\t1" in found["status"]
    assert "Seccomp:\t2" in found["status"]
    assert found["calls"] == [1, 1, 1]
    assert found["supervisor"] == [13, 13, 13]
    assert found["hidden"] == []
    assert found["endpoint"] is True
    assert 60 << 20 < found["tmp"] < 66 << 20
    assert found["exit"] == 3

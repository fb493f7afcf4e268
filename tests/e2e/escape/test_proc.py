"""/proc: nothing of the supervisor, of the platform or of the machine can be read or changed through it."""

from __future__ import annotations

import os
import re

import pytest

from tests.e2e.escape.world import ESCAPE, World

pytestmark = ESCAPE

SUPERVISOR = ["mem", "environ", "maps", "smaps", "fd/0", "fdinfo/0", "root/etc/passwd", "cwd/etc", "exe", "auxv",
              "map_files", "stack", "syscall", "personality", "io", "ns/mnt", "task/1/mem", "pagemap"]  # fmt: skip


@pytest.mark.parametrize("name", SUPERVISOR)
async def test_the_supervisor_cannot_be_looked_into(world: World, name: str) -> None:
    done = await world.attack(
        """
        def look(path):
            if os.path.islink(path) or "/ns/" in path:
                os.readlink(path)
            if os.path.isdir(path):
                os.listdir(path)
            open(path, "rb", buffering=0).read(1)

        def attack(event, context):
            return outcome(lambda: look("/proc/1/" + event["name"]))
        """,
        {"name": name},
    )
    assert done.answer in ("EACCES", "EPERM")
    await world.unharmed()


async def test_what_can_be_read_of_the_supervisor_tells_nothing_of_the_host(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            told = {}
            for name in os.listdir("/proc/1"):
                try:
                    told[name] = open("/proc/1/" + name, errors="replace").read()
                except OSError:
                    continue
            return told
        """
    )
    assert "status" in done.answer
    assert {"environ", "maps", "smaps", "auxv", "syscall"}.isdisjoint(done.answer)
    # Mount tables name the directories of the host that are shown; that is all that they tell.
    assert [name for name, text in done.answer.items() if str(world.data) in text] == ["mountinfo"]
    await world.unharmed()


async def test_nothing_of_the_supervisor_can_be_written(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            tried = {}
            for name in os.listdir("/proc/1"):
                path = "/proc/1/" + name
                if not os.path.isdir(path) or os.path.islink(path):
                    def write():
                        fd = os.open(path, os.O_WRONLY)
                        try:
                            os.write(fd, b"0")
                        finally:
                            os.close(fd)
                    tried[name] = outcome(write)
            return tried
        """
    )
    assert {"oom_score_adj", "comm", "timerslack_ns", "clear_refs"} <= done.answer.keys()
    assert "allowed" not in done.answer.values()
    await world.unharmed()


async def test_no_setting_of_the_kernel_can_be_written(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            seen, written = 0, []
            for directory, _, names in os.walk("/proc/sys"):
                for name in names:
                    path = os.path.join(directory, name)
                    seen += 1
                    try:
                        fd = os.open(path, os.O_WRONLY)
                    except OSError:
                        continue
                    try:  # what is there already, so that nothing changes if it works
                        os.write(fd, open(path, "rb").read())
                        written.append(path)
                    except OSError:
                        pass
                    finally:
                        os.close(fd)
            return seen, written
        """
    )
    seen, written = done.answer
    assert seen > 300
    assert written == []
    await world.unharmed()


@pytest.mark.parametrize(
    "path",
    ["/proc/sysrq-trigger", "/proc/kcore", "/proc/kmsg", "/proc/mtrr", "/proc/kpagecount", "/proc/kpageflags",
     "/proc/slabinfo", "/proc/timer_list", "/proc/keys", "/proc/latency_stats", "/proc/acpi/wakeup",
     "/proc/bus/pci/devices", "/proc/irq/0/smp_affinity", "/proc/fs/ext4", "/proc/scsi/scsi"],
)  # fmt: skip
async def test_the_machines_own_files_are_masked(world: World, path: str) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            path = event["path"]
            try:
                return open(path).read(4000), None
            except OSError as error:
                return "", errno.errorcode[error.errno]
        """,
        {"path": path},
    )
    text, refusal = done.answer
    assert refusal in ("ENOENT", "EACCES", "EPERM") or text == ""
    await world.unharmed()


@pytest.mark.parametrize("path", ["/proc/sysrq-trigger", "/proc/mtrr", "/proc/irq/default_smp_affinity", "/proc/bus"])
async def test_what_would_act_on_the_machine_cannot_be_opened_for_writing(world: World, path: str) -> None:
    done = await world.attack(
        "def attack(event, context): return outcome(lambda: os.open(event['path'], os.O_WRONLY))", {"path": path}
    )
    assert done.answer in ("EACCES", "EPERM", "ENOENT", "EISDIR")
    await world.unharmed()


@pytest.mark.parametrize("path", ["/proc/kallsyms", "/proc/iomem", "/proc/ioports", "/proc/modules"])
async def test_no_address_of_the_machine_is_told(world: World, path: str) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            lines = open(event["path"]).readlines() if os.path.exists(event["path"]) else []
            return sorted({line.split()[-1 if "modules" in event["path"] else 0] for line in lines})
        """,
        {"path": path},
    )
    assert [told for told in done.answer if re.search(r"[1-9a-f]", told.removeprefix("0x"))] == []
    await world.unharmed()


async def test_only_its_own_processes_are_there(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            numbers = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
            beyond = [outcome(lambda: os.kill(pid, 0)) for pid in event["host"]]
            return numbers, os.getpid(), sorted(set(beyond))
        """,
        {"host": sorted({os.getpid(), os.getppid(), *world.processes()} - {1, 2, 3, 4})},
    )
    numbers, own, beyond = done.answer
    assert numbers == [1, own]
    assert beyond == ["ESRCH"]
    await world.unharmed()


async def test_its_own_memory_holds_nothing_of_others_nor_of_the_platform(world: World) -> None:
    """It was forked from a process that serves all functions. What is looked for is only ever in memory disguised."""
    done = await world.attack(
        """
        DISGUISE = bytes(byte ^ 0x55 for byte in range(256))

        def attack(event, context):
            wanted, found, searched = [bytes.fromhex(text) for text in event["disguised"]], 0, 0
            with open("/proc/self/mem", "rb", buffering=0) as memory:
                for line in open("/proc/self/maps").readlines():
                    where, rights, *_ = line.split()
                    start, end = (int(text, 16) for text in where.split("-"))
                    if "r" in rights and "[v" not in line:
                        memory.seek(start)
                        data = memory.read(end - start).translate(DISGUISE)
                        searched += len(data)
                        found += sum(data.count(text) for text in wanted)
            return found, searched
        """,
        {"disguised": [bytes(b ^ 0x55 for b in text.encode()).hex() for text in (world.secret, str(world.data))]},
    )
    found, searched = done.answer
    assert searched > 5_000_000
    assert found == 0
    await world.unharmed()


async def test_the_environment_tells_nothing_of_the_platform(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            return dict(os.environ), open("/proc/self/environ").read().split("\\0")
        """
    )
    variables, initial = done.answer
    assert {entry.partition("=")[0] for entry in initial} <= {"", "LANG", "PATH", "LD_LIBRARY_PATH"}
    assert not [name for name in variables if name.startswith(("LAMBENT", "PYTEST", "HOME", "SSH", "VIRTUAL_ENV"))]
    assert str(world.data) not in "".join([*variables.values(), *initial])
    await world.unharmed()

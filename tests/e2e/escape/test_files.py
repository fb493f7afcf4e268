"""Files: what is not the function's cannot be seen or changed, and what it leaves in /tmp leads nobody astray."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.e2e.escape.world import ESCAPE, World

pytestmark = ESCAPE


@pytest.mark.parametrize(
    "place", ["/", "/var/task", "/var/runtime", "/var/lang", "/opt", "/etc", "/usr", "/usr/bin", "/usr/local", "/home",
              "/run", "/run/lambent", "/dev", "/mnt", "/var", "/proc", "/lib", "/bin"],
)  # fmt: skip
async def test_nothing_outside_tmp_can_be_changed(world: World, place: str) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            place = event["place"]
            inside = next((entry.path for entry in os.scandir(place)), place + "/none")
            files = [entry.path for entry in os.scandir(place) if entry.is_file(follow_symlinks=False)]
            file = files[0] if files else place + "/none"
            tries = {
                "create": lambda: open(place + "/new", "w"),
                "directory": lambda: os.mkdir(place + "/new"),
                "link": lambda: os.symlink("/tmp", place + "/new"),
                "socket": lambda: socket.socket(socket.AF_UNIX).bind(place + "/new"),
                "write": lambda: os.open(file, os.O_WRONLY),
                "truncate": lambda: os.truncate(file, 0),
                "unlink": lambda: os.unlink(file),
                "rename": lambda: os.rename(inside, place + "/renamed"),
                "chmod": lambda: os.chmod(place, 0o777),
                "chown": lambda: os.chown(place, os.getuid(), os.getgid()),
                "touch": lambda: os.utime(place),
                "attribute": lambda: os.setxattr(place, "user.x", b"y"),
            }
            return sorted({outcome(attempt) for attempt in tries.values()})
        """,
        {"place": place},
    )
    assert set(done.answer) <= {"EROFS", "EACCES", "EPERM", "ENOENT", "EISDIR", "ENOTEMPTY", "EXDEV", "EBUSY", "EINVAL",
                                "EOPNOTSUPP", "ENOTSUP"}  # fmt: skip
    await world.unharmed()


async def test_the_hosts_directories_cannot_be_seen(world: World) -> None:
    world.data.joinpath("credentials.json").write_text("{}")
    places = ["/root", "/sys", "/boot", "/srv", "/media", "/var/lib", "/var/log", "/var/run", "/etc/shadow", "/etc/ssh",
              "/run/lambent/inside", "/run/lambent/trees", "/run/docker.sock", "/dev/vda", "/dev/mem", "/dev/kmsg",
              "/dev/ptmx", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/dev/vsock", str(world.data), str(Path.home()),
              str(world.data / "credentials.json"), __file__]  # fmt: skip
    done = await world.attack(
        """
        def attack(event, context):
            return [path for path in event["places"] if os.path.lexists(path)], sorted(os.listdir("/"))
        """,
        {"places": places},
    )
    assert done.answer[0] == []
    assert set(done.answer[1]) <= {"bin", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "mnt", "opt", "proc",
                                   "run", "sbin", "tmp", "usr", "var"}  # fmt: skip
    await world.unharmed()


async def test_the_code_of_other_functions_cannot_be_seen(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            found = []
            for top in ("/var", "/opt", "/run", "/mnt", "/home", "/tmp", "/etc"):
                for directory, _, names in os.walk(top):
                    for name in names:
                        path = os.path.join(directory, name)
                        if path != "/var/task/app.py" and name == "app.py":
                            found.append(path)
            return sorted(os.listdir("/var/task")), found
        """
    )
    assert done.answer == [["app.py", "inside.py"], []]
    await world.unharmed()


@pytest.mark.parametrize("way", ["../../../..", "/proc/self/cwd/../../..", "/proc/self/root/..", "/proc/1/root",
                                 "/proc/self/task/self/root/..", "/dev/fd/../../..", "/var/task/../../.."])  # fmt: skip
async def test_there_is_no_way_up(world: World, way: str) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            try:
                fd = os.open(event["way"], os.O_RDONLY | os.O_DIRECTORY)
                os.fchdir(fd)
                for _ in range(100):
                    os.chdir("..")
                here, root = os.stat("."), os.stat("/")
                return (here.st_dev, here.st_ino) == (root.st_dev, root.st_ino) and not os.path.exists("sys")
            except OSError:
                return True
        """,
        {"way": way},
    )
    assert done.answer is True
    await world.unharmed()


async def test_a_descriptor_of_a_removed_directory_leads_nowhere(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            os.makedirs("/tmp/a/b/c")
            fd = os.open("/tmp/a/b/c", os.O_RDONLY)
            os.rename("/tmp/a/b/c", "/tmp/c")
            os.rename("/tmp/a", "/tmp/c/a")
            found = []
            for way in ("..", "../..", "../../..", "../../../../etc/shadow"):
                try:
                    found.append(sorted(os.listdir(os.open(way, os.O_RDONLY, dir_fd=fd))))
                except OSError as error:
                    found.append(errno.errorcode[error.errno])
            return found
        """
    )
    assert "shadow" not in str(done.answer)
    assert done.answer[3] in ("ENOENT", "EACCES")
    await world.unharmed()


async def test_links_in_tmp_lead_the_platform_nowhere(world: World, tmp_path: Path) -> None:
    """The names that a careless platform might write to after an invocation, a timeout or at the end."""
    victim = tmp_path / "victim"
    victim.write_text("as it was")
    victim.chmod(0o666)
    async with world.deployed(
        """
        def attack(event, context):
            if event["again"]:
                return sorted(os.listdir("/tmp"))
            for name in ("log", "core", "stdout", "telemetry", "lambent.log", "bootstrap", "env", "response", "pid"):
                os.symlink(event["victim"], "/tmp/" + name)
            os.symlink(event["victim"], "/tmp/.lock")
            os.symlink(event["directory"], "/tmp/task")
            os.symlink("/proc/1/mem", "/tmp/memory")
            os.abort()
        """,
        timeout=2,
    ) as trapper:
        await trapper.run({"victim": str(victim), "directory": str(world.data), "again": False})
        await trapper.run({"again": True})
    assert victim.read_text() == "as it was"
    assert (world.data / "code").is_dir()
    await world.unharmed()


async def test_files_of_others_cannot_be_linked_into_tmp(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            return [outcome(lambda: os.link(path, "/tmp/mine")) for path in
                    ("/bin/su", "/usr/bin/passwd", "/etc/passwd", "/var/task/app.py", "/proc/self/exe")]
        """
    )
    assert set(done.answer) <= {"EXDEV", "EPERM", "ENOENT"}
    await world.unharmed()


async def test_no_file_gets_rights_from_its_owner(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            subprocess.run(["cp", "/bin/sh", "/tmp/sh"], check=True)
            os.chmod("/tmp/sh", 0o6755)
            ids = subprocess.run(["/tmp/sh", "-pc", "id -u; id -g"], capture_output=True, text=True).stdout.split()
            capability = struct.pack("<5I", 0x02000001, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
            rooted = struct.pack("<6I", 0x03000001, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
            return {
                "ids": ids,
                "give away": outcome(lambda: os.chown("/tmp/sh", 0, 0)),
                "capability": outcome(lambda: os.setxattr("/tmp/sh", "security.capability", capability)),
                "of root": outcome(lambda: os.setxattr("/tmp/sh", "security.capability", rooted)),
                "trusted": outcome(lambda: os.setxattr("/tmp/sh", "trusted.x", b"y")),
                "immutable": outcome(
                    lambda: fcntl.ioctl(os.open("/tmp/sh", os.O_RDONLY), 0x40086602, struct.pack("Q", 16))),
            }
        """
    )
    assert done.answer == {
        "ids": ["993", "990"],
        "give away": "EINVAL",  # root is no user there
        "capability": "EPERM",
        "of root": "EPERM",
        "trusted": "EPERM",
        "immutable": "EPERM",
    }
    await world.unharmed()


@pytest.mark.parametrize(
    "command",
    [["/bin/su", "-c", "id -u"], ["/bin/mount", "-t", "tmpfs", "x", "/tmp"], ["/bin/umount", "/tmp"],
     ["/usr/bin/passwd", "root"], ["/usr/bin/newgrp", "root"], ["/usr/bin/chsh", "-s", "/bin/sh"],
     ["/usr/bin/unshare", "-r", "id"], ["/usr/bin/nsenter", "-t", "1", "-m", "ls"],
     ["/usr/bin/setpriv", "--reuid=0", "id"]],
)  # fmt: skip
async def test_programs_that_are_root_elsewhere_are_nobody_here(world: World, command: list[str]) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            if not os.path.exists(event["command"][0]):
                return [1, "not here"]
            ran = subprocess.run(event["command"], input="x\\n", capture_output=True, text=True, timeout=10)
            return ran.returncode, ran.stdout
        """,
        {"command": command},
    )
    code, output = done.answer
    assert code != 0
    assert "uid=0" not in output
    assert output.strip() != "0"
    await world.unharmed()


RIGHTS = {
    "setuid": "os.setuid(0)",
    "setgid": "os.setgid(0)",
    "setresuid": "os.setresuid(0, 0, 0)",
    "another user": "os.setresuid(994, 994, 994)",
    "setgroups": "os.setgroups([0])",
    "setgroups of its own": "os.setgroups([990])",
    "capset": "check(libc.capset(struct.pack('Ii', 0x20080522, 0), b'\\xff' * 24))",
    "ambient": "check(libc.prctl(47, 2, 21, 0, 0))",
    "securebits": "check(libc.prctl(28, 1, 0, 0, 0))",
    "map more users": "os.write(os.open('/proc/self/uid_map', os.O_WRONLY), b'0 0 1')",
    "allow setgroups": "os.write(os.open('/proc/self/setgroups', os.O_WRONLY), b'allow')",
    "memory map": "check(libc.prctl(35, 1, 0x10000, 0, 0))",
    "unkillable": "os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1')",
}


@pytest.mark.parametrize("name", RIGHTS)
async def test_nobody_becomes_more(world: World, name: str) -> None:
    done = await world.attack(
        f"""
        def attack(event, context):
            return outcome(lambda: {RIGHTS[name]}), os.getresuid(), os.getresgid(), os.getgroups()
        """
    )
    assert done.answer[0] in ("EPERM", "EACCES", "EINVAL")  # EINVAL: there is no such user
    assert done.answer[1:] == [[993] * 3, [990] * 3, []]
    await world.unharmed()


async def test_sockets_of_the_host_cannot_be_reached_through_files(world: World) -> None:
    path = world.data / "host.sock"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as abstract:
        listener.bind(str(path))
        path.chmod(0o777)
        abstract.bind("\0lambent-escape")
        for each in (listener, abstract):
            each.listen()
            each.setblocking(False)
        done = await world.attack(
            """
            def attack(event, context):
                found = [outcome(lambda: socket.socket(socket.AF_UNIX).connect(address))
                         for address in (event["path"], "\\0lambent-escape")]
                return found, [line.split()[-1] for line in open("/proc/net/unix").readlines()[1:] if "@" in line]
            """,
            {"path": str(path)},
        )
        assert done.answer == [["ENOENT", "ECONNREFUSED"], []]
        for each in (listener, abstract):
            with pytest.raises(BlockingIOError):
                each.accept()
    await world.unharmed()


async def test_what_one_writes_in_tmp_is_gone_for_the_next_function(world: World) -> None:
    await world.attack("def attack(event, context): open('/tmp/left', 'w').write('behind')")
    done = await world.attack("def attack(event, context): return os.listdir('/tmp'), os.statvfs('/tmp').f_files")
    assert done.answer[0] == []
    await world.unharmed()


async def test_two_functions_and_two_environments_of_one_share_no_tmp(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            seen = os.listdir("/tmp")
            open("/tmp/mine", "w").write("x")
            time.sleep(0.3)
            return seen, os.listdir("/tmp")
        """
    ) as twins:
        both = await asyncio.gather(twins.run(), twins.run())
        assert [done.answer for done in both] == [[[], ["mine"]]] * 2
        assert len(twins.environments()) == 2
    await world.unharmed()

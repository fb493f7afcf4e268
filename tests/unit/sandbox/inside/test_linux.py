"""The system calls: that they do what they say, and name themselves when they fail."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

import pytest

from lambent.sandbox.inside import linux
from tests.unit.sandbox.inside.programs import run

needs_root = [pytest.mark.root, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]


@pytest.mark.parametrize(
    ("call", "name", "code"),
    [
        (lambda: linux.setns(-1, linux.CLONE_NEWNS), "setns", errno.EBADF),
        (lambda: linux.prctl(-1), "prctl", errno.EINVAL),
        (lambda: linux.restrict("/nowhere", linux.MOUNT_ATTR_RDONLY), "mount_setattr /nowhere", errno.ENOENT),
        (lambda: linux.place(-1, "/nowhere"), "move_mount /nowhere", errno.ENOENT),
    ],
)
def test_a_failure_names_the_call(call: Callable[[], None], name: str, code: int) -> None:
    with pytest.raises(OSError, match=name) as caught:
        call()
    assert caught.value.errno in (code, errno.EPERM)


def test_capabilities_are_gone_even_after_an_exec() -> None:
    done = run(
        """
        import os
        from _lambent_inside import linux
        linux.own_user_namespace(0, 0)
        linux.drop_capabilities(linux.count_capabilities())
        os.execv("/bin/grep", ["grep", "Cap", "/proc/self/status"])
        """
    )
    if "unshare" in done.stderr:
        pytest.skip("no user namespaces here")
    assert done.returncode == 0, done.stderr
    assert {line.split(":\t")[1] for line in done.stdout.splitlines()} == {"0" * 16}


def test_a_user_namespace_of_ones_own_maps_the_ids() -> None:
    done = run(
        """
        import os
        from _lambent_inside import linux
        linux.own_user_namespace(993, 990)
        print(os.getuid(), os.getgid())
        """
    )
    if "unshare" in done.stderr:
        pytest.skip("no user namespaces here")
    assert done.stdout == "993 990\n", done.stderr


def test_a_filter_binds_the_process_and_its_children() -> None:
    done = run(
        """
        import os, platform
        from _lambent_inside import linux, seccomp
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        linux.load_filter(seccomp.program(platform.machine()))
        if os.fork() == 0:
            try:
                linux.unshare(linux.CLONE_NEWUSER)
            except OSError as error:
                os._exit(error.errno)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.wait()[1]))
        """
    )
    assert done.stdout == f"{errno.EPERM}\n", done.stderr


@pytest.mark.parametrize("kind", [pytest.param("tmpfs", marks=needs_root)])
def test_a_filesystem_is_made_nowhere_and_then_placed(kind: str) -> None:
    done = run(
        """
        import os, sys
        from _lambent_inside import linux
        linux.unshare(linux.CLONE_NEWNS)
        linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
        made = linux.filesystem(sys.argv[1], "none", {"size": "1m"}, linux.MOUNT_ATTR_NOSUID)
        linux.place(made, "/mnt")
        open("/mnt/file", "w").close()
        linux.restrict("/mnt", linux.MOUNT_ATTR_RDONLY)
        try:
            open("/mnt/other", "w")
        except OSError as error:
            print(os.listdir("/mnt"), error.errno)
        linux.detach("/mnt")
        """,
        kind,
    )
    assert done.stdout == f"['file'] {errno.EROFS}\n", done.stderr


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_an_option_that_a_filesystem_does_not_know_is_named() -> None:
    with pytest.raises(OSError, match="fsconfig nosuch=1"):
        linux.filesystem("tmpfs", "none", {"nosuch": "1"}, 0)
    with pytest.raises(OSError, match="fsopen nosuchfs"):
        linux.filesystem("nosuchfs", "none", {}, 0)

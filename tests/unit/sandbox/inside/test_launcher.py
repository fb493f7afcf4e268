"""The program that loads the package under a name of its own."""

from __future__ import annotations

import socket
import subprocess
import sys

from lambent.sandbox.launcher import INSIDE
from tests.unit.sandbox.inside.programs import run


def test_the_package_is_importable_under_the_private_name_only() -> None:
    done = run(
        """
        import sys
        from _lambent_inside import messages, seccomp
        print(sorted(name for name in sys.modules if name in ("messages", "seccomp", "lambent")))
        print(sys.modules["_lambent_inside.seccomp"] is seccomp)
        """
    )
    assert done.stdout == "[]\nTrue\n", done.stderr


def test_it_ends_quietly_when_the_platform_has_gone_already() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.close()
    with theirs:
        command = [sys.executable, "-I", "-S", str(INSIDE / "launcher.py"), str(theirs.fileno())]
        done = subprocess.run(command, pass_fds=[theirs.fileno()], capture_output=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")

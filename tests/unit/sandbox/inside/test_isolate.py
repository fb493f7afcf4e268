"""The steps of isolation that can be taken alone; all of them together are seen by tests/e2e/test_isolation.py."""

from __future__ import annotations

import os
import socket

import pytest

from lambent.sandbox.inside import isolate
from tests.unit.sandbox.inside.programs import run


def test_a_listener_accepts_on_the_port_it_got() -> None:
    bare = isolate.listen(("127.0.0.1", 0))
    with socket.socket(fileno=bare.detach()) as listener, socket.create_connection(listener.getsockname()) as client:
        accepted, address = listener.accept()
        accepted.close()
        assert address == client.getsockname()


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_new_network_has_a_loopback_and_both_listeners() -> None:
    done = run(
        """
        import socket
        from _lambent_inside import isolate, linux
        linux.unshare(linux.CLONE_NEWNET)
        isolate._loopback_up()
        made = isolate.listeners(True)
        for name, listener in sorted(made.items()):
            with socket.create_connection(listener.getsockname(), 2):
                print(name, *listener.getsockname())
        """
    )
    assert done.stdout.splitlines() == ["endpoint 127.0.0.1 4566", "runtime_api 127.0.0.1 9001"], done.stderr


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_dropping_leaves_the_given_host_user_and_no_way_to_look_inside() -> None:
    done = run(
        """
        import os, platform
        from _lambent_inside import isolate, linux, seccomp
        isolate.drop(600123, seccomp.program(platform.machine()), linux.count_capabilities())
        lines = open("/proc/thread-self/status").read().splitlines()
        status = dict(line.split(":\\t") for line in lines if ":\\t" in line)
        print(os.getuid(), os.getgid(), os.getgroups(), status["CapEff"], status["Seccomp"])
        try:
            open("/proc/self/environ")
        except PermissionError:
            print("closed")
        """
    )
    assert done.stdout.splitlines() == ["993 990 [] 0000000000000000 2", "closed"], done.stderr

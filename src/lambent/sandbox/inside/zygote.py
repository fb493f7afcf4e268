"""The launcher's second half: preload once, then fork a supervisor for each request of the platform.

Single-threaded, and it never runs a function's code: what it has imported is what every environment starts with.
"""

from __future__ import annotations

import _socket
import gc
import importlib
import os
import platform
import signal
import socket
import sys
from typing import Any, Dict, NoReturn

from . import linux, messages, rehearse, seccomp, supervisor


def serve(control: socket.socket, plan: "Dict[str, Any]") -> NoReturn:
    """Preload as `plan` says, report `ready`, fork on request until the platform hangs up.

    `plan`: `isolated`, `python` (preload the library at `library_path`), `log_format`.
    """
    filter_program = seccomp.program(platform.machine()) if plan["isolated"] else b""
    says_ready = False
    if plan["python"]:
        sys.path.insert(0, plan["library_path"])
        bootstrap = importlib.import_module("lambent_bootstrap")
        bootstrap.preload(plan["log_format"])
        says_ready = getattr(bootstrap, "SAYS_READY", False)
    sys.stdout.flush()  # what is buffered here would be written again by every child
    gc.collect()
    gc.freeze()
    world = _world(plan, filter_program, says_ready)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors are reaped by the kernel
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()  # what a function shall have comes with its order
    home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC) if plan["isolated"] else None
    gc.freeze()
    messages.send(control, {"ready": True})
    while (message := messages.receive(control)) is not None:
        _fork(control, message, world, home)
    os._exit(0)


def _world(plan: "Dict[str, Any]", filter_program: bytes, says_ready: bool) -> supervisor.World:
    if not plan["isolated"]:
        return supervisor.Open()
    return supervisor.Isolated(filter_program, rehearse.dirtied() if says_ready else [])


def _fork(control: socket.socket, message: messages.Message, world: supervisor.World, home: "int | None") -> None:
    """Fork a supervisor on the link that came with the request; answer with its pidfd."""
    order, (link, *groups) = message
    reply: "Dict[str, Any]" = {"n": order["n"]}
    pidfd = []
    try:
        if home is not None:
            linux.unshare(linux.CLONE_NEWPID)
        pid = linux.fork()
        if pid == 0:
            os.close(control.fileno())
            supervisor.main(_socket.socket(fileno=link), groups, world)
        pidfd.append(os.pidfd_open(pid))
    except OSError as error:
        reply["error"] = str(error)
    finally:
        if home is not None:
            linux.setns(home, linux.CLONE_NEWPID)  # a second unshare is refused from outside one's own namespace
    messages.close_all(message.descriptors)
    messages.send(control, reply, pidfd)
    messages.close_all(pidfd)

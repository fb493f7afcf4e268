"""The launcher's two halves: the first walls itself in and starts itself again inside, the second is the zygote.

In the open world there is only the second. The first process of an isolated launcher stays outside and waits for the
second: when it dies, all die; when the platform dies, it thaws what would otherwise stay frozen for ever.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import traceback
from typing import Any, Dict, List, NoReturn

from . import linux, messages, root, zygote

_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
}
_PATIENCE_MS = 500


def main(control: socket.socket, plan: "Dict[str, Any] | None") -> NoReturn:
    """Run the first half (no `plan` yet: it comes as the first message), or the second. Failures are told."""
    try:
        if plan is None:
            first = messages.receive(control)
            if first is None:
                os._exit(0)
            plan = first.body
            if plan["isolated"]:
                _wall_in(control, plan)
        zygote.serve(control, plan)
    except BaseException as error:
        traceback.print_exc()
        messages.send(control, {"error": "%s: %s" % (type(error).__name__, error)})
    finally:
        os._exit(1)


def _wall_in(control: socket.socket, plan: "Dict[str, Any]") -> NoReturn:
    """Stay outside of a child that lives in namespaces of its own, and end as it ends."""
    thaw = _Thaw(plan["thawing"])
    namespaces = linux.CLONE_NEWPID | linux.CLONE_NEWNS
    if plan["rootless"]:
        linux.own_user_namespace(0, 0, namespaces)
    else:
        linux.unshare(namespaces)
    pid = os.fork()
    if pid == 0:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        _start_again(control, plan)
    child = select.poll()
    child.register(os.pidfd_open(pid), select.POLLIN)
    either = select.poll()
    either.register(os.pidfd_open(pid), select.POLLIN)
    either.register(control, 0)  # that the platform has hung up is told unasked; its messages are not ours
    either.poll()
    while not child.poll(_PATIENCE_MS):
        thaw()
    _, status = os.waitpid(pid, 0)
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)


class _Thaw:
    """Thaws all environments. Made before the root is left: the directory is reached through its descriptor."""

    def __init__(self, how: "List[str] | None") -> None:
        self._at = -1
        if how is not None:
            self._at = os.open(how[0], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._name, self._text = how[1], how[2]

    def __call__(self) -> None:
        if self._at < 0:
            return
        for group in os.listdir(self._at):
            try:
                fd = os.open(os.path.join(group, self._name), os.O_WRONLY | os.O_CLOEXEC, dir_fd=self._at)
            except OSError:  # a file, or a group that has just gone
                continue
            try:
                os.write(fd, self._text.encode())
            finally:
                os.close(fd)


def _start_again(control: socket.socket, plan: "Dict[str, Any]") -> NoReturn:
    """Build the root, enter it, and run the launcher again with the interpreter that is in it."""
    interpreter = root.build(plan)
    rest = {key: plan[key] for key in ("isolated", "python", "log_format")}
    rest["library_path"] = root.RUNTIME
    control.set_inheritable(True)
    script = os.path.join(root.INSIDE, "launcher.py")
    arguments = [interpreter, "-I", "-S", script, str(control.fileno()), json.dumps(rest)]
    os.execve(interpreter, arguments, dict(_ENVIRONMENT))

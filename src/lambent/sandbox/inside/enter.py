"""The launcher's two halves: the first walls itself in and starts itself again inside, the second is the zygote.

In the open world there is only the second. The first process of an isolated launcher stays and waits, because the
pid namespace needs a parent outside; when it dies, all die.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import traceback
from typing import Any, Dict, NoReturn

from . import linux, messages, root, zygote

_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
}


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
    """Wait for a child that lives in namespaces of its own, and end as it ends."""
    namespaces = linux.CLONE_NEWPID | linux.CLONE_NEWNS
    if plan["rootless"]:
        linux.own_user_namespace(0, 0, namespaces)
    else:
        linux.unshare(namespaces)
    pid = os.fork()
    if pid == 0:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        _start_again(control, plan)
    control.close()
    _, status = os.waitpid(pid, 0)
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)


def _start_again(control: socket.socket, plan: "Dict[str, Any]") -> NoReturn:
    """Build the root, enter it, and run the launcher again with the interpreter that is in it."""
    interpreter = root.build(plan)
    rest = {key: plan[key] for key in ("isolated", "python", "log_format")}
    rest["library_path"] = root.RUNTIME
    control.set_inheritable(True)
    script = os.path.join(root.INSIDE, "launcher.py")
    arguments = [interpreter, "-I", "-S", script, str(control.fileno()), json.dumps(rest)]
    os.execve(interpreter, arguments, dict(_ENVIRONMENT))

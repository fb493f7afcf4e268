"""What a freshly forked runtime process does until the function's code runs. Its supervisor waits next door.

Nothing of the supervisor may leak in: descriptors, signal handlers, environment. Never returns.
"""

from __future__ import annotations

import atexit
import fcntl
import importlib
import os
import signal
import sys
import time
import traceback
from typing import Any, Callable, Dict, List, NoReturn

CHANNEL, TELEMETRY = 3, 4
BOOTSTRAPS = ("/var/task/bootstrap", "/opt/bootstrap")
_FIRST_TO_DIE = "1000"
_HIGHEST = 1024


def become(order: "Dict[str, Any]", descriptors: "List[int]") -> NoReturn:
    """Turn this process into the runtime that `order` describes.

    `order`: `variables`, `cwd`, `programs` (paths to try in turn; None for managed Python), `handler`. `descriptors`:
    the log pipe, then for managed Python the channel and the telemetry pipe.
    """
    os.setsid()
    _signals()
    _descriptors(descriptors)
    _prefer_as_victim()
    os.umask(0o022)
    os.environ.clear()
    os.environ.update(order["variables"])
    time.tzset()
    if order["programs"] is None:
        _leave(lambda: _python(order))
    _leave(lambda: _execute(order))


def _signals() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _descriptors(wanted: "List[int]") -> None:
    """Standard streams, then the private descriptors (closed on exec), then nothing."""
    null = os.open("/dev/null", os.O_RDONLY)
    high = [_above(fd) for fd in (null, wanted[0], wanted[0], *wanted[1:])]
    for target, fd in enumerate(high):
        os.dup2(fd, target, inheritable=target <= 2)
    os.closerange(len(high), _HIGHEST)


def _above(fd: int) -> int:
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 16)


def _prefer_as_victim() -> None:
    """When memory runs out the kernel shall take the function, not its supervisor."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(_FIRST_TO_DIE)
    except OSError:
        return


def _python(order: "Dict[str, Any]") -> None:
    os.chdir(order["cwd"])
    importlib.import_module("lambent_bootstrap").run(CHANNEL, order["handler"])


def _execute(order: "Dict[str, Any]") -> None:
    os.chdir(order["cwd"])
    for program in order["programs"]:
        if os.access(program, os.X_OK) and not os.path.isdir(program):
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.execve(program, [program], dict(os.environ))
    sys.stderr.write("Couldn't find valid bootstrap(s): [%s]\n" % " ".join(order["programs"]))
    sys.exit(127)


def _leave(work: "Callable[[], None]") -> NoReturn:
    """Run `work` and end as Python itself would: exit hooks, flushed streams, the status of SystemExit."""
    code = 0
    try:
        work()
    except SystemExit as end:
        code = _status(end)
    except BaseException:
        traceback.print_exc()
        code = 1
    try:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _status(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code & 0xFF
    sys.stderr.write("%s\n" % (end.code,))
    return 1

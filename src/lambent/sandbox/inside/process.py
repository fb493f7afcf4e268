"""What a freshly forked runtime process does until the function's code runs. Its supervisor waits next door.

Nothing of the supervisor may leak in: descriptors, signal handlers, environment. Never returns.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import importlib
import os
import signal
import sys
import time
import traceback
from typing import Any, Callable, Dict, List, NoReturn

from . import linux, snapshot

CHANNEL, TELEMETRY = 3, 4
WRITE_IMAGE, READ_IMAGE = "write", "read"
BOOTSTRAPS = ("/var/task/bootstrap", "/opt/bootstrap")
_FIRST_TO_DIE = "1000"
_HIGHEST = 1024
_SIGCHLD, _SIGINT, _SIG_DFL = int(signal.SIGCHLD), int(signal.SIGINT), int(signal.SIG_DFL)

set_signal: "Callable[[int, Any], Any]" = importlib.import_module("_signal").signal
"""signal.signal with numbers for enumerations, which would cost every process pages of its own."""


def become(order: "Dict[str, Any]", descriptors: "List[int]") -> NoReturn:
    """Turn this process into the runtime that `order` describes.

    `order`: `variables`, `cwd`, `handler`, and for a program `command` (its arguments, itself first) or `programs`
    (paths to try in turn); both are None for managed Python, which may have an `image` to write (WRITE_IMAGE) or to
    continue from (READ_IMAGE). `descriptors`: the log pipe, then what the runtime is given of channel, telemetry pipe
    and image, then for a program a pipe for why it could not be started.
    """
    os.setsid()
    _signals()
    is_program = order.get("command") is not None or order["programs"] is not None
    last = _descriptors(descriptors, passed_on=is_program)
    _prefer_as_victim()
    os.umask(0o022)
    os.environ.clear()
    for name, value in order["variables"].items():
        os.environ[name] = value
    time.tzset()
    _leave(lambda: _execute(order, last) if is_program else _python(order))


def _signals() -> None:
    signal.set_wakeup_fd(-1)
    set_signal(_SIGCHLD, _SIG_DFL)
    set_signal(_SIGINT, signal.default_int_handler)


def _descriptors(wanted: "List[int]", passed_on: bool) -> int:
    """Standard streams, then the private descriptors, then nothing; returns the last of them.

    A program is passed all on but the last one; otherwise they are closed on exec.
    """
    null = os.open("/dev/null", os.O_RDONLY)
    high = [_above(fd) for fd in (null, wanted[0], wanted[0], *wanted[1:])]
    last = len(high) - 1
    for target, fd in enumerate(high):
        os.dup2(fd, target, inheritable=target <= 2 or (passed_on and target < last))
    os.closerange(len(high), _HIGHEST)
    return last


def _above(fd: int) -> int:
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 16)


def _prefer_as_victim() -> None:
    """When memory runs out the kernel shall take the function, not its supervisor."""
    try:
        linux.write("/proc/self/oom_score_adj", _FIRST_TO_DIE)
    except OSError:
        return


def _python(order: "Dict[str, Any]") -> None:
    os.chdir(order["cwd"])
    if order.get("image") == READ_IMAGE:
        snapshot.resume(order["variables"])
    bootstrap = importlib.import_module("lambent_bootstrap")
    if order.get("image") == WRITE_IMAGE:
        bootstrap.run(CHANNEL, order["handler"], snapshot.Camera(order["variables"]))
    bootstrap.run(CHANNEL, order["handler"])


def _execute(order: "Dict[str, Any]", refusal: int) -> None:
    os.chdir(order["cwd"])
    command = order.get("command")
    if command is None:
        command = [program for program in order["programs"] if os.path.isfile(program)][:1]
        if not command:
            _refuse(refusal, "Couldn't find valid bootstrap(s): [%s]" % " ".join(order["programs"]))
    elif not os.path.isfile(command[0]):  # a wrapper script: these words and statuses are AWS's
        sys.exit(_said("%s: does not exist" % command[0], 127))
    elif not os.access(command[0], os.X_OK):
        sys.exit(_said("%s: is not an executable" % command[0], 126))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execve(command[0], command, dict(os.environ))
    except OSError as error:
        if error.errno == errno.ENOEXEC and order.get("command") is not None:
            os.execve("/bin/sh", ["/bin/sh", *command], dict(os.environ))  # a script without a first line for it
        _refuse(refusal, "fork/exec %s: %s" % (command[0], os.strerror(error.errno or 0).lower()))


def _refuse(refusal: int, why: str) -> NoReturn:
    """Tell the platform why the program was not started; the log shall have it, too."""
    os.write(refusal, why.encode())
    sys.exit(_said(why, 127))


def _said(words: str, status: int) -> int:
    sys.stderr.write(words + "\n")
    return status


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

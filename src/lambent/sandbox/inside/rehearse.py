"""A launcher's rehearsal: a fork that loads a function of ours, as a runtime process will, and is watched.

What it dirties, every runtime process will dirty: a process that waits for its function can do so ahead. The launcher
itself stays as it was. A rehearsal that fails costs speed and nothing else.
"""

from __future__ import annotations

import os
import select
import signal
import socket

from . import linux, pages, process

_SECONDS = 2.0
_ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rehearsal")
_ORDER = {
    "variables": {"LAMBDA_TASK_ROOT": _ROOT, "_HANDLER": "lambent_rehearsal.handler"},
    "cwd": "/",
    "programs": None,
    "handler": "lambent_rehearsal.handler",
}


def dirtied() -> pages.Runs:
    """The pages that a fork of this process dirties until its runtime is ready; none if that cannot be learned.

    The runtime must write to its channel when it is ready. Single-threaded callers only; SIGCHLD as it is by default.
    """
    regions = pages.writable()
    channel, theirs = socket.socketpair()
    pid = linux.fork()
    if pid == 0:
        try:
            channel.close()
            null = os.open(os.devnull, os.O_WRONLY)
            process.become(_ORDER, [null, theirs.fileno(), null])
        finally:
            os._exit(1)
    try:
        with channel, theirs:
            theirs.close()
            ready, _, _ = select.select([channel], [], [], _SECONDS)
            return pages.own(pid, regions) if ready and channel.recv(1) else []
    except OSError:
        return []
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

"""The supervisor of one environment: its pid 1, from the fork by the launcher to the end of the world it holds.

Serves one link to the platform: `prepare`, `assign`, `start`, `sweep`; reports the runtime's exit as it happened; reaps
orphans. When the link ends the supervisor ends, and with it (pid 1) every process of the environment. It runs no code
of the function.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
import traceback
from typing import Any, Dict, List, NoReturn, Protocol

from . import isolate, linux, messages, process

_PAUSE_SECONDS = 0.001
_WORDS = 4096
_NEW, _PREPARED, _ASSIGNED = "new", "prepared", "assigned"
_ORDERS = {"prepare": _NEW, "assign": _PREPARED, "start": _ASSIGNED, "sweep": _ASSIGNED}


class World(Protocol):
    """What an environment is made of; `order` and `descriptors` as in the platform's messages."""

    def prepare(self, order: "Dict[str, Any]") -> "Dict[str, socket.socket]": ...

    def assign(self, order: "Dict[str, Any]", descriptors: "List[int]") -> None: ...

    def kill_all(self) -> None: ...


class Isolated:
    """A world with walls. `filter_program` is the seccomp program."""

    def __init__(self, filter_program: bytes) -> None:
        self._filter = filter_program

    def prepare(self, order: "Dict[str, Any]") -> "Dict[str, socket.socket]":
        """Make the namespaces; return the sockets that listen inside."""
        isolate.separate()
        return isolate.listeners(order["runtime_api"])

    def assign(self, order: "Dict[str, Any]", descriptors: "List[int]") -> None:
        """Show this function's code and drop every right."""
        isolate.furnish(order, descriptors)
        isolate.drop(order["uid"], self._filter)

    def kill_all(self) -> None:
        """Kill every process of this pid namespace but ourselves."""
        if os.getpid() != 1:
            raise RuntimeError("not pid 1: kill(-1) would reach the whole machine")
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            return


class Open:
    """A world without walls: only a process that the orphans of its function fall to."""

    def prepare(self, order: "Dict[str, Any]") -> "Dict[str, socket.socket]":
        """Listen on a port of the machine, where a Runtime API is needed."""
        linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        return {"runtime_api": isolate.listen(("127.0.0.1", 0))} if order["runtime_api"] else {}

    def assign(self, order: "Dict[str, Any]", descriptors: "List[int]") -> None:
        """Nothing to show and no right to drop."""

    def kill_all(self) -> None:
        """Kill our descendants, youngest generations included, until none is left alive."""
        while alive := [pid for pid in _descendants(os.getpid()) if not _is_zombie(pid)]:
            for pid in alive:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(_PAUSE_SECONDS)


def _descendants(pid: int) -> "List[int]":
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            children = [int(text) for text in file.read().split()]
    except OSError:
        return []
    return children + [below for child in children for below in _descendants(child)]


def _is_zombie(pid: int) -> bool:
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def main(link: socket.socket, groups: "List[int]", world: World) -> NoReturn:
    """Be the supervisor. `groups` are open cgroup.procs files to move into first."""
    code = 1
    try:
        for fd in groups:
            os.write(fd, b"0")
            os.close(fd)
        Supervisor(link, world).serve()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


class Supervisor:
    """The loop of pid 1: the link, and the ends of children."""

    def __init__(self, link: socket.socket, world: World) -> None:
        self._link = link
        self._world = world
        self._runtime: "int | None" = None
        self._refusal = -1
        self._stage = _NEW
        self._woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # Signals without a handler cannot reach pid 1 from inside its namespace; SIGCHLD only wakes it.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Answer the platform until it hangs up; then leave nothing alive."""
        poll = select.poll()
        poll.register(self._link, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        try:
            while True:
                ready = {fd for fd, _ in poll.poll()}
                if self._woken in ready:
                    os.read(self._woken, 4096)
                    self._reap()
                if self._link.fileno() in ready and not self._answer():
                    return
        finally:
            self._world.kill_all()

    def _answer(self) -> bool:
        message = messages.receive(self._link)
        if message is None:
            return False
        order, descriptors = message
        reply: "Dict[str, Any]" = {"n": order["n"]}
        listeners: "Dict[str, socket.socket]" = {}
        try:
            listeners = self._obey(order, descriptors)
            reply["listeners"] = list(listeners)
        except Exception as error:
            reply["error"] = "%s: %s" % (type(error).__name__, error)
        messages.close_all(descriptors)
        messages.send(self._link, reply, [listener.fileno() for listener in listeners.values()])
        for listener in listeners.values():
            listener.close()
        # Half a wall is none: the next order may be under way already, and must not find it.
        return "error" not in reply or self._stage == _ASSIGNED

    def _obey(self, order: "Dict[str, Any]", descriptors: "List[int]") -> "Dict[str, socket.socket]":
        do, listeners = order["do"], {}
        if self._stage != _ORDERS.get(do):
            raise RuntimeError("%s: not now" % do)
        if do == "prepare":
            listeners = self._world.prepare(order)
            self._stage = _PREPARED
        elif do == "assign":
            self._world.assign(order, descriptors)
            self._stage = _ASSIGNED
        elif do == "start":
            self._start(order, descriptors)
        else:
            self._sweep()
        return listeners

    def _start(self, order: "Dict[str, Any]", descriptors: "List[int]") -> None:
        if self._runtime is not None:
            raise RuntimeError("a runtime process is running")
        self._sweep()
        is_program = order.get("command") is not None or order["programs"] is not None
        self._refusal, *refuse = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if is_program else (-1,)
        pid = os.fork()
        if pid == 0:
            try:
                linux.prctl(linux.PR_SET_DUMPABLE, 1)
                linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
                process.become(order, [*descriptors, *refuse])
            finally:
                os._exit(1)
        messages.close_all(refuse)
        self._runtime = pid

    def _sweep(self) -> None:
        """Kill all and wait for all: nothing of an earlier runtime process stays."""
        self._world.kill_all()
        while self._reap(block=True):
            continue

    def _reap(self, block: bool = False) -> bool:
        """Collect ended children; report the runtime's end exactly. True if a child was collected."""
        collected = False
        while True:
            try:
                pid, status = os.waitpid(-1, 0 if block else os.WNOHANG)
            except ChildProcessError:
                return collected
            if pid == 0:
                return collected
            collected = True
            if pid == self._runtime:
                self._runtime = None
                messages.send(self._link, {"exited": {**_how(status), **self._refused()}})

    def _refused(self) -> "Dict[str, str]":
        """Why the runtime's program was not started, if it was not: nothing is written once it has started."""
        if self._refusal < 0:
            return {}
        why = os.read(self._refusal, _WORDS).decode(errors="replace")
        os.close(self._refusal)
        self._refusal = -1
        return {"refused": why} if why else {}


def _how(status: int) -> "Dict[str, int]":
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    return {"code": os.WEXITSTATUS(status)}

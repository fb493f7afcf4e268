"""The supervisor of one environment: its pid 1, from the fork by the launcher to the end of the world it holds.

Serves one link to the platform (`_ORDERS`); reports each exit of a process that it started as it happened; reaps
orphans. When the link ends the supervisor ends, and with it (pid 1) every process of the environment. It runs no code
of the function.
"""

from __future__ import annotations

import _socket
import os
import select
import signal
import time
import traceback
from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple, NoReturn, Protocol

from . import ipc, isolate, linux, messages, pages, process, root

_PAUSE_SECONDS = 0.001
_WORDS = 4096
_NUMBERS = 20
_SIGCHLD, _SIGKILL = int(signal.SIGCHLD), int(signal.SIGKILL)
_NEW, _PREPARED, _ASSIGNED = "new", "prepared", "assigned"
_ORDERS = {
    "prepare": _NEW,
    "assign": _PREPARED,
    "start": _ASSIGNED,
    "spawn": _ASSIGNED,
    "signal": _ASSIGNED,
    "socket": _ASSIGNED,
    "extensions": _ASSIGNED,
    "sweep": _ASSIGNED,
}
_EXTENSIONS = root.OPT + "/extensions"


class World(Protocol):
    """What an environment is made of; `order` and `descriptors` as in the platform's messages."""

    def prepare(self, order: "Dict[str, Any]") -> "Dict[str, _socket.socket]": ...

    def assign(self, order: "Dict[str, Any]", descriptors: "List[int]") -> None: ...

    def wait_ahead(self, order: "Dict[str, Any]") -> None: ...

    def kill_all(self) -> None: ...

    def forget(self) -> None: ...


class Isolated:
    """A world with walls. `filter_program` is the seccomp program, `dirtied` what a runtime process will write to."""

    def __init__(self, filter_program: bytes, dirtied: "pages.Runs") -> None:
        self._filter = filter_program
        self._dirtied = dirtied
        self._capabilities = linux.count_capabilities()

    def prepare(self, order: "Dict[str, Any]") -> "Dict[str, _socket.socket]":
        """Make the namespaces; return the sockets that listen inside."""
        isolate.separate()
        return isolate.listeners(order["runtime_api"])

    def assign(self, order: "Dict[str, Any]", descriptors: "List[int]") -> None:
        """Show this function's code and drop every right."""
        isolate.furnish(order, descriptors)
        isolate.drop(order["uid"], self._filter, self._capabilities)

    def wait_ahead(self, order: "Dict[str, Any]") -> None:
        """In a process that will be the runtime: drop every right before there is any function, get memory ready."""
        isolate.drop(order["uid"], self._filter, self._capabilities)
        pages.touch(self._dirtied)

    def kill_all(self) -> None:
        """Kill every process of this pid namespace but ourselves."""
        if os.getpid() != 1:
            raise RuntimeError("not pid 1: kill(-1) would reach the whole machine")
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            return

    def forget(self) -> None:
        """Remove what outlives processes and is not a file: System V objects, of which this namespace is ours alone."""
        ipc.remove_all()


class Open:
    """A world without walls: only a process that the orphans of its function fall to."""

    def prepare(self, order: "Dict[str, Any]") -> "Dict[str, _socket.socket]":
        """Listen on a port of the machine, where a Runtime API is needed."""
        linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        return {"runtime_api": isolate.listen(("127.0.0.1", 0))} if order["runtime_api"] else {}

    def assign(self, order: "Dict[str, Any]", descriptors: "List[int]") -> None:
        """Nothing to show and no right to drop."""

    def wait_ahead(self, order: "Dict[str, Any]") -> None:
        """No right to drop."""

    def kill_all(self) -> None:
        """Kill our descendants, youngest generations included, until none is left alive."""
        while alive := [pid for pid in _descendants(os.getpid()) if not _is_zombie(pid)]:
            for pid in alive:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(_PAUSE_SECONDS)

    def forget(self) -> None:
        """Nothing: System V objects are the whole machine's here."""


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


def main(link: _socket.socket, groups: "List[int]", world: World) -> NoReturn:
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


class _Child(NamedTuple):
    """A process that the platform asked for: its `name` there, None for the runtime; a pipe for why it was refused."""

    name: "int | None"
    refusal: int


class Supervisor:
    """The loop of pid 1: the link, and the ends of children."""

    def __init__(self, link: _socket.socket, world: World) -> None:
        self._link = link
        self._world = world
        self._children: "Dict[int, _Child]" = {}
        self._stage = _NEW
        self._afterwards: "Callable[[], None] | None" = None
        self._woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # Signals without a handler cannot reach pid 1 from inside its namespace; SIGCHLD only wakes it.
        process.set_signal(_SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Answer the platform until it hangs up; then leave nothing alive."""
        poll = select.poll()
        poll.register(self._link.fileno(), select.POLLIN)
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
        sockets: "Dict[str, _socket.socket]" = {}
        try:
            sockets = self._obey(order, descriptors, reply)
            reply["listeners"] = list(sockets)
        except Exception as error:
            self._afterwards = None
            reply["error"] = "%s: %s" % (type(error).__name__, error)
        messages.send(self._link, reply, [one.fileno() for one in sockets.values()])
        for one in sockets.values():
            one.close()
        # Whatever is written behind a fork is copied once more: a fork of the runtime comes last. If it fails, we end.
        afterwards, self._afterwards = self._afterwards, None
        if afterwards is not None:
            afterwards()
        messages.close_all(descriptors)
        # Half a wall is none: the next order may be under way already, and must not find it.
        return "error" not in reply or self._stage == _ASSIGNED

    def _obey(
        self, order: "Dict[str, Any]", descriptors: "List[int]", reply: "Dict[str, Any]"
    ) -> "Dict[str, _socket.socket]":
        """Do it; what there is to tell goes to `reply`, what there is to hand over is returned."""
        do = order["do"]
        if self._stage != _ORDERS.get(do):
            raise RuntimeError("%s: not now" % do)
        sockets: "Dict[str, _socket.socket]" = {}
        if do == "prepare":
            sockets = self._world.prepare(order)
            if order.get("ahead"):
                sockets["runner"] = self._fork_ahead(order)
            self._stage = _PREPARED
        elif do == "assign":
            self._world.assign(order, descriptors)
            self._stage = _ASSIGNED
        elif do == "start":
            self._start(order, descriptors)
        elif do == "spawn":
            self._fork(order, descriptors, order["name"])
        elif do == "signal":
            self._signal(order["name"], order["number"])
        elif do == "socket":
            kind = _socket.SOCK_DGRAM if order.get("datagram") else _socket.SOCK_STREAM
            sockets = {"socket": _socket.socket(_socket.AF_INET, kind)}
        elif do == "extensions":
            reply["extensions"] = _executables(_EXTENSIONS)
        else:
            self._sweep()
        return sockets

    def _fork_ahead(self, order: "Dict[str, Any]") -> _socket.socket:
        """Fork the runtime process, once it was answered, before there is a function; it takes its one order from the
        returned socket."""
        ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
        self._afterwards = partial(self._run_ahead, order, theirs)
        return ours

    def _run_ahead(self, order: "Dict[str, Any]", orders: _socket.socket) -> None:
        pid = linux.fork()
        if pid == 0:
            try:
                self._link.close()
                self._world.wait_ahead(order)
                _visible_and_bound_to_us()
                message = messages.receive(orders)
                if message is not None:
                    process.become(*message)
            finally:
                os._exit(1)
        orders.close()
        self._children[pid] = _Child(None, -1)

    def _start(self, order: "Dict[str, Any]", descriptors: "List[int]") -> None:
        if any(child.name is None for child in self._children.values()):
            raise RuntimeError("a runtime process is running")
        if not self._children:
            self._sweep()
        if order.get("image") == process.WRITE_IMAGE:
            _use_up_numbers()
        self._afterwards = partial(self._fork, order, descriptors, None)

    def _fork(self, order: "Dict[str, Any]", descriptors: "List[int]", name: "int | None") -> None:
        is_program = order.get("command") is not None or order["programs"] is not None
        refusal, *refuse = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if is_program else (-1,)
        pid = linux.fork()
        if pid == 0:
            try:
                _visible_and_bound_to_us()
                process.become(order, [*descriptors, *refuse])
            finally:
                os._exit(1)
        messages.close_all(refuse)
        self._children[pid] = _Child(name, refusal)

    def _signal(self, name: "int | None", number: int) -> None:
        for pid, child in self._children.items():
            if child.name == name:
                os.kill(pid, number)

    def _sweep(self) -> None:
        """Kill all and wait for all: nothing of an earlier runtime process stays."""
        self._world.kill_all()
        while self._reap(block=True):
            continue
        self._world.forget()

    def _reap(self, block: bool = False) -> bool:
        """Collect ended children; report the ends of those that were asked for. True if a child was collected."""
        collected = False
        while True:
            try:
                pid, status = os.waitpid(-1, 0 if block else os.WNOHANG)
            except ChildProcessError:
                return collected
            if pid == 0:
                return collected
            collected = True
            child = self._children.pop(pid, None)
            if child is not None:
                name = {} if child.name is None else {"name": child.name}
                messages.send(self._link, {"exited": {**_how(status), **_refused(child.refusal)}, **name})


def _use_up_numbers() -> None:
    """Let a process that is captured have a number that those which continue it do not have: libraries that notice a
    fork by that will notice, and draw their random numbers anew."""
    for _ in range(_NUMBERS):
        pid = linux.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)


def _visible_and_bound_to_us() -> None:
    """Let a child look into itself, unlike us, and not outlive us."""
    linux.prctl(linux.PR_SET_DUMPABLE, 1)
    linux.prctl(linux.PR_SET_PDEATHSIG, _SIGKILL)


def _refused(refusal: int) -> "Dict[str, str]":
    """Why a program was not started, if it was not: nothing is written once it has started."""
    if refusal < 0:
        return {}
    why = os.read(refusal, _WORDS).decode(errors="replace")
    os.close(refusal)
    return {"refused": why} if why else {}


def _executables(directory: str) -> "List[str]":
    """The programs that lie in a directory, sorted by name."""
    try:
        paths = [os.path.join(directory, name) for name in sorted(os.listdir(directory))]
    except OSError:
        return []
    return [path for path in paths if os.path.isfile(path) and os.access(path, os.X_OK)]


def _how(status: int) -> "Dict[str, int]":
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    return {"code": os.WEXITSTATUS(status)}

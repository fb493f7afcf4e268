"""Control groups, version 1: one directory in each controller's hierarchy."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from lambent.sandbox.base import Feature, Usage
from lambent.sandbox.cgroups import files
from lambent.sandbox.cgroups.base import PERIOD_US, Limits, Thawing, most_processes, quota_us

CONTROLLERS = ("memory", "cpu", "cpuacct", "pids", "freezer")
UNIFIED = "unified"
"""In place of `freezer`: the hierarchy of version 2 that is mounted beside those of version 1, without controllers. Its
freezer takes a sixth of the time."""

LOOKS = 50
"""So often its state is read at once, some 20 us in all, before the caller waits."""

_KILL_SECONDS = 5.0


class V1Group:
    """One environment's directories, by controller (controllers mounted together share one)."""

    def __init__(self, directories: Mapping[str, Path]) -> None:
        self._at = {name: str(path) for name, path in directories.items()}  # joining paths costs more than their use
        self._peak = files.Control(self._at["memory"] + "/memory.max_usage_in_bytes", os.O_RDWR)
        self._cpu = files.Control(self._at["cpuacct"] + "/cpuacct.usage", os.O_RDONLY)
        self._unified = UNIFIED in self._at
        self._freezer = self._at[UNIFIED if self._unified else "freezer"]
        if self._unified:
            self._state = files.Control(self._freezer + "/cgroup.freeze", os.O_WRONLY)
            self._events = files.Control(self._freezer + "/cgroup.events", os.O_RDONLY)
        else:
            self._state = self._events = files.Control(self._freezer + "/freezer.state", os.O_RDWR)

    def open(self) -> list[int]:
        """Descriptors of each hierarchy's cgroup.procs."""
        return [os.open(path + "/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for path in set(self._at.values())]

    def limit(self, limits: Limits) -> None:
        """Set all limits of a new group."""
        self.set_memory(limits.memory)
        files.write(self._at["pids"] + "/pids.max", str(limits.processes))
        files.write(self._at["cpu"] + "/cpu.cfs_period_us", str(PERIOD_US))

    def set_memory(self, memory: int) -> None:
        """Lower the limit of memory, of memory with swap, and of the buffers of sockets (else they are not counted)."""
        files.write(self._at["memory"] + "/memory.limit_in_bytes", str(memory))
        for name in ("memory.memsw.limit_in_bytes", "memory.kmem.tcp.limit_in_bytes"):
            with contextlib.suppress(FileNotFoundError):
                files.write(f"{self._at['memory']}/{name}", str(memory))

    def set_cpu(self, cpus: float | None) -> None:
        """Change the processor share."""
        files.write(self._at["cpu"] + "/cpu.cfs_quota_us", "-1" if cpus is None else str(quota_us(cpus)))

    def freeze(self) -> bool:
        """Stop every process; True when all stand still."""
        if not self._unified:
            self._state.write(b"FROZEN")
            return self._state.read().startswith(b"FROZEN")
        self._state.write(b"1")
        return any(b"frozen 1" in self._events.read() for _ in range(LOOKS))

    def thaw(self) -> None:
        """Let all processes run again."""
        self._state.write(b"0" if self._unified else b"THAWED")

    def usage(self) -> Usage:
        """Peak of memory and page cache, processor time in user and kernel."""
        return Usage(memory_peak=int(self._peak.read()), cpu_ns=int(self._cpu.read()))

    def cpu_times(self) -> tuple[int, int]:
        """From cpuacct.usage_user and cpuacct.usage_sys."""
        user, system = (int(files.read(f"{self._at['cpuacct']}/cpuacct.usage_{mode}")) for mode in ("user", "sys"))
        return user, system

    def members(self) -> list[int]:
        """From cgroup.procs."""
        return [int(text) for text in files.read(self._at["pids"] + "/cgroup.procs").split()]

    def tasks(self) -> int:
        """From pids.current."""
        return int(files.read(self._at["pids"] + "/pids.current"))

    def take_peak(self) -> int:
        """The memory peak in bytes; a new one begins."""
        peak = int(self._peak.read())
        self._peak.write(b"0")
        return peak

    def memory(self) -> int:
        """Bytes in use now, the kernel's for these processes included."""
        return int(files.read(self._at["memory"] + "/memory.usage_in_bytes"))

    def oom_kills(self) -> int:
        """Kills so far, from memory.oom_control."""
        return files.fields(self._at["memory"] + "/memory.oom_control").get("oom_kill", 0)

    def kill(self) -> None:
        """Kill every process: the signal first, then the thaw that delivers it."""
        procs = Path(self._freezer, "cgroup.procs")
        if not procs.exists():
            return

        def empty() -> bool:
            files.kill_members(procs)
            self.thaw()
            return not files.read(procs)

        files.wait_until(empty, _KILL_SECONDS)

    def remove(self) -> bool:
        """Remove all directories; False while processes are still leaving."""
        for control in (self._peak, self._cpu, self._state, self._events):
            control.close()
        gone = [files.remove(path) for path in self._at.values()]
        return all(gone)


class V1Groups:
    """The groups of one instance. `mounts` are the controllers' hierarchies, and `UNIFIED` if version 2 is there, too;
    `instance` names this data directory."""

    def __init__(self, mounts: Mapping[str, Path], instance: str) -> None:
        frozen = UNIFIED if UNIFIED in mounts else "freezer"
        names = [frozen if name == "freezer" else name for name in CONTROLLERS]
        self._roots = {name: mounts[name] / "lambent" / instance for name in names}
        self._frozen = frozen
        self._bounded = False

    def create(self, name: str, limits: Limits) -> V1Group:
        """Make a group in every hierarchy. Raises OSError and leaves nothing."""
        group = V1Group({controller: root / name for controller, root in self._roots.items()})
        self._bound()
        try:
            for root in set(self._roots.values()):
                (root / name).mkdir(parents=True)
            group.limit(limits)
        except OSError:
            group.remove()
            raise
        return group

    def _bound(self) -> None:
        """Once: all environments together leave processes for the machine."""
        if not self._bounded:
            self._roots["pids"].mkdir(parents=True, exist_ok=True)
            files.write(self._roots["pids"] / "pids.max", str(most_processes()))
            self._bounded = True

    def sweep(self) -> int:
        """End and remove the groups of an earlier run."""
        names = {
            path.name for root in self._roots.values() if root.is_dir() for path in root.iterdir() if path.is_dir()
        }
        for name in names:
            group = V1Group({controller: root / name for controller, root in self._roots.items()})
            group.kill()
            files.wait_until(group.remove, _KILL_SECONDS)
        return len(names)

    def thawing(self) -> Thawing:
        """Through the freezer, whose directory is made."""
        root = self._roots[self._frozen]
        root.mkdir(parents=True, exist_ok=True)
        if self._frozen == UNIFIED:
            return Thawing(root, "cgroup.freeze", "0")
        return Thawing(root, "freezer.state", "THAWED")

    def close(self) -> None:
        """Remove the instance's directories, and the common parent if no other instance lives."""
        for root in set(self._roots.values()):
            if files.remove(root):
                files.remove(root.parent)

    def features(self) -> list[Feature]:
        """All limits work with this interface."""
        return [
            Feature("memory limit", True, "memory controller, version 1; peaks are reset for each invocation"),
            Feature("processor share", True, "CFS quota in proportion to memory, version 1"),
            Feature("process limit", True, "pids controller, version 1"),
            Feature("freeze when idle", True, f"freezer, version {2 if self._frozen == UNIFIED else 1}"),
        ]

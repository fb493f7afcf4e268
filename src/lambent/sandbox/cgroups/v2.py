"""Control groups, version 2: one directory in the unified hierarchy."""

from __future__ import annotations

import os
from pathlib import Path

from lambent.sandbox.base import Feature, Usage
from lambent.sandbox.cgroups import files
from lambent.sandbox.cgroups.base import PERIOD_US, Limits, Thawing, most_processes, quota_us

CONTROLLERS = ("memory", "cpu", "pids")
_KILL_SECONDS = 5.0


class V2Group:
    """One environment's directory. Keeps memory.peak open: a reset counts for the descriptor that made it."""

    def __init__(self, directory: Path) -> None:
        self._at = directory
        self._peak: int | None = None
        self._cpu = files.Control(directory / "cpu.stat", os.O_RDONLY)
        self._freeze = files.Control(directory / "cgroup.freeze", os.O_WRONLY)
        self._events = files.Control(directory / "cgroup.events", os.O_RDONLY)

    def open(self) -> list[int]:
        """The descriptor of cgroup.procs."""
        return [os.open(self._at / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)]

    def limit(self, limits: Limits) -> None:
        """Set all limits of a new group."""
        self.set_memory(limits.memory)
        swap = self._at / "memory.swap.max"
        if swap.exists():
            files.write(swap, "0")
        files.write(self._at / "pids.max", str(limits.processes))

    def set_memory(self, memory: int) -> None:
        """Lower the limit of memory."""
        files.write(self._at / "memory.max", str(memory))

    def set_cpu(self, cpus: float | None) -> None:
        """Change the processor share."""
        quota = "max" if cpus is None else str(quota_us(cpus))
        files.write(self._at / "cpu.max", f"{quota} {PERIOD_US}")

    def freeze(self) -> bool:
        """Stop every process; True when all stand still."""
        self._freeze.write(b"1")
        return b"frozen 1" in self._events.read()

    def thaw(self) -> None:
        """Let all processes run again."""
        self._freeze.write(b"0")

    def usage(self) -> Usage:
        """Peak of memory and page cache (the present use before Linux 5.19), processor time."""
        name, microseconds = self._cpu.read().split(None, 2)[:2]
        cpu_ns = int(microseconds) * 1000 if name == b"usage_usec" else 0
        return Usage(memory_peak=self._read_peak(), cpu_ns=cpu_ns)

    def cpu_times(self) -> tuple[int, int]:
        """From cpu.stat."""
        times = files.fields(self._at / "cpu.stat")
        return times.get("user_usec", 0) * 1000, times.get("system_usec", 0) * 1000

    def members(self) -> list[int]:
        """From cgroup.procs."""
        return [int(text) for text in files.read(self._at / "cgroup.procs").split()]

    def tasks(self) -> int:
        """From pids.current."""
        return int(files.read(self._at / "pids.current"))

    def _read_peak(self) -> int:
        if self._peak is not None:
            return int(os.pread(self._peak, 64, 0))
        peak = self._at / "memory.peak"
        return int(files.read(peak if peak.exists() else self._at / "memory.current"))

    def memory(self) -> int:
        """Bytes in use now, the kernel's for these processes included."""
        return int(files.read(self._at / "memory.current"))

    def take_peak(self) -> int:
        """The memory peak in bytes; a new one begins, but before Linux 6.12 the peak since the start stays."""
        peak = self._read_peak()
        try:
            if self._peak is None:
                self._peak = os.open(self._at / "memory.peak", os.O_RDWR | os.O_CLOEXEC)
            os.write(self._peak, b"0")
        except OSError:
            self._forget_peak()
        return peak

    def _forget_peak(self) -> None:
        if self._peak is not None:
            os.close(self._peak)
            self._peak = None

    def oom_kills(self) -> int:
        """Kills so far, from memory.events."""
        return files.fields(self._at / "memory.events").get("oom_kill", 0)

    def kill(self) -> None:
        """Kill every process, frozen or not."""
        procs = self._at / "cgroup.procs"
        if not procs.exists():
            return
        whole = self._at / "cgroup.kill"  # since Linux 5.14

        def empty() -> bool:
            if whole.exists():
                files.write(whole, "1")
            else:
                files.kill_members(procs)
            return not files.read(procs)

        files.wait_until(empty, _KILL_SECONDS)

    def remove(self) -> bool:
        """Remove the directory; False while processes are still leaving."""
        self._forget_peak()
        for control in (self._cpu, self._freeze, self._events):
            control.close()
        return files.remove(self._at)


class V2Groups:
    """The groups of one instance below `base`, a directory whose children have the controllers."""

    def __init__(self, base: Path, instance: str) -> None:
        self._root = base / "lambent" / instance

    def prepare(self) -> None:
        """Make the instance's directory and hand the controllers down to it. Raises OSError."""
        self._root.mkdir(parents=True, exist_ok=True)
        for directory in (self._root.parent, self._root):
            files.write(directory / "cgroup.subtree_control", " ".join(f"+{name}" for name in CONTROLLERS))
        files.write(self._root / "pids.max", str(most_processes()))

    def create(self, name: str, limits: Limits) -> V2Group:
        """Make a group. Raises OSError and leaves nothing."""
        (self._root / name).mkdir()
        group = V2Group(self._root / name)
        try:
            group.limit(limits)
        except OSError:
            group.remove()
            raise
        return group

    def sweep(self) -> int:
        """End and remove the groups of an earlier run."""
        left = [path for path in self._root.iterdir() if path.is_dir()] if self._root.is_dir() else []
        for path in left:
            group = V2Group(path)
            group.kill()
            files.wait_until(group.remove, _KILL_SECONDS)
        return len(left)

    def thawing(self) -> Thawing:
        """Through cgroup.freeze."""
        return Thawing(self._root, "cgroup.freeze", "0")

    def close(self) -> None:
        """Remove the instance's directory, and the common parent if no other instance lives."""
        if files.remove(self._root):
            files.remove(self._root.parent)

    def features(self) -> list[Feature]:
        """All limits work; how far peaks do depends on the kernel."""
        release = tuple(int(part) for part in os.uname().release.split(".")[:2])
        peaks = (
            "reset for each invocation" if release >= (6, 12) else "since the environment's start (before Linux 6.12)"
        )
        return [
            Feature("memory limit", True, f"memory controller, version 2; peaks are {peaks}"),
            Feature("processor share", True, "quota in proportion to memory, version 2"),
            Feature("process limit", True, "pids controller, version 2"),
            Feature("freeze when idle", True, "cgroup.freeze"),
        ]

"""A server of one's own: runs `lambent serve` as a process on a free port. For the demo, tests and the bench."""

from __future__ import annotations

import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from lambent.cli.errors import CommandError

SERVE = ("-m", "lambent", "serve")
READY = "Lambent ready: "
START_SECONDS = 30.0
STOP_SECONDS = 20.0


class LocalServer:
    """`with LocalServer(data) as server:` gives a ready server; its output is in `log`.

    `endpoint` is its address; `ready_seconds` what it took from spawn to ready. Leaving the block ends it gracefully;
    `exit_status` then says how it ended.
    """

    def __init__(self, data: Path, options: Sequence[str] = (), program: Sequence[str] = SERVE) -> None:
        self.data = data
        self.log = data / "server.log"
        self.endpoint = ""
        self.ready_seconds = 0.0
        self.exit_status: int | None = None
        self._options = options
        self._program = program

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def __enter__(self) -> Self:
        self.data.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, *self._program, "--port", "0", "--data", str(self.data), *self._options]
        started = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, bufsize=0
            )
        try:
            self.endpoint = self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        self.ready_seconds = time.monotonic() - started
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server with SIGTERM; with SIGKILL, and exit status -9, if it does not end in time."""
        if self.exit_status is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self.exit_status = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.exit_status = self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def crash(self) -> None:
        """End the server as a power cut would: SIGKILL, no goodbye."""
        self._process.kill()
        self.exit_status = self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _wait_until_ready(self) -> str:
        assert self._process.stdout is not None
        deadline = time.monotonic() + START_SECONDS
        said = b""
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self._process.stdout], [], [], left)[0]:
                break
            line = self._process.stdout.readline()
            if not line:
                break
            said += line
            if line.decode().startswith(READY):
                return line.decode().removeprefix(READY).strip()
        raise CommandError(f"the server did not become ready; it said:\n{said.decode()}{self.log.read_text()}")


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, in no particular order; empty where there is no /proc."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    found: list[int] = []
    queue = [pid]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False

"""The Sandbox seam: what holds a function's processes. Contract: `tests/contract/test_sandbox.py`.

A sandbox starts *environments*. An environment has a supervisor (its pid 1, ours) and, once
`start_runtime` was called, a runtime process (the function's). The sandbox moves bytes and enforces
limits; it does not know what an invocation is.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

from lambent.model.invocation import ExitStatus
from lambent.model.runtime import Runtime
from lambent.sandbox.readings import Reading
from lambent.sandbox.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """All that an environment is made from.

    `id` is 32 hex digits. `code` is the unpacked package (becomes /var/task, read-only), `layers` the
    merged layers (becomes /opt) or None. `memory_mb`, `ephemeral_mb` in MB. `variables` is the whole
    environment of the runtime's process. `log_format` is `Text` or `JSON`. `command` starts the runtime's
    process (with `model.runtime`'s EXECUTABLE and LIBRARY for what has another path inside); without one it is
    forked (managed Python) or is the package's `bootstrap` (EXEC). With `full_speed_init` the processor share is
    that of the memory only from `limit_cpu` on, else from the start. `is_template`: the runtime's process can be
    captured (`Capturing`); `snapshot`: it continues from what was captured. Both for managed Python alone.
    """

    id: str
    runtime: Runtime
    code: Path
    layers: Path | None
    memory_mb: int
    ephemeral_mb: int
    handler: str
    variables: Mapping[str, str]
    log_format: str = "Text"
    command: tuple[str, ...] = ()
    full_speed_init: bool = False
    is_template: bool = False
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What an environment has used: memory peak in bytes since `take_peak`, CPU in nanoseconds since start."""

    memory_peak: int
    cpu_ns: int


@dataclass(frozen=True, slots=True)
class Feature:
    """One part of the isolation as it is on this machine, for `lambent doctor` and the start-up warning."""

    name: str
    works: bool
    detail: str


@dataclass(slots=True)
class RuntimeProcess:
    """The function's process and our ends of its descriptors; whoever receives it owns and closes them.

    `channel` is a connected stream socket speaking `runtime_api.frames`, None for EXEC runtimes.
    `logs` is the read end of the pipe that is its stdout and stderr; `telemetry` of the framed log
    descriptor (`_LAMBDA_TELEMETRY_LOG_FD`), None where the runtime does not use one. Both non-blocking.
    `exited` is done when the process has ended.
    """

    channel: socket.socket | None
    logs: int
    telemetry: int | None
    exited: asyncio.Future[ExitStatus]


@dataclass(slots=True)
class ExtensionProcess:
    """An external extension's process. `logs` is the non-blocking read end of the pipe that is its stdout and stderr;
    whoever receives it owns and closes it. `exited` is done when the process has ended. `name` tells it from others."""

    name: int
    logs: int
    exited: asyncio.Future[ExitStatus]


class Environment(Protocol):
    """One isolated world. `runtime_api` and `endpoint` are listening sockets *inside* it.

    `runtime_api` listens where AWS_LAMBDA_RUNTIME_API says (None where there is a channel); `endpoint` where
    AWS_ENDPOINT_URL says. The sandbox closes them when the environment is killed.
    """

    @property
    def spec(self) -> EnvironmentSpec: ...

    @property
    def runtime_api(self) -> socket.socket | None: ...

    @property
    def endpoint(self) -> socket.socket | None: ...

    async def start_runtime(self) -> RuntimeProcess:
        """Start the function's process. At most one at a time. Raises PlatformError."""
        ...

    async def freeze(self) -> None:
        """Stop every process of the function until `thaw`. Idempotent; a no-op where the machine cannot."""
        ...

    async def thaw(self) -> None:
        """Undo `freeze`. Idempotent."""
        ...

    def usage(self) -> Usage:
        """Peak memory and CPU, read now. Zeros where the machine cannot tell."""
        ...

    def take_peak(self) -> int:
        """The memory peak in bytes, 0 where the machine cannot tell; a new one begins (each invocation has its own)."""
        ...

    def set_cpu(self, cpus: float | None) -> None:
        """Change the processor share, in processors; None: no limit, as while the environment is being made."""
        ...

    def limit_cpu(self) -> None:
        """Set the processor share of `spec.memory_mb`, for when INIT is over.

        `start_runtime` does it, too, unless `spec.full_speed_init`: then there is no limit from there to here.
        """
        ...

    async def kill(self) -> None:
        """End every process, free all that the environment held (mounts, groups, /tmp). Idempotent, never raises."""
        ...


@runtime_checkable
class Sweeping(Protocol):
    """An environment that can be emptied and used again; one that is not `Sweeping` has to be made anew."""

    async def sweep(self) -> None:
        """End every process of the function and wait until none is left, frozen or not. Idempotent.

        The environment stays as it is: its /tmp, its listening sockets, its limits; `start_runtime` may follow.
        The old process's `exited` is done when this returns. Raises PlatformError if the environment is lost.
        """
        ...


@runtime_checkable
class Extensible(Protocol):
    """An environment that runs external extensions, and lets the platform connect to what listens inside.

    All of these need an environment that is not frozen. All raise PlatformError, also if the environment is lost.
    """

    async def open_socket(self, *, datagram: bool = False) -> socket.socket:
        """A new, unconnected, non-blocking TCP (or UDP) socket whose network is the inside of the environment."""
        ...

    async def list_extensions(self) -> list[str]:
        """The executable files in /opt/extensions, sorted by name."""
        ...

    async def start_extension(self, path: str, variables: Mapping[str, str]) -> ExtensionProcess:
        """Start a program inside, beside the runtime, as the same user; `variables` is its whole environment.

        Start them before the runtime. A program that cannot be run ends at once: its status has `refused`.
        """
        ...

    async def signal(self, number: int, extension: ExtensionProcess | None = None) -> None:
        """Send a signal to an extension's process, or else to the runtime's; nothing if that has ended."""
        ...


@runtime_checkable
class Capturing(Protocol):
    """An environment made from a spec that `is_template`.

    One that cannot capture may have no walls: then a process depends on the machine around it.
    """

    @property
    def can_capture(self) -> bool: ...

    def make_room(self) -> None:
        """Let its processes have twice their memory: the other half is for their image. Never raises."""
        ...

    async def take_snapshot(self) -> Snapshot:
        """What the runtime's process has written down of itself; it ends, and nothing runs here any more.

        The snapshot becomes the caller's. Raises PlatformError.
        """
        ...


@runtime_checkable
class Measurable(Protocol):
    """An environment of which more than `Usage` is known."""

    def read(self) -> Reading:
        """What it has used and holds, now."""
        ...


class Sandbox(Protocol):
    """A way to hold functions: `isolated` (namespaces, groups, seccomp) or `process` (the fallback)."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc: object) -> None:
        """Kill every environment and leave nothing behind."""
        ...

    @property
    def name(self) -> str: ...

    async def start(self, spec: EnvironmentSpec) -> Environment:
        """Make an environment, ready for `start_runtime`. Raises PlatformError."""
        ...

    def warm(self, runtime: Runtime, log_format: str = "Text", command: tuple[str, ...] = ()) -> None:
        """Functions of this runtime are in use: have what their environments start from ready soon. Never raises."""
        ...

    def features(self) -> list[Feature]:
        """What this sandbox isolates and limits here, each with its reason where it does not."""
        ...

"""The sandbox without walls, for machines that allow none: plain processes with the rights of the platform.

The same launcher, supervisor and protocol as in the isolated sandbox, but nothing is hidden, limited or frozen; it says
so at start, loudly. Each environment has a scratch directory in TMPDIR, and a port where it needs a Runtime API.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Self

from lambent.model.errors import PlatformError
from lambent.model.runtime import EXECUTABLE, LIBRARY, Runtime
from lambent.sandbox.base import EnvironmentSpec, Feature
from lambent.sandbox.cgroups.none import NoGroup
from lambent.sandbox.directory import Directory
from lambent.sandbox.environment import Fittings, LaunchedEnvironment
from lambent.sandbox.launcher import Plan
from lambent.sandbox.launchers import Launchers

_log = logging.getLogger(__name__)

_THREADS = 4
_TASK_ROOT = "/var/task/"
_MISSING = (
    ("namespaces", "functions see this machine's processes, files and network"),
    ("read-only root", "functions can write wherever the platform can"),
    ("system call filter", "functions have the platform's rights"),
    ("/tmp of its own size", "a directory in TMPDIR, without a limit"),
    ("memory limit", "none, and no peaks are known"),
    ("processor share", "none"),
    ("process limit", "none"),
    ("freeze when idle", "idle functions run on"),
    ("snapshots", "functions under SnapStart are initialized anew each time"),
)


class ProcessSandbox:
    """`data` and `library` as for the isolated sandbox; `endpoint_url` is the platform's own address."""

    name = "process"

    def __init__(self, data: Path, library: Callable[[Runtime], Path], endpoint_url: str) -> None:
        self._directory = Directory(data)
        self._library = library
        self._endpoint_url = endpoint_url
        self._environments: set[LaunchedEnvironment] = set()
        self._launchers = Launchers()
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="sandbox")

    async def __aenter__(self) -> Self:
        """Take the data directory; warn. Raises PlatformError."""
        self._directory.open()
        _log.warning("functions are NOT isolated: %s", "; ".join(f"{name}: {lack}" for name, lack in _MISSING))
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Kill every environment and launcher."""
        async with asyncio.TaskGroup() as group:
            for environment in self._environments:
                group.create_task(environment.kill())
        await self._launchers.close()
        self._executor.shutdown()
        self._directory.close()

    async def start(self, spec: EnvironmentSpec) -> LaunchedEnvironment:
        """Make an environment. Raises PlatformError; layers are refused, since /opt is the machine's."""
        if spec.layers is not None:
            raise PlatformError("the process sandbox cannot show layers at /opt")
        self._directory.inner(spec.code)
        plan = Plan.of(spec, self._library)
        launcher = await self._launchers.get(plan)
        scratch = self._directory.scratch / f"env-{spec.id}"
        scratch.mkdir(exist_ok=True)
        environment = LaunchedEnvironment(
            spec,
            Fittings(
                group=NoGroup(),
                executor=self._executor,
                cwd=str(spec.code),
                assignment=_assignment,
                addresses=lambda listeners: _addresses(listeners, spec.code, plan.library, scratch),
                owner=None,
                walled=False,
                released=lambda: self._released(environment, scratch),
                defaults={"AWS_ENDPOINT_URL": self._endpoint_url},
                bootstraps=(str(spec.code / "bootstrap"),),
                locate=partial(_locate, spec, plan.library),
            ),
        )
        self._environments.add(environment)
        try:
            await environment.launch(launcher)
        except BaseException:
            await environment.kill()
            raise
        return environment

    def warm(self, runtime: Runtime, log_format: str = "Text", command: tuple[str, ...] = ()) -> None:
        """Nothing: a launcher is quickly started where nothing is isolated."""

    def features(self) -> list[Feature]:
        """Nothing holds, and what that means."""
        return [Feature(name, False, lack) for name, lack in _MISSING]

    async def _released(self, environment: LaunchedEnvironment, scratch: Path) -> None:
        self._environments.discard(environment)
        remove = partial(shutil.rmtree, scratch, ignore_errors=True)
        await asyncio.get_running_loop().run_in_executor(self._executor, remove)


def _locate(spec: EnvironmentSpec, library: Path | None, part: str) -> str:
    if part.startswith(_TASK_ROOT):  # a wrapper script of the package
        part = str(spec.code / part.removeprefix(_TASK_ROOT))
    return part.replace(EXECUTABLE, spec.runtime.executable).replace(LIBRARY, str(library))


async def _assignment(spec: EnvironmentSpec) -> tuple[dict[str, Any], list[int]]:
    return {}, []


def _addresses(
    listeners: Mapping[str, socket.socket], code: Path, library: Path | None, scratch: Path
) -> dict[str, str]:
    """The variables that replace the fixed places of the isolated sandbox."""
    variables = {"LAMBDA_TASK_ROOT": str(code), "TMPDIR": str(scratch)}
    if library is not None:
        variables["LAMBDA_RUNTIME_DIR"] = str(library)
    if "runtime_api" in listeners:
        variables["AWS_LAMBDA_RUNTIME_API"] = "{}:{}".format(*listeners["runtime_api"].getsockname())
    return variables

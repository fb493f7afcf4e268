"""The sandbox with walls: namespaces, control groups, seccomp, a read-only root, a sized /tmp.

Works as root and, where the kernel allows user namespaces to everybody, without (then /tmp is in memory, and limits
need delegated control groups). What holds a function is built inside, by `inside/`; this is the platform's side.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from lambent.model.errors import PlatformError
from lambent.model.runtime import EXECUTABLE, LIBRARY, Runtime
from lambent.sandbox.base import EnvironmentSpec, Feature
from lambent.sandbox.cgroups.base import MB, Group, Groups, Limits, Thawing
from lambent.sandbox.cgroups.detect import detect
from lambent.sandbox.directory import Directory
from lambent.sandbox.disk import USUAL_MB, Disks, Scratch
from lambent.sandbox.environment import Fittings, LaunchedEnvironment
from lambent.sandbox.inside import isolate, machine_code, root
from lambent.sandbox.launcher import Plan
from lambent.sandbox.launchers import Launchers
from lambent.sandbox.outbound import Outbound
from lambent.sandbox.probe import is_rootless
from lambent.sandbox.reserve import Reserve, available_memory
from lambent.sandbox.stock import NONE, Sizes

_log = logging.getLogger(__name__)

FIRST_UID = 600_000
_THREADS = 8
LARGEST_MB = 10_240
_CAPTURED = ", ".join(machine_code.SERVED)
_TASK_ROOT = "/var/task"
_ADDRESSES = {"AWS_LAMBDA_RUNTIME_API": "{}:{}".format(*isolate.RUNTIME_API)}
_DEFAULTS = {"AWS_ENDPOINT_URL": "http://{}:{}".format(*isolate.ENDPOINT)}


class IsolatedSandbox:
    """`data` is the data directory (the code of functions lies below `data`/code), `library` gives the directory whose
    entries become /var/runtime, `first_uid` begins the range of host uids, one for each living environment.

    `groups` None means: what this machine has. `prepared` says how many environments to have ready for functions to
    come, `available` reads the machine's memory. `network` is the way out: `nat`, `none`, or `auto` for the
    former where it works.
    """

    name = "isolated"

    def __init__(
        self,
        data: Path,
        library: Callable[[Runtime], Path],
        *,
        groups: Groups | None = None,
        first_uid: int = FIRST_UID,
        prepared: Sizes = NONE,
        available: Callable[[], int] = available_memory,
        network: str = "none",
    ) -> None:
        self._directory = Directory(data)
        self._library = library
        self._groups = groups
        self._thawing: Thawing | None = None
        self._first_uid = first_uid
        self._slots: set[int] = set()
        self._environments: set[LaunchedEnvironment] = set()
        self._launchers = Launchers()
        self._reserve = Reserve(self._prepare, prepared, available)
        self._spare_disks = prepared.least
        self._generic: dict[Plan, EnvironmentSpec] = {}
        self._numbers = itertools.count()
        self._rootless = is_rootless()
        self._disks: Disks | None = None
        self._network = Outbound(network)
        self._tmp = Feature("/tmp of its own size", False, "not opened")
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="sandbox")

    async def __aenter__(self) -> Self:
        """Take the data directory, clean what a killed run left. Raises PlatformError."""
        self._directory.open()
        try:
            if self._groups is None:
                self._groups = detect(self._directory.instance)
            swept = await asyncio.get_running_loop().run_in_executor(self._executor, self._groups.sweep)
            self._thawing = self._groups.thawing()
            if swept:
                _log.info("ended %d environments of an earlier run", swept)
            await self._choose_tmp()
            await self._network.open(self._executor, rootless=self._rootless)
            for feature in self.features():
                if not feature.works:
                    _log.warning("%s: %s", feature.name, feature.detail)
        except BaseException:
            self._directory.close()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Kill every environment and launcher; leave nothing."""
        await self._reserve.close()
        async with asyncio.TaskGroup() as group:
            for environment in self._environments:
                group.create_task(environment.kill())
        if self._disks is not None:
            await self._disks.close()
        await self._launchers.close()
        await self._network.close()
        if self._groups is not None:
            with contextlib.suppress(OSError):
                self._groups.close()
        self._executor.shutdown()
        self._directory.close()

    async def start(self, spec: EnvironmentSpec) -> LaunchedEnvironment:
        """Make an environment, ready for `start_runtime`. Raises PlatformError and leaves nothing."""
        if self._groups is None:
            raise PlatformError("the sandbox is not open")
        self._shown(spec)
        plan = self._plan(spec)
        environment = None if spec.is_template else self._reserve.take(plan)
        if environment is not None:
            try:
                await environment.adopt(spec)
                return environment
            except PlatformError as error:
                _log.warning("a prepared environment could not be used: %s", error)
                await environment.kill()
            except BaseException:
                await environment.kill()
                raise
        launcher = await self._launchers.get(plan)
        environment = await self._furnished(spec, plan)
        try:
            await environment.launch(launcher)
            await self._network.attach(environment, environment.endpoint)
        except BaseException:
            await environment.kill()
            raise
        return environment

    def warm(self, runtime: Runtime, log_format: str = "Text", command: tuple[str, ...] = ()) -> None:
        """Have a launcher and a few environments of this runtime ready soon."""
        generic = EnvironmentSpec(
            "", runtime, Path(), None, LARGEST_MB, USUAL_MB, "", {}, log_format=log_format, command=command
        )
        try:
            self._reserve.warm(self._plan(generic))
        except PlatformError as error:
            _log.warning("%s cannot be prepared: %s", runtime.name, error)

    async def _prepare(self, plan: Plan) -> LaunchedEnvironment:
        """An environment for whatever function of this plan comes. Raises PlatformError and leaves nothing."""
        launcher = await self._launchers.get(plan)
        spec = replace(self._generic[plan], id=f"ahead-{next(self._numbers)}")
        environment = await self._furnished(spec, plan)
        try:
            await environment.prepare(launcher)
            await self._network.attach(environment, environment.endpoint)
        except BaseException:
            await environment.kill()
            raise
        return environment

    async def _furnished(self, spec: EnvironmentSpec, plan: Plan) -> LaunchedEnvironment:
        """An environment with a group, a uid and a /tmp, but no process yet. Raises PlatformError."""
        if self._groups is None:
            raise PlatformError("the sandbox is not open")
        slot = next(number for number in itertools.count() if number not in self._slots)
        self._slots.add(slot)
        try:
            group = await self._group(self._groups, spec)
        except BaseException:
            self._slots.remove(slot)
            raise
        uid = None if self._rootless else self._first_uid + slot
        tmp = Scratch(self._disks, spec.ephemeral_mb)
        environment = LaunchedEnvironment(
            spec,
            Fittings(
                group=group,
                executor=self._executor,
                cwd=_TASK_ROOT,
                assignment=lambda assigned: self._assignment(assigned, uid, tmp),
                addresses=lambda listeners: _ADDRESSES,
                owner=uid,
                walled=True,
                released=lambda: self._released(environment, slot, tmp),
                defaults=_DEFAULTS,
                locate=partial(_locate, spec.runtime),
                ahead={"ahead": True, "uid": uid} if plan.preload else None,
            ),
        )
        self._environments.add(environment)
        return environment

    def features(self) -> list[Feature]:
        """What holds here; the walls are those that a launcher cannot do without."""
        how = "as an unprivileged user" if self._rootless else "as root, each environment with a host uid of its own"
        walls = [
            Feature("namespaces", True, f"mount, pid, ipc, uts, net, cgroup, user: {how}"),
            Feature("read-only root", True, "only /tmp can be written"),
            Feature("system call filter", True, "seccomp, no capability, no new privileges"),
            self._tmp,
            self._network.feature,
            Feature("snapshots", platform.machine() in machine_code.SERVED, f"SnapStart, on {_CAPTURED}"),
        ]
        return walls + ([] if self._groups is None else self._groups.features())

    async def _choose_tmp(self) -> None:
        """Use images on loop devices if one can be mounted now, else memory."""
        if self._rootless:
            self._tmp = Feature(
                "/tmp of its own size", False, "in memory (tmpfs), which counts as the function's: a disk needs root"
            )
            return
        disks = Disks(self._directory.scratch, self._executor, spare=self._spare_disks)
        try:
            trial = await disks.mount(USUAL_MB)
        except PlatformError as error:
            self._tmp = Feature(
                "/tmp of its own size", False, f"in memory (tmpfs), which counts as the function's: {error}"
            )
            return
        trial.close()
        self._disks = disks
        self._tmp = Feature("/tmp of its own size", True, "ext4 on a loop device")

    def _plan(self, spec: EnvironmentSpec) -> Plan:
        plan = replace(
            Plan.of(spec, self._library),
            isolated=True,
            rootless=self._rootless,
            trees=(("code", self._directory.code), ("layers", self._directory.layers)),
            staging=self._directory.root,
            thawing=self._thawing,
            nameservers=self._network.nameservers,
        )
        if plan not in self._generic:
            self._generic[plan] = replace(spec, memory_mb=LARGEST_MB, ephemeral_mb=USUAL_MB, variables={})
        return plan

    async def _group(self, groups: Groups, spec: EnvironmentSpec) -> Group:
        limits = Limits(memory=spec.memory_mb * MB)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, groups.create, spec.id, limits)
        except OSError as error:
            raise PlatformError(f"the control group of environment {spec.id} cannot be made: {error}") from error

    def _shown(self, spec: EnvironmentSpec) -> dict[str, str | None]:
        """The function's trees as the inside names them. Raises PlatformError."""
        layers = None if spec.layers is None else self._directory.inner(spec.layers)
        return {"code": self._directory.inner(spec.code), "layers": layers}

    async def _assignment(
        self, spec: EnvironmentSpec, uid: int | None, tmp: Scratch
    ) -> tuple[dict[str, Any], list[int]]:
        return {**self._shown(spec), "uid": uid, "tmp_mb": spec.ephemeral_mb}, await tmp.take(spec.ephemeral_mb)

    async def _released(self, environment: LaunchedEnvironment, slot: int, tmp: Scratch) -> None:
        """The last step of an environment's end: its disk is detached, its uid is free."""
        self._slots.discard(slot)
        self._environments.discard(environment)
        self._network.release(environment)
        if not await tmp.close():
            _log.error("environment %s: its loop device is still attached", environment.spec.id)


def _locate(runtime: Runtime, part: str) -> str:
    if EXECUTABLE in part:
        prefix = runtime.prefix and os.path.realpath(runtime.prefix)
        part = part.replace(EXECUTABLE, root.seen_as(os.path.realpath(runtime.executable), prefix))
    return part.replace(LIBRARY, root.RUNTIME)

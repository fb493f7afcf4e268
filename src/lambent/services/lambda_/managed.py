"""Functions on managed instances: what their configuration must be, and how many environments each version has."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.invoke.base import InitFailure, Invoker
from lambent.model.function import LATEST, Capacity, FunctionVersion, State
from lambent.runtimes import names as runtimes
from lambent.services.lambda_ import capacity_errors, limits
from lambent.services.lambda_.capacity_repository import CapacityRepository, Scaling
from lambent.services.lambda_.names import Place, capacity_arn, capacity_named
from lambent.services.lambda_.repository import Repository
from lambent.services.operation import Params

CONFIG, INSTANCES = "CapacityProviderConfig", "LambdaManagedInstancesCapacityProviderConfig"

_FIRST = {"python": (3, 13), "nodejs": (22,), "java": (21,)}
"""The first version of each language that runs several invocations at once."""

_CONCURRENCY = {"python": 16, "nodejs": 64, "java": 32, "provided": 64}
"""How many for each vCPU, if nothing is said."""

_AT_ONCE = 1000


class Managed:
    """See the module. `least` is how many environments a version has if nothing is said."""

    def __init__(self, repository: Repository, capacities: CapacityRepository, invoker: Invoker, least: int) -> None:
        self.capacities = capacities
        self._repository = repository
        self._invoker = invoker
        self._least = least

    async def capacity(self, ctx: Context, params: Params, version: FunctionVersion) -> Capacity | None:
        """What a new or changed function (`version`, as it is to be) has of which provider. Raises ApiError."""
        asked = params.get(CONFIG, {}).get(INSTANCES)
        before = version.capacity
        if asked is None and before is None:
            return None
        if asked is None:
            assert before is not None
            asked = {
                "CapacityProviderArn": before.provider,
                "PerExecutionEnvironmentMaxConcurrency": before.concurrency,
                "ExecutionEnvironmentMemoryGiBPerVCpu": before.memory_gib_per_vcpu,
            }
        name = capacity_named(ctx, asked["CapacityProviderArn"], "PassCapacityProvider")
        if await self.capacities.provider(ctx, name) is None:
            raise capacity_errors.not_found(capacity_arn(ctx, name))
        ratio = float(asked.get("ExecutionEnvironmentMemoryGiBPerVCpu", limits.GIB_PER_VCPU))
        vcpus = check(version, ratio)
        most = int(vcpus * limits.CONCURRENCY_PER_VCPU)
        usual = int(vcpus * _CONCURRENCY[runtimes.language(version.runtime)])
        concurrency = asked.get("PerExecutionEnvironmentMaxConcurrency", usual)
        if concurrency > most:
            raise capacity_errors.too_concurrent(most, limits.CONCURRENCY_PER_VCPU)
        return Capacity(capacity_arn(ctx, name), concurrency, ratio)

    async def versions(self, at: Place, provider: str) -> list[FunctionVersion]:
        """Every version that is configured to use a provider. Reads all versions."""
        arn = capacity_arn(at, provider)
        found: list[FunctionVersion] = []
        after: tuple[str, str] | None = None
        while page := await self._repository.all_versions(at, after=after, limit=_AT_ONCE):
            found += [version for version in page if version.capacity is not None and version.capacity.provider == arn]
            after = page[-1].name, page[-1].version
        return found

    async def admit(self, at: Place, capacity: Capacity | None) -> None:
        """May there be one more version? Raises ApiError."""
        if capacity is None:
            return
        published = [each for each in await self.versions(at, capacity.provider.rpartition(":")[2]) if is_kept(each)]
        if len(published) >= limits.CAPACITY_VERSIONS:
            raise capacity_errors.too_many_versions(limits.CAPACITY_VERSIONS)

    async def keep(self, version: FunctionVersion) -> None:
        """Have as many environments of a version kept as it is to have; nothing if it is none of these."""
        if not is_kept(version):
            return
        scaling = await self.capacities.scaling(version, version.name, version.version)
        least, most, vcpus = await self._range(version, scaling)
        if version.state is not State.ACTIVE:
            least = most = 0
        self._invoker.plan(version, least, most, vcpus, await self._target(version))

    async def launched(self, version: FunctionVersion) -> InitFailure | None:
        """Have a version's environments started, before it is Active; when they are, or why they cannot be."""
        await self.keep(msgspec.structs.replace(version, state=State.ACTIVE))
        failure = await self._invoker.launched(version)
        if failure is not None:
            self.forget(version)
        return failure

    def forget(self, version: FunctionVersion) -> None:
        """Keep no environments of this revision."""
        self._invoker.plan(version, 0, 0, 0)

    async def scaling(self, version: FunctionVersion) -> tuple[Scaling, Scaling | None]:
        """What holds for a version, and what was asked for."""
        asked = await self.capacities.scaling(version, version.name, version.version)
        least, most, _ = await self._range(version, asked)
        return Scaling(version.name, version.version, least, most), asked

    async def _target(self, version: FunctionVersion) -> float | None:
        capacity = version.capacity
        share = (
            None if capacity is None else await self.capacities.provider(version, capacity.provider.rpartition(":")[2])
        )
        return None if share is None else share.value.target

    async def _range(self, version: FunctionVersion, asked: Scaling | None) -> tuple[int, int, float]:
        """Environments at least and at most, and the provider's processors."""
        capacity = version.capacity
        vcpus = 0.0
        if capacity is not None:
            share = await self.capacities.provider(version, capacity.provider.rpartition(":")[2])
            vcpus = 0.0 if share is None else float(share.value.vcpus)
        room = int(vcpus / version.vcpus)
        least = self._least if asked is None or asked.least is None else asked.least
        most = max(room, least) if asked is None or asked.most is None else asked.most
        if asked is None or asked.least is None:
            least = min(least, most)
        return least, most, vcpus


def check(version: FunctionVersion, ratio: float) -> float:
    """How many processors an environment has; `ratio` is GiB for each. Raises ApiError for what it cannot have."""
    language = runtimes.language(version.runtime)
    fits = runtimes.version(version.runtime) >= _FIRST[language] if language in _FIRST else False
    if not fits and version.runtime != "provided.al2023":
        raise capacity_errors.runtime_unfit(version.runtime)
    if version.memory_mb < limits.MANAGED_MEMORY_MB:
        raise capacity_errors.memory_too_small(limits.MANAGED_MEMORY_MB)
    vcpus = version.memory_mb / 1024 / ratio
    if vcpus < 1:
        raise capacity_errors.less_than_a_processor(version.memory_mb, ratio)
    if version.logging.log_format != "JSON":
        raise capacity_errors.json_logs_only()
    if version.tenancy:
        raise capacity_errors.not_with("Tenant isolation")
    if version.snap_start:
        raise capacity_errors.not_with("SnapStart")
    return vcpus


def is_kept(version: FunctionVersion) -> bool:
    """Whether there are environments of it before anybody calls."""
    return version.capacity is not None and version.version != LATEST

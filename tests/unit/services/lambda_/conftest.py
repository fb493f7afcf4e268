"""Lambda's operations over the memory store, a code store in a temporary directory, and an invoker that records."""

from __future__ import annotations

import asyncio
import inspect
import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lambent.bus.memory import MemoryBus
from lambent.context import Context, Principal
from lambent.invoke.base import EnvironmentInfo, InitFailure, InvokeRequest, Provisioned, ProvisionedStatus
from lambent.invoke.template import Outcome, Unfit
from lambent.model.errors import ApiError
from lambent.model.event_source import EventSourceMapping, SourceKind
from lambent.model.function import FunctionVersion
from lambent.model.invocation import InvocationResult
from lambent.model.runtime import Runtime, RuntimeKind
from lambent.neighbours.base import ANSWER_BYTES
from lambent.neighbours.errors import nowhere
from lambent.sandbox.snapshot import Snapshot
from lambent.services.lambda_.allocations import Allocations
from lambent.services.lambda_.api import LambdaApi
from lambent.services.lambda_.async_acceptance import Asynchronous
from lambent.services.lambda_.capacity_repository import CapacityRepository
from lambent.services.lambda_.code_admission import CodeAdmission
from lambent.services.lambda_.code_signing_repository import CodeSigningRepository
from lambent.services.lambda_.customer_keys import CustomerKeys
from lambent.services.lambda_.durable.chained import ChainedInvokes
from lambent.services.lambda_.durable.invoking import Invoking
from lambent.services.lambda_.durable.keys import ExecutionKeys
from lambent.services.lambda_.durable.repository import DurableRepository
from lambent.services.lambda_.durable.runs import Durable, Runs
from lambent.services.lambda_.event_invoke_repository import EventInvokeRepository
from lambent.services.lambda_.event_source_repository import EventSourceRepository
from lambent.services.lambda_.idleness import Idleness
from lambent.services.lambda_.layer_repository import LayerRepository
from lambent.services.lambda_.managed import Managed
from lambent.services.lambda_.mapping_states import MappingStates, settled
from lambent.services.lambda_.provisioned_repository import ProvisionedRepository
from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.sealed_code import CodeTrees, SealedPackages
from lambent.services.lambda_.signing_profiles import SigningProfiles
from lambent.services.lambda_.states import States
from lambent.services.lambda_.url_repository import UrlRepository
from lambent.services.operation import Result
from lambent.sources.base import SourceRefused
from lambent.store.code import CodeStore
from lambent.store.layers import LayerTrees
from lambent.store.memory import MemoryStore
from lambent.wire.model import load
from tests.spoken import spoken

ACCOUNT = "000000000000"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
PYTHON = Runtime("python3.12", RuntimeKind.PYTHON, "3.12.1")


class StoppedClock:
    """Time that moves when told to. Seconds since the epoch."""

    def __init__(self) -> None:
        self.at = 1_790_000_000.123

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        if seconds > 100:
            await asyncio.get_running_loop().create_future()  # whoever sleeps so long is woken by something else
        self.at += seconds


class CountedIds:
    """Ids in the order in which they are asked for."""

    def __init__(self) -> None:
        self.count = 0

    def request_id(self) -> str:
        self.count += 1
        return f"00000000-0000-4000-8000-{self.count:012d}"

    def hex(self, digits: int) -> str:
        self.count += 1
        return f"{self.count:0{digits}x}"

    def fraction(self) -> float:
        return 0.5


class RecordingInvoker:
    """The data plane's seam: keeps what it is told, answers what it is given."""

    def __init__(self) -> None:
        self.invoked: list[tuple[FunctionVersion, InvokeRequest]] = []
        self.retired: list[tuple[str, str | None]] = []
        self.reserved: dict[str, int | None] = {}
        self.shares: dict[str, list[tuple[str, int]]] = {}
        self.targets: dict[str, float | None] = {}
        self.plans: dict[str, tuple[str, int, int, float]] = {}
        self.answer = InvocationResult(payload=b"1", executed_version="$LATEST")
        self.launching = asyncio.Event()
        self.launching.set()
        self.failing: InitFailure | None = None
        self.room = 900
        self.play: Callable[[Context, InvokeRequest], Awaitable[InvocationResult]] | None = None

    async def invoke(self, ctx: Context, function: FunctionVersion, request: InvokeRequest) -> InvocationResult:
        self.invoked.append((function, request))
        return self.answer if self.play is None else await self.play(ctx, request)

    def retire(self, arn: str, keep: str | None) -> None:
        self.retired.append((arn, keep))

    def reserve(self, function_arn: str, concurrency: int | None) -> None:
        if concurrency is not None and concurrency > self.room:
            raise ValueError(concurrency)
        self.reserved[function_arn] = concurrency

    def provision(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        if sum(count for _, count in shares) > self.room:
            raise ValueError(arn)
        self.shares[arn] = [(version.version, count) for version, count in shares]
        if not shares:
            del self.shares[arn]

    def provisioned(self, arn: str) -> Provisioned | None:
        if (shares := self.shares.get(arn)) is None:
            return None
        return Provisioned(sum(count for _, count in shares), 1, 0, ProvisionedStatus.IN_PROGRESS)

    def plan(self, function: FunctionVersion, least: int, most: int, vcpus: float, target: float | None = None) -> None:
        self.targets[function.arn] = target
        self.plans[function.arn] = function.revision_id, least, most, vcpus

    async def launched(self, function: FunctionVersion) -> InitFailure | None:
        await self.launching.wait()
        return self.failing

    def environments(self) -> list[EnvironmentInfo]:
        return []


class RecordingPollers:
    """The pollers' seam: keeps what it is told; refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.kinds = {SourceKind.SQS, SourceKind.KINESIS, SourceKind.KAFKA}
        self.applied: list[EventSourceMapping] = []
        self.refusal = ""
        self.results: dict[str, str] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    async def probe(self, mapping: EventSourceMapping, run_seconds: int) -> None:
        if self.refusal:
            raise SourceRefused(self.refusal)

    def last_result(self, uuid: str) -> str:
        return self.results.get(uuid, "No records processed")

    async def apply(self, mapping: EventSourceMapping) -> None:
        await self.gate.wait()
        self.applied.append(mapping)


class FakeSnapshots:
    """Captures nothing: `outcome` is what comes of it, or is raised."""

    def __init__(self) -> None:
        self.outcome: Outcome | Exception = Unfit("is only pretended")
        self.made_of: list[FunctionVersion] = []
        self.forgotten: list[FunctionVersion] = []

    async def made(self, function: FunctionVersion) -> Outcome:
        self.made_of.append(function)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def holds(self, function: FunctionVersion) -> bool:
        return isinstance(self.outcome, Snapshot)

    def forget(self, function: FunctionVersion) -> None:
        self.forgotten.append(function)


class Neighbourhood:
    """Services elsewhere: `answers` by operation, a result or an ApiError; there is nothing else."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, str, Any, int]] = []

    async def call(
        self, ctx: Context, service: str, operation: str, params: Any, *, answer_bytes: int = ANSWER_BYTES
    ) -> Any:
        self.calls.append((service, operation, params, answer_bytes))
        answer = self.answers.get(operation) or nowhere(service)
        if isinstance(answer, ApiError):
            raise answer
        return answer


class RecordingDurable:
    """Hears of durable executions."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    def found(self, account: str, region: str, function: str) -> None:
        self.heard.append(("found", function))

    def begun(self, account: str, region: str, function: str) -> None:
        self.heard.append(("begun", function))

    def ended(self, account: str, region: str, function: str, status: str, seconds: float, operations: int) -> None:
        self.heard.append(("ended", function, status, seconds, operations))


class World:
    """All operations of the Lambda service; `call` runs one as the account's root."""

    def __init__(self, directory: Path, store: MemoryStore | None = None) -> None:
        self.directory = directory
        self.clock = StoppedClock()
        self.ids = CountedIds()
        self.bus = MemoryBus()
        self.store = store or MemoryStore()
        self.invoker = RecordingInvoker()
        self.code = CodeStore(directory)
        self.runtimes: dict[str, Runtime | None] = dict.fromkeys(("python3.12", "python3.13", "nodejs22.x"), PYTHON)
        self.gate = asyncio.Event()
        self.gate.set()
        self.repository = Repository(self.store, self.bus)
        self.layers = LayerRepository(self.store)
        self.layer_trees = LayerTrees(directory, self.code)
        self.provisions = ProvisionedRepository(self.store)
        self.capacities = CapacityRepository(self.store)
        self.managed = Managed(self.repository, self.capacities, self.invoker, 3)
        self.allocations = Allocations(self.repository, self.provisions, self.managed, self.invoker)
        self.urls = UrlRepository(self.store, self.repository)
        self.signing = CodeSigningRepository(self.store)
        profiles = SigningProfiles(directory / "profiles")
        self.admission = CodeAdmission(
            self.signing, profiles, self.code.blobs.read, self.clock, lambda _: self.unsigned()
        )
        self.incidents: list[tuple[str, str]] = []
        """Function name, metric."""
        self.neighbours = Neighbourhood()
        keys = CustomerKeys(self.neighbours)
        self.trees = CodeTrees(self.code, keys, self.as_service)
        self.seals = SealedPackages(keys, self.as_service, self.locate)
        self.pollers = RecordingPollers()
        self.mappings = EventSourceRepository(self.store)
        self.mapping_states = MappingStates(self.mappings, self.pollers)
        self.snapshots = FakeSnapshots()
        self.states = States(
            self.repository,
            self.tree,
            lambda function: self.gate.is_set() and self.trees.is_here(function),
            self.layer_trees.tree_of,
            self.runtimes.get,
            self.managed,
            self.allocations.settled,
            self.snapshots,
            self.clock,
            self.ids,
        )
        self.idleness = Idleness(
            self.repository, self.provisions, self.states, self.invoker, self.clock, self.ids, None
        )
        self.events = EventInvokeRepository(self.store)
        self.asynchronous = Asynchronous()
        self.execution_keys = ExecutionKeys(keys, self.as_service, self.clock)
        self.told = RecordingDurable()
        self.executions = DurableRepository(self.store, self.execution_keys)
        invoking = Invoking(self.repository, self.invoker, self.clock, self.ids)
        chained = ChainedInvokes(self.repository, self.neighbours, self.clock, self.ids)
        self.runs = Runs(self.executions, invoking, chained, self.clock, self.ids, self.told)
        self.api = LambdaApi(
            repository=self.repository,
            layers=self.layers,
            allocations=self.allocations,
            mappings=self.mappings,
            mapping_states=self.mapping_states,
            pollers=self.pollers,
            urls=self.urls,
            events=self.events,
            asynchronous=self.asynchronous,
            neighbours=self.neighbours,
            durable=Durable(self.executions, self.runs, self.execution_keys),
            admission=self.admission,
            code=self.code,
            states=self.states,
            idleness=self.idleness,
            invoker=self.invoker,
            seals=self.seals,
            trusts=None,
            architecture="x86_64",
            choose_runtime=self.runtimes.get,
            shows_layers=True,
            concurrency_limit=1000,
            unreserved_minimum=100,
            incident=lambda _, function, metric: self.incidents.append((function, metric)),
        )
        self.operations = self.api.operations

    def unsigned(self) -> None:
        """Code was let through that nobody had signed."""
        self.incidents.append(("", "unsigned"))

    def after_a_crash(self) -> World:
        """Another server on the same data; this one never gets to settle anything if its gate is shut."""
        return World(self.directory, self.store)

    def locate(self, ctx: Context, digest: str, key: bytes = b"") -> str:
        return f"{ctx.endpoint}/code/{digest}{key.hex()}"

    def as_service(self, service: str, source_arn: str) -> Context:
        principal = Principal(ACCOUNT, "", "", service=service, source_arn=source_arn, source_account=ACCOUNT)
        return Context(ACCOUNT, REGION, principal, self.ids.request_id(), self.clock, self.ids)

    async def tree(self, function: FunctionVersion) -> Path:
        await self.gate.wait()
        return await self.trees.tree(function)

    def ctx(self, region: str = REGION, account: str = ACCOUNT, **more: Any) -> Context:
        principal = Principal(account, f"arn:aws:iam::{account}:root", "AKIA")
        return Context(
            account, region, principal, self.ids.request_id(), self.clock, self.ids, "http://127.0.0.1:4566", **more
        )

    async def call(self, name: str, ctx: Context | None = None, **params: Any) -> Result:
        return spoken("lambda", name, await self.operations[name].handler(ctx or self.ctx(), params))

    async def create(self, name: str = "f", **params: Any) -> Result:
        """A function with sensible parameters; not yet Active."""
        given = {
            "FunctionName": name,
            "Role": ROLE,
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Code": {"ZipFile": package()},
        }
        return await self.call("CreateFunction", **(given | params))

    async def settled(self, name: str = "f", qualifier: str = "$LATEST") -> Result:
        """The configuration once nothing is Pending or InProgress."""
        while True:
            shown = await self.call("GetFunctionConfiguration", FunctionName=name, Qualifier=qualifier)
            if shown["State"] != "Pending" and shown["LastUpdateStatus"] != "InProgress":
                return shown
            await asyncio.sleep(0)

    async def mapped(self, uuid: str) -> Result | None:
        """The event source mapping when nothing is being done about it; None when it is gone."""
        while True:
            kept = await self.mappings.mapping(self.ctx(), uuid)
            if kept is None:
                return None
            if settled(kept.value):
                return await self.call("GetEventSourceMapping", UUID=uuid)
            await asyncio.sleep(0)

    async def refused(self, name: str, ctx: Context | None = None, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as caught:
            await self.call(name, ctx, **params)
        return caught.value.code, caught.value.message


def package(text: str = "def handler(event, context): return 1", name: str = "app.py") -> bytes:
    """A zip file with one module."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()


def refusals(module: ModuleType) -> list[ApiError]:
    """Each function of a module of refusals, called with made-up words."""
    made = []
    for _, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__:
            parameters = inspect.signature(function).parameters.values()
            made.append(function(*(["x"] if "Iterable" in p.annotation else "x" for p in parameters)))
    return [error for error in made if isinstance(error, ApiError)]


def check_refusal(error: ApiError) -> None:
    """The model has it (or AWS's front end), and it says that the caller is at fault."""
    if load("lambda").errors.get(error.code) is None:
        assert error.code in {"ValidationException", "AccessDeniedException"}
    else:
        assert error.fields == {"Type": "User"}
    assert error.message


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    async with made.store, made.bus, made.states, made.mapping_states, made.runs:
        yield made


@pytest.fixture
def zipped() -> Callable[..., bytes]:
    return package

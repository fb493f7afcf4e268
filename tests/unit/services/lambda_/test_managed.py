"""Functions on managed instances: what they must be, what is published, what runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lambent.invoke.base import InitFailure
from lambent.services.lambda_ import limits
from tests.unit.services.lambda_.test_capacity_shares import ARN as PROVIDER
from tests.unit.services.lambda_.test_capacity_shares import create as create_provider
from tests.unit.services.lambda_.test_recovery import recovered

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
CODE = "InvalidParameterValueException"


def config(**more: Any) -> dict[str, Any]:
    return {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": PROVIDER, **more}}


def parameters(**more: Any) -> dict[str, Any]:
    return {"Runtime": "python3.13", "MemorySize": 4096, "CapacityProviderConfig": config()} | more


@pytest.fixture
async def provided(world: World) -> World:
    """A world with a capacity provider."""
    await create_provider(world)
    return world


async def test_what_is_not_said_follows_from_memory_and_runtime(provided: World) -> None:
    made = await provided.create(**parameters())
    assert made["CapacityProviderConfig"] == config(
        PerExecutionEnvironmentMaxConcurrency=32, ExecutionEnvironmentMemoryGiBPerVCpu=2.0
    )
    assert made["LoggingConfig"]["LogFormat"] == "JSON"
    made = await provided.create(
        "g",
        **parameters(
            MemorySize=8192,
            Runtime="nodejs22.x",
            CapacityProviderConfig=config(ExecutionEnvironmentMemoryGiBPerVCpu=8.0),
            LoggingConfig={"SystemLogLevel": "WARN"},
        ),
    )
    instances = made["CapacityProviderConfig"]["LambdaManagedInstancesCapacityProviderConfig"]
    assert instances["PerExecutionEnvironmentMaxConcurrency"] == 64
    assert made["LoggingConfig"]["SystemLogLevel"] == "WARN"
    await provided.settled()
    changed = await provided.call("UpdateFunctionConfiguration", FunctionName="f", MemorySize=32768)
    assert changed["MemorySize"] == 32768
    assert changed["CapacityProviderConfig"] == config(
        PerExecutionEnvironmentMaxConcurrency=32, ExecutionEnvironmentMemoryGiBPerVCpu=2.0
    )


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (
            {"MemorySize": 2047},
            "MemorySize must be greater than or equal to 2048 MB for functions with a capacity provider.",
        ),
        (
            {"CapacityProviderConfig": config(ExecutionEnvironmentMemoryGiBPerVCpu=4.5)},
            "MemorySize 4096 MB with ExecutionEnvironmentMemoryGiBPerVCpu 4.5 is less than one vCPU. Increase"
            " MemorySize or decrease ExecutionEnvironmentMemoryGiBPerVCpu.",
        ),
        (
            {"CapacityProviderConfig": config(PerExecutionEnvironmentMaxConcurrency=129)},
            "PerExecutionEnvironmentMaxConcurrency must be less than or equal to 128: 64 for each vCPU.",
        ),
        (
            {"Runtime": "python3.12"},
            "The runtime python3.12 is not supported for functions with a capacity provider. Use python3.13,"
            " nodejs22.x, java21 or later ones, or provided.al2023.",
        ),
        (
            {"Runtime": "ruby3.3"},
            "The runtime ruby3.3 is not supported for functions with a capacity provider. Use python3.13,"
            " nodejs22.x, java21 or later ones, or provided.al2023.",
        ),
        (
            {"LoggingConfig": {"LogFormat": "Text"}},
            "LogFormat must be JSON for functions with a capacity provider.",
        ),
        (
            {"SnapStart": {"ApplyOn": "PublishedVersions"}},
            "SnapStart is not supported for functions with a capacity provider.",
        ),
        (
            {"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}},
            "Tenant isolation is not supported for functions with a capacity provider.",
        ),
    ],
)
async def test_what_cannot_be(provided: World, params: dict[str, Any], text: str) -> None:
    assert await provided.refused("CreateFunction", FunctionName="f", **full(params)) == (CODE, text)
    assert (await provided.call("ListFunctions"))["Functions"] == []


def full(params: dict[str, Any]) -> dict[str, Any]:
    from tests.unit.services.lambda_.conftest import ROLE, package

    return {"Role": ROLE, "Handler": "a.b", "Code": {"ZipFile": package()}} | parameters(**params)


async def test_a_provider_that_is_not_there(world: World) -> None:
    refusal = await world.refused("CreateFunction", FunctionName="f", **full({}))
    assert refusal == ("ResourceNotFoundException", f"Capacity provider not found: {PROVIDER}")


async def test_a_function_does_not_move(provided: World) -> None:
    await provided.create()
    await provided.settled()
    text = (
        "CapacityProviderConfig can only be set when a function is created. Create another function to use a capacity"
        " provider."
    )
    update = await provided.refused("UpdateFunctionConfiguration", FunctionName="f", CapacityProviderConfig=config())
    assert update == (CODE, text)
    text = "PublishTo is only supported for functions with a capacity provider."
    publish = await provided.refused("PublishVersion", FunctionName="f", PublishTo="LATEST_PUBLISHED")
    assert publish == (CODE, text)


async def test_what_does_not_go_together(provided: World) -> None:
    await provided.create(**parameters(), Publish=True)
    await provided.settled("f", "1")
    rest = "is not supported for functions with a capacity provider."
    provision = await provided.refused(
        "PutProvisionedConcurrencyConfig", FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1
    )
    assert provision == (CODE, f"Provisioned Concurrency {rest}")
    reserve = await provided.refused("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=1)
    assert reserve == (CODE, f"ReservedConcurrentExecutions {rest}")
    tail = await provided.refused("Invoke", FunctionName="f", Qualifier="1", LogType="Tail")
    assert tail == (CODE, f"LogType Tail {rest}")
    latest = await provided.refused("Invoke", FunctionName="f", Qualifier="$LATEST")
    assert latest == (CODE, f"Invoking $LATEST {rest}")


async def test_only_what_is_published_runs_and_is_kept(provided: World, zipped: Any) -> None:
    await provided.create(**parameters())
    await provided.settled()
    unpublished = await provided.refused("Invoke", FunctionName="f")
    assert unpublished == ("ResourceNotFoundException", f"Function not found: {ARN}:$LATEST.PUBLISHED")
    assert provided.invoker.plans == {}

    first = await provided.call("PublishVersion", FunctionName="f", PublishTo="LATEST_PUBLISHED")
    assert (first["Version"], first["FunctionArn"]) == ("$LATEST.PUBLISHED", f"{ARN}:$LATEST.PUBLISHED")
    assert first["State"] == "Pending"
    first = await provided.settled("f", "$LATEST.PUBLISHED")
    plan = (first["RevisionId"], 3, 200, 400.0)
    assert provided.invoker.plans == {f"{ARN}:$LATEST.PUBLISHED": plan}
    await provided.call("Invoke", FunctionName="f")
    await provided.call("Invoke", FunctionName=f"{ARN}:$LATEST.PUBLISHED")
    assert [function.version for function, _ in provided.invoker.invoked] == ["$LATEST.PUBLISHED"] * 2

    await provided.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("new"), PublishTo="LATEST_PUBLISHED")
    second = await provided.settled("f", "$LATEST.PUBLISHED")
    assert second["CodeSha256"] != first["CodeSha256"]
    assert provided.invoker.plans[f"{ARN}:$LATEST.PUBLISHED"][0] == second["RevisionId"]
    assert provided.invoker.retired[-1] == (f"{ARN}:$LATEST.PUBLISHED", second["RevisionId"])
    numbered = await provided.call("PublishVersion", FunctionName="f")
    assert numbered["Version"] == "1"
    listed = await provided.call("ListVersionsByFunction", FunctionName="f")
    assert [each["Version"] for each in listed["Versions"]] == ["$LATEST", "$LATEST.PUBLISHED", "1"]
    await provided.call("DeleteFunction", FunctionName="f", Qualifier="$LATEST.PUBLISHED")
    assert provided.invoker.retired[-1] == (f"{ARN}:$LATEST.PUBLISHED", None)


async def test_so_many_versions_and_no_more(provided: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CAPACITY_VERSIONS", 1)
    await provided.create(**parameters(), Publish=True)
    await provided.settled("f", "1")
    code = "FunctionVersionsPerCapacityProviderLimitExceededException"
    text = "The maximum number of function versions (1) for the capacity provider has been reached."
    refusal = await provided.refused("PublishVersion", FunctionName="f", PublishTo="LATEST_PUBLISHED")
    assert refusal == (code, text)


async def test_kept_again_after_a_restart(provided: World) -> None:
    await provided.create(**parameters(), Publish=True)
    await provided.settled("f", "1")
    second = provided.after_a_crash()
    async with second.states:
        await recovered(second)
    assert second.invoker.plans == provided.invoker.plans
    assert list(second.invoker.plans) == [f"{ARN}:1"]


async def test_active_when_its_environments_are_up(provided: World) -> None:
    provided.invoker.launching.clear()
    await provided.create(**parameters(), Publish=True)
    await provided.settled()
    assert list(await _starting(provided)) == [f"{ARN}:1"]
    code, text = await provided.refused("Invoke", FunctionName="f", Qualifier="1")
    assert code == "ResourceConflictException"
    assert text.endswith("The function is currently in the following state: Pending")
    provided.invoker.launching.set()
    shown = await provided.settled("f", "1")
    assert (shown["State"], shown["RevisionId"]) == ("Active", provided.invoker.plans[f"{ARN}:1"][0])


async def test_failed_when_its_init_fails_and_what_was_published_before_answers(provided: World, zipped: Any) -> None:
    await provided.create(**parameters(), PublishTo="LATEST_PUBLISHED")
    first = await provided.settled("f", "$LATEST.PUBLISHED")
    provided.invoker.launching.clear()
    provided.invoker.failing = InitFailure("FunctionError.RuntimeInitError", "The function failed.")
    await provided.call("UpdateFunctionCode", FunctionName="f", ZipFile=zipped("new"), PublishTo="LATEST_PUBLISHED")
    await provided.settled()
    for launching in (True, False):
        await provided.call("Invoke", FunctionName="f")
        assert provided.invoker.invoked[-1][0].revision_id == first["RevisionId"], launching
        provided.invoker.launching.set()
        shown = await provided.settled("f", "$LATEST.PUBLISHED")
    assert (shown["State"], shown["StateReasonCode"], shown["StateReason"]) == (
        "Failed",
        "FunctionError.RuntimeInitError",
        "The function failed.",
    )
    assert provided.invoker.plans[f"{ARN}:$LATEST.PUBLISHED"][1:] == (0, 0, 0)

    second = provided.after_a_crash()
    async with second.states:
        await recovered(second)
    assert second.invoker.plans[f"{ARN}:$LATEST.PUBLISHED"][0] == first["RevisionId"]
    provided.invoker.failing = None
    await provided.call("PublishVersion", FunctionName="f", PublishTo="LATEST_PUBLISHED")
    third = await provided.settled("f", "$LATEST.PUBLISHED")
    await provided.call("Invoke", FunctionName="f")
    assert provided.invoker.invoked[-1][0].revision_id == third["RevisionId"]


async def _starting(world: World) -> dict[str, Any]:
    while not world.invoker.plans:  # noqa: ASYNC110
        await asyncio.sleep(0)
    return world.invoker.plans

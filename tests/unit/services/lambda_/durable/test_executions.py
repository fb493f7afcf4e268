"""What users see of executions, and do to them."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.unit.services.lambda_.durable.conftest import CALLBACK, DONE, FOREVER, PENDING, Stage
from tests.unit.services.lambda_.durable.making import ARN

CONFLICT, INVALID = "ResourceConflictException", "InvalidParameterValueException"


async def waiting(stage: Stage, **more: str) -> str:
    stage.acts.append(([CALLBACK], PENDING))
    arn = await stage.start(**more)
    await stage.idle()
    return arn


async def test_what_is_not_there(stage: Stage) -> None:
    missing = ("ResourceNotFoundException", "Durable Execution does not exist")
    for name in ("Get", "Stop", "Pause", "Resume", "Delete"):
        assert await stage.world.refused(f"{name}DurableExecution", DurableExecutionArn=ARN) == missing
    given = {"DurableExecutionArn": ARN, "CheckpointToken": "AAAA"}
    for name in ("CheckpointDurableExecution", "GetDurableExecutionState"):
        assert await stage.world.refused(name, **given) == (INVALID, "Invalid checkpoint token")


async def test_the_state_in_pages(stage: Stage) -> None:
    stage.held.clear()
    stage.acts = [([CALLBACK], PENDING)]
    arn = await stage.start()
    await stage.idle()
    token = stage.events[0]["CheckpointToken"]
    answer = await stage.world.call(
        "CheckpointDurableExecution", DurableExecutionArn=arn, CheckpointToken=token, Updates=[CALLBACK, FOREVER]
    )
    given = {"DurableExecutionArn": arn, "CheckpointToken": answer["CheckpointToken"]}
    first = await stage.world.call("GetDurableExecutionState", **given, MaxItems=2)
    rest = await stage.world.call("GetDurableExecutionState", **given, Marker=first["NextMarker"])
    assert [each["Type"] for each in first["Operations"] + rest["Operations"]] == ["EXECUTION", "CALLBACK", "WAIT"]
    assert "NextMarker" not in rest
    refused = await stage.world.refused("GetDurableExecutionState", **given | {"CheckpointToken": token})
    assert refused == (INVALID, "Invalid checkpoint token")
    assert (await stage.world.refused("GetDurableExecutionState", **given, Marker="x"))[0] == INVALID


async def test_history_both_ways_in_pages(stage: Stage) -> None:
    arn = await waiting(stage)
    expected = ["ExecutionStarted", "CallbackStarted", "InvocationCompleted"]
    for reverse in (False, True):
        found, marker = list[str](), ""
        while marker is not None:
            given = {"DurableExecutionArn": arn, "MaxItems": 2, "ReverseOrder": reverse, "Marker": marker}
            shown = await stage.world.call("GetDurableExecutionHistory", **given)
            found += [event["EventType"] for event in shown["Events"]]
            marker = shown.get("NextMarker")
        assert found == (expected[::-1] if reverse else expected)


async def test_lists(stage: Stage) -> None:
    arns = []
    for number in range(3):
        arns.append(await waiting(stage, DurableExecutionName=f"n{number}"))
        stage.world.clock.at += 1
    await stage.world.call("StopDurableExecution", DurableExecutionArn=arns[1])

    async def listed(**more: object) -> list[str]:
        shown = await stage.world.call("ListDurableExecutionsByFunction", FunctionName="d", **more)
        return [each["DurableExecutionName"] for each in shown["DurableExecutions"]]

    assert await listed() == ["n2", "n1", "n0"]
    assert await listed(ReverseOrder=True) == ["n0", "n1", "n2"]
    assert await listed(Statuses=["STOPPED"]) == ["n1"]
    assert await listed(DurableExecutionName="n0", Qualifier="$LATEST") == ["n0"]
    assert await listed(Qualifier="1") == []
    then = datetime.fromtimestamp(stage.world.clock.at - 2.5, UTC)
    assert await listed(StartedAfter=then) == ["n2", "n1"]
    assert await listed(StartedBefore=then) == ["n0"]
    first = await stage.world.call("ListDurableExecutionsByFunction", FunctionName="d", MaxItems=2)
    assert await listed(Marker=first["NextMarker"]) == ["n0"]
    assert (await stage.world.refused("ListDurableExecutionsByFunction", FunctionName="x"))[0] == (
        "ResourceNotFoundException"
    )


async def test_stopping(stage: Stage) -> None:
    arn = await waiting(stage)
    first = await stage.world.call("StopDurableExecution", DurableExecutionArn=arn, Error={"ErrorType": "Enough"})
    stage.world.clock.at += 5
    assert await stage.world.call("StopDurableExecution", DurableExecutionArn=arn) == first
    shown = await stage.world.call("GetDurableExecution", DurableExecutionArn=arn)
    assert (shown["Status"], shown["Error"]) == ("STOPPED", {"ErrorType": "Enough"})


async def test_pausing_and_resuming(stage: Stage) -> None:
    arn = await waiting(stage)
    given = {"DurableExecutionArn": arn, "ClientToken": "t", "Reason": "lunch"}
    running = (CONFLICT, f"The durable execution is in the RUNNING state: {arn}")
    assert await stage.world.refused("ResumeDurableExecution", **given) == running
    for _ in range(2):
        await stage.world.call("PauseDurableExecution", **given)
    paused = (CONFLICT, f"The durable execution is in the PAUSED state: {arn}")
    assert await stage.world.refused("PauseDurableExecution", **given | {"ClientToken": "u"}) == paused
    shown = await stage.world.call("GetDurableExecution", DurableExecutionArn=arn)
    assert (shown["Status"], shown["PauseDetails"]["Reason"]) == ("PAUSED", "lunch")
    for _ in range(2):
        await stage.world.call("ResumeDurableExecution", **given)
    assert (await stage.history(arn))[-2:] == ["ExecutionPaused", "ExecutionResumed"]


async def test_deleting(stage: Stage) -> None:
    arn = await waiting(stage)
    text = f"Only a durable execution that has ended can be deleted: {arn}"
    assert await stage.world.refused("DeleteDurableExecution", DurableExecutionArn=arn) == (CONFLICT, text)
    stage.acts = [([], DONE)]
    await stage.world.call("StopDurableExecution", DurableExecutionArn=arn)
    shown = await stage.world.call("DeleteDurableExecution", DurableExecutionArn=arn)
    assert shown["DeletionRequestTimestamp"] == stage.world.clock.at
    await stage.idle()
    assert (await stage.world.refused("GetDurableExecution", DurableExecutionArn=arn))[0] == (
        "ResourceNotFoundException"
    )

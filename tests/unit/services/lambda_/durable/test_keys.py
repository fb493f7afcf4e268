"""Executions whose data lies under a key of KMS: what is stored, who is asked, and what a key that refuses does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.durable.arns import execution_ref
from lambent.services.lambda_.durable.keys import REMEMBERED_SECONDS
from tests.unit.services.lambda_.durable.conftest import CALLBACK, DONE, PENDING, Stage
from tests.unit.services.lambda_.kms import DENIED, KEY, DataKeys

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

SECRET = b'"a secret"'
DENIAL = (
    "Lambda was unable to decrypt the durable execution data because KMS access was denied. Please check the function's"
    " KMS key settings. KMS Exception: AccessDeniedException KMS Message: no"
)
SERVICE = "lambda.amazonaws.com"


@pytest.fixture
def kms() -> DataKeys:
    return DataKeys()


@pytest.fixture
async def stage(world: World, kms: DataKeys, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A durable function under a key."""
    monkeypatch.setattr(world.neighbours, "call", kms.call)
    config = {"ExecutionTimeout": 900_000, "RetentionPeriodInDays": 1, "KMSKeyArn": KEY}
    made = await world.create("d", DurableConfig=config)
    assert made["DurableConfig"] == config
    await world.settled("d")
    stage = Stage(world)
    world.invoker.play = stage.play
    kms.asked.clear()
    return stage


async def test_nothing_that_it_is_given_or_gives_is_stored_in_the_clear(stage: Stage, kms: DataKeys) -> None:
    step = {"Id": "s", "Type": "STEP", "Action": "START"}
    done = step | {"Action": "SUCCEED", "Payload": "a secret"}
    stage.acts = [([step, done], {"Status": "SUCCEEDED", "Result": SECRET.decode()})]
    arn = await stage.start(Payload=SECRET)
    shown = await stage.ended(arn)
    assert (shown["InputPayload"], shown["Result"]) == (SECRET.decode(), SECRET.decode())
    assert shown["DurableConfig"]["KMSKeyArn"] == KEY
    assert len((await stage.world.call("GetDurableExecutionHistory", DurableExecutionArn=arn))["Events"]) == 5
    records = await stage.world.store.list("", limit=1000)
    assert [each.key for each in records if b"a secret" in each.value] == []
    reader = stage.world.ctx().principal.arn
    assert kms.asked == [("GenerateDataKey", KEY, SERVICE), *[("Decrypt", KEY, reader)] * 2]
    (listed,) = (await stage.world.call("ListDurableExecutionsByFunction", FunctionName="d"))["DurableExecutions"]
    assert listed["KMSKeyArn"] == KEY


async def test_who_may_not_decrypt_sees_no_data(stage: Stage, kms: DataKeys) -> None:
    stage.acts = [([], DONE)]
    arn = await stage.start()
    await stage.ended(arn)
    kms.refused["Decrypt"] = DENIED
    for operation in ("GetDurableExecution", "GetDurableExecutionHistory"):
        refused = await stage.world.refused(operation, DurableExecutionArn=arn)
        assert refused == ("KMSAccessDeniedException", DENIAL)
        assert await stage.world.call(operation, DurableExecutionArn=arn, IncludeExecutionData=False)


async def test_without_the_key_none_begins(stage: Stage, kms: DataKeys) -> None:
    kms.refused["GenerateDataKey"] = DENIED
    given = {"FunctionName": "d", "Qualifier": "$LATEST", "InvocationType": "Event", "Payload": b"1"}
    assert await stage.world.refused("Invoke", **given) == ("KMSAccessDeniedException", DENIAL)
    unable = "Lambda was unable to encrypt your durable execution data because the KMS access was denied."
    config = {"DurableConfig": {"KMSKeyArn": KEY}}
    code, text = await stage.world.refused("UpdateFunctionConfiguration", FunctionName="d", **config)
    assert (code, text.startswith(unable)) == ("InvalidParameterValueException", True)
    kms.refused.clear()
    changed = await stage.world.call(
        "UpdateFunctionConfiguration", FunctionName="d", DurableConfig={"ExecutionTimeout": 5}
    )
    assert changed["DurableConfig"]["KMSKeyArn"] == KEY
    await stage.world.settled("d")
    back = await stage.world.call("UpdateFunctionConfiguration", FunctionName="d", DurableConfig={"KMSKeyArn": ""})
    assert "KMSKeyArn" not in back["DurableConfig"]


async def test_an_execution_keeps_its_key_and_what_could_not_be_written_down_is_done_again(
    stage: Stage, kms: DataKeys
) -> None:
    stage.held.clear()
    stage.acts = [([CALLBACK], PENDING), ([], DONE)]
    arn = await stage.start(Payload=SECRET)
    await stage.idle()
    await stage.world.call("UpdateFunctionConfiguration", FunctionName="d", DurableConfig={"KMSKeyArn": ""})
    await stage.world.settled("d")
    kms.refused["Decrypt"] = ApiError("DisabledException", "it is off")
    stage.world.clock.at += REMEMBERED_SECONDS + 1
    stage.held.set()
    await stage.idle()
    which = execution_ref(arn)
    found = await stage.world.executions.execution(which, "d", which.id)
    assert found is not None
    assert (found.invocation != "", len(stage.events)) == (True, 1)
    kms.refused.clear()
    shown = await stage.ended(arn)
    assert (shown["Status"], shown["InputPayload"], len(stage.events)) == ("SUCCEEDED", SECRET.decode(), 2)


async def test_who_calls_back_is_told_and_can_do_so_later(stage: Stage, kms: DataKeys) -> None:
    stage.acts = [([CALLBACK], PENDING), ([], DONE)]
    arn = await stage.start()
    await stage.idle()
    ((operation,),) = [told["NewExecutionState"]["Operations"] for told in stage.told]
    callback = {"CallbackId": operation["CallbackDetails"]["CallbackId"], "Result": b"1"}
    kms.refused["Decrypt"] = DENIED
    stage.world.clock.at += REMEMBERED_SECONDS + 1
    refused = await stage.world.refused("SendDurableExecutionCallbackSuccess", **callback)
    assert refused == ("KMSAccessDeniedException", DENIAL)
    await stage.idle()
    kms.refused.clear()
    await stage.idle()
    await stage.world.call("SendDurableExecutionCallbackSuccess", **callback)
    assert (await stage.ended(arn))["Status"] == "SUCCEEDED"

"""The targets of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.services.events.conftest import QUEUE

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World


async def test_put_listed_replaced_and_removed(world: World) -> None:
    await world.rule("r", '{"source": ["x"]}', {"Arn": QUEUE}, {"Arn": QUEUE, "InputPath": "$.detail"})
    await world.call("PutTargets", Rule="r", Targets=[{"Id": "0", "Arn": QUEUE, "Input": "1"}])
    assert (await world.call("ListTargetsByRule", Rule="r"))["Targets"] == [
        {"Id": "0", "Arn": QUEUE, "Input": "1"},
        {"Id": "1", "Arn": QUEUE, "InputPath": "$.detail"},
    ]
    first = await world.call("ListTargetsByRule", Rule="r", Limit=1)
    assert [each["Id"] for each in first["Targets"]] == ["0"]
    assert await world.call("RemoveTargets", Rule="r", Ids=["0", "9"]) == {
        "FailedEntryCount": 1,
        "FailedEntries": [
            {
                "TargetId": "9",
                "ErrorCode": "ResourceNotFoundException",
                "ErrorMessage": "Rule does not have a target with the provided id.",
            }
        ],
    }
    assert [each["Id"] for each in (await world.call("ListTargetsByRule", Rule="r"))["Targets"]] == ["1"]


async def test_log_groups_are_near(world: World) -> None:
    await world.rule("r", '{"source": ["x"]}', {"Arn": "arn:aws:logs:us-east-1:000000000000:log-group:/g"})
    for arn in ("arn:aws:logs:us-east-1:111111111111:log-group:/g", "arn:aws:logs:eu-west-1:000000000000:log-group:/g"):
        assert await world.refused("PutTargets", Rule="r", Targets=[{"Id": "1", "Arn": arn}]) == (
            "ValidationException",
            "Parameter Arn is not valid. Reason: The log group must be in the account and the region of the rule.",
        )


async def test_five_and_no_more(world: World) -> None:
    await world.rule("r", '{"source": ["x"]}', *[{"Arn": QUEUE}] * 5)
    assert await world.refused("PutTargets", Rule="r", Targets=[{"Id": "9", "Arn": QUEUE}]) == (
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.",
    )


async def test_one_that_will_not_do_leaves_all_as_it_was(world: World) -> None:
    await world.rule("r", '{"source": ["x"]}')
    given = [{"Id": "1", "Arn": QUEUE}, {"Id": "2", "Arn": "x"}]
    assert await world.refused("PutTargets", Rule="r", Targets=given) == (
        "ValidationException",
        "Parameter Arn is not valid. Reason: Provided Arn is not in correct format.",
    )
    assert (await world.call("ListTargetsByRule", Rule="r"))["Targets"] == []
    assert (await world.refused("PutTargets", Rule="s", Targets=given[:1]))[0] == "ResourceNotFoundException"

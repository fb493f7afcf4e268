"""Batches through pipes: enriched, put into form, handed over, and what comes back to the source."""

from __future__ import annotations

import json
from typing import Any

from lambent.model.errors import ApiError
from lambent.services.pipes.flow import most_at_once
from lambent.sources.base import Outcome, Result
from tests.unit.services.pipes.conftest import BUS, FUNCTION, QUEUE, TOPIC, World

ENRICHMENT = FUNCTION.replace(":work", ":enrich")


def answering(value: Any, **more: Any) -> Any:
    return lambda params: {"StatusCode": 200, "Payload": json.dumps(value).encode()} | more


def failed(outcome: Outcome) -> list[str]:
    assert outcome.result is Result.DONE
    return [each["itemIdentifier"] for each in json.loads(outcome.payload)["batchItemFailures"]]


async def test_records_go_as_they_are(world: World) -> None:
    assert failed(await world.pour("hello")) == []
    (call,) = world.neighbours.calls
    assert call == (
        "sqs",
        "SendMessageBatch",
        {
            "QueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/out",
            "Entries": [{"Id": "0", "MessageBody": '{"messageId":"0","body":"hello"}'}],
        },
    )


async def test_a_function_gets_a_list_in_the_targets_form(world: World) -> None:
    world.neighbours.answers["Invoke"] = answering("done")
    template = {"InputTemplate": '{"n": <$.body.n>}'}
    assert failed(await world.pour('{"n": 1}', '{"n": 2}', target=FUNCTION, target_parameters=template)) == []
    assert world.neighbours.calls == [
        ("lambda", "Invoke", {"FunctionName": FUNCTION, "Payload": b'[{"n":1},{"n":2}]'}),
    ]


async def test_a_function_that_is_not_waited_for(world: World) -> None:
    how = {"LambdaFunctionParameters": {"InvocationType": "FIRE_AND_FORGET"}}
    assert failed(await world.pour("a", target=FUNCTION, target_parameters=how)) == []
    assert world.neighbours.calls[0][2]["InvocationType"] == "Event"


async def test_a_function_names_what_failed(world: World) -> None:
    world.neighbours.answers["Invoke"] = answering({"batchItemFailures": [{"itemIdentifier": "1"}]})
    assert failed(await world.pour("a", "b", "c", target=FUNCTION)) == ["1"]
    world.neighbours.answers["Invoke"] = answering({"batchItemFailures": [{"itemIdentifier": "7"}]})
    assert failed(await world.pour("a", "b", target=FUNCTION)) == ["0", "1"]
    world.neighbours.answers["Invoke"] = answering({"batchItemFailures": []})
    assert failed(await world.pour("a", "b", target=FUNCTION)) == []


async def test_a_function_that_fails_leaves_all_to_the_queue(world: World) -> None:
    world.neighbours.answers["Invoke"] = answering({"errorMessage": "no"}, FunctionError="Unhandled")
    assert (await world.pour("a", target=FUNCTION)).result is Result.FAILED
    assert (await world.pour("a", enrichment=ENRICHMENT)).result is Result.FAILED


async def test_an_enrichment_answers_with_what_goes_on(world: World) -> None:
    world.neighbours.answers["Invoke"] = answering([{"name": "one"}, {"name": "two"}, {"name": "three"}])
    parameters = {"InputTemplate": "<$.body>"}
    target = {"InputTemplate": "hello <$.name>"}
    outcome = await world.pour(
        '{"id": 1}', "two", enrichment=ENRICHMENT, enrichment_parameters=parameters, target_parameters=target
    )
    assert failed(outcome) == []
    assert world.neighbours.calls[0][2] == {"FunctionName": ENRICHMENT, "Payload": b'[{"id":1},"two"]'}
    assert [entry["MessageBody"] for entry in world.neighbours.calls[1][2]["Entries"]] == [
        "hello one",
        "hello two",
        "hello three",
    ]


async def test_an_enrichment_that_answers_nothing_keeps_what_it_got(world: World) -> None:
    for nothing in ([], {}, "", None):
        world.neighbours.answers["Invoke"] = answering(nothing)
        assert failed(await world.pour("a", enrichment=ENRICHMENT)) == []
    world.neighbours.answers["Invoke"] = lambda params: {"StatusCode": 200}
    assert failed(await world.pour("a", enrichment=ENRICHMENT)) == []
    assert {operation for _, operation, _ in world.neighbours.calls} == {"Invoke"}


async def test_an_enrichment_that_answers_more_than_the_target_takes(world: World) -> None:
    world.neighbours.answers["Invoke"] = answering(list(range(11)))
    assert failed(await world.pour("a", enrichment=ENRICHMENT)) == ["0"]
    assert len(world.neighbours.calls) == 1


async def test_entries_that_a_target_does_not_take_stay(world: World) -> None:
    world.neighbours.answers["SendMessageBatch"] = lambda params: {"Failed": [{"Id": "1"}]}
    world.neighbours.answers["PublishBatch"] = lambda params: {"Failed": [{"Id": "0"}]}
    world.neighbours.answers["PutEvents"] = lambda params: {"Entries": [{"ErrorCode": "MalformedDetail"}, {}]}
    assert failed(await world.pour("a", "b")) == ["1"]
    assert failed(await world.pour("a", "b", target=TOPIC)) == ["0"]
    assert failed(await world.pour("a", "b", target=BUS)) == ["0"]
    world.neighbours.answers["Invoke"] = answering([1, 2, 3])
    assert failed(await world.pour("a", "b", enrichment=ENRICHMENT)) == ["0", "1"]


async def test_what_may_pass_is_tried_soon(world: World) -> None:
    def throttled(params: object) -> dict[str, object]:
        raise ApiError("TooManyRequestsException", "slow down", status=429)

    def refused(params: object) -> dict[str, object]:
        raise ApiError("AccessDeniedException", "no", status=403)

    world.neighbours.answers["SendMessageBatch"] = throttled
    assert (await world.pour("a")).result is Result.LATER
    world.neighbours.answers["SendMessageBatch"] = refused
    assert (await world.pour("a")).result is Result.FAILED


async def test_a_template_that_makes_no_json_fails(world: World) -> None:
    template = {"InputTemplate": '{"n": <$.body> <$.body>}'}
    assert (await world.pour("a", target_parameters=template)).result is Result.FAILED


def test_how_much_a_target_takes() -> None:
    assert [most_at_once(arn) for arn in (QUEUE, TOPIC, BUS, FUNCTION)] == [10, 10, 10, None]


async def test_a_role_that_no_longer_trusts_lets_nothing_flow(world: World) -> None:
    assert (await world.pour("a", role="arn:aws:iam::000000000000:role/other")).result is Result.FAILED
    assert world.neighbours.calls == []

from __future__ import annotations

from datetime import UTC, datetime

from lambent.sources.base import Result
from tests.unit.services.pipes.conftest import BUS, PLACE, QUEUE, TOPIC, World


async def test_parameters_may_lead_into_the_record(world: World) -> None:
    given = {"MessageGroupId": "$.body.customer", "MessageDeduplicationId": "$.body.none"}
    await world.pour('{"customer": "c1"}', target=f"{QUEUE}.fifo", target_parameters={"SqsQueueParameters": given})
    (entry,) = world.neighbours.calls[0][2]["Entries"]
    assert entry == {
        "Id": "0",
        "MessageBody": '{"messageId":"0","body":"{\\"customer\\": \\"c1\\"}"}',
        "MessageGroupId": "c1",
    }


async def test_a_bus_is_told_where_an_event_comes_from(world: World) -> None:
    await world.pour("a", target=BUS)
    assert world.neighbours.calls[0][2]["Entries"] == [
        {
            "EventBusName": BUS,
            "Source": "Pipe p",
            "DetailType": "Event from aws:sqs",
            "Detail": '{"messageId":"0","body":"a"}',
        }
    ]
    given = {"Source": "shop", "DetailType": "$.body.kind", "Resources": ["$.body.arn", "fixed"], "Time": "$.body.at"}
    parameters = {"EventBridgeEventBusParameters": given, "InputTemplate": "<$.body>"}
    await world.pour(
        '{"kind": "order", "arn": "a", "at": "2026-11-28T12:00:00Z"}', target=BUS, target_parameters=parameters
    )
    assert world.neighbours.calls[1][2]["Entries"] == [
        {
            "EventBusName": BUS,
            "Source": "shop",
            "DetailType": "order",
            "Detail": '{"kind":"order","arn":"a","at":"2026-11-28T12:00:00Z"}',
            "Resources": ["a", "fixed"],
            "Time": datetime(2026, 11, 28, 12, tzinfo=UTC),
        }
    ]


async def test_a_topic_gets_a_batch(world: World) -> None:
    await world.pour("a", "b", target=TOPIC, target_parameters={"InputTemplate": "<$.body>"})
    assert world.neighbours.calls == [
        (
            "sns",
            "PublishBatch",
            {
                "TopicArn": TOPIC,
                "PublishBatchRequestEntries": [{"Id": "0", "Message": "a"}, {"Id": "1", "Message": "b"}],
            },
        )
    ]


async def test_log_streams_get_their_lines(world: World) -> None:
    parameters = {"CloudWatchLogsParameters": {"LogStreamName": "$.body.s"}, "InputTemplate": "<$.body.t>"}
    await world.pour(
        *(f'{{"s": "{stream}", "t": "{text}"}}' for stream, text in (("a", "1"), ("b", "2"), ("a", "3"))),
        target=f"arn:aws:logs:{PLACE}:log-group:lines:*",
        target_parameters=parameters,
    )
    told = [
        (params["logGroupName"], params["logStreamName"], params["logEvents"])
        for _, _, params in world.neighbours.calls
    ]
    now = int(world.clock.now() * 1000)
    assert told == [
        ("lines", "a", [{"timestamp": now, "message": "1"}, {"timestamp": now, "message": "3"}]),
        ("lines", "b", [{"timestamp": now, "message": "2"}]),
    ]


async def test_times_may_lead_into_the_record(world: World) -> None:
    parameters = {"CloudWatchLogsParameters": {"LogStreamName": "s", "Timestamp": "$.body.at"}}
    logs = {"target": f"arn:aws:logs:{PLACE}:log-group:lines", "target_parameters": parameters}
    await world.pour('{"at": 1795867200000}', **logs)
    assert world.neighbours.calls[0][2]["logEvents"][0]["timestamp"] == 1_795_867_200_000
    assert (await world.pour('{"at": "noon"}', **logs)).result is Result.FAILED
    bus = {"EventBridgeEventBusParameters": {"Time": "noon"}}
    assert (await world.pour("a", target=BUS, target_parameters=bus)).result is Result.FAILED
    assert len(world.neighbours.calls) == 1

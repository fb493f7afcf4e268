"""Event source mappings: their life, what they refuse, and what the pollers are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:work"
STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
INVALID = "InvalidParameterValueException"


@pytest.fixture
async def world(world: World) -> World:
    """With a function `f`, its version 1 and its alias `live`."""
    await world.create(Publish=True)
    await world.settled("f", "1")
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    return world


async def create(world: World, **params: Any) -> Any:
    given = {"FunctionName": "f", "EventSourceArn": QUEUE} | params
    return await world.call("CreateEventSourceMapping", **given)


async def settled(world: World, uuid: str) -> Any:
    """The mapping when nothing is being done about it."""
    shown = await world.mapped(uuid)
    assert shown is not None
    return shown


async def test_a_life(world: World) -> None:
    made = await create(world, BatchSize=5, Tags={"a": "1"})
    uuid = made["UUID"]
    assert made == {
        "UUID": uuid,
        "BatchSize": 5,
        "MaximumBatchingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
        "EventSourceArn": QUEUE,
        "EventSourceMappingArn": f"{ARN}event-source-mapping:{uuid}",
        "FunctionArn": f"{ARN}function:f",
        "LastModified": world.clock.at,
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
    }
    assert await settled(world, uuid) == made | {"State": "Enabled"}
    arn = made["EventSourceMappingArn"]
    await world.call("TagResource", Resource=arn, Tags={"b": "2"})
    await world.call("UntagResource", Resource=arn, TagKeys=["a"])
    assert await world.call("ListTags", Resource=arn) == {"Tags": {"b": "2"}}

    changed = await world.call("UpdateEventSourceMapping", UUID=uuid, Enabled=False, FunctionName="f:live")
    assert (changed["State"], changed["FunctionArn"]) == ("Disabling", f"{ARN}function:f:live")
    assert (await settled(world, uuid))["State"] == "Disabled"
    assert (await world.call("UpdateEventSourceMapping", UUID=uuid, BatchSize=6))["State"] == "Updating"
    assert (await settled(world, uuid))["State"] == "Disabled"
    assert (await world.call("UpdateEventSourceMapping", UUID=uuid, Enabled=True))["State"] == "Enabling"
    assert (await settled(world, uuid))["BatchSize"] == 6

    assert (await world.call("DeleteEventSourceMapping", UUID=uuid))["State"] == "Deleting"
    missing = ("ResourceNotFoundException", "The resource you requested does not exist.")
    assert await world.mapped(uuid) is None
    for operation in ("GetEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping"):
        assert await world.refused(operation, UUID=uuid) == missing
    assert await world.refused("ListTags", Resource=arn) == missing
    assert [(each.enabled, str(each.state)) for each in world.pollers.applied] == [
        (True, "Creating"),
        (False, "Disabling"),
        (False, "Updating"),
        (True, "Enabling"),
        (False, "Deleting"),
    ]
    assert (await create(world))["UUID"] != uuid


async def test_a_stream_shows_more(world: World) -> None:
    made = await create(world, EventSourceArn=STREAM, StartingPosition="LATEST", Enabled=False)
    assert made["LastProcessingResult"] == "No records processed"
    assert made["StateTransitionReason"] == "User action"
    assert (made["BatchSize"], made["MaximumRetryAttempts"], made["ParallelizationFactor"]) == (100, -1, 1)
    assert (await settled(world, made["UUID"]))["State"] == "Disabled"


KAFKA = {
    "EventSourceArn": "",
    "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["k:9092"]}},
    "Topics": ["t"],
    "StartingPosition": "LATEST",
}


async def test_a_topic_has_a_group_which_stays(world: World) -> None:
    made = await create(world, **KAFKA)
    uuid, config = made["UUID"], "SelfManagedKafkaEventSourceConfig"
    assert made[config] == {"ConsumerGroupId": uuid}
    assert "MaximumBatchingWindowInSeconds" not in made
    await settled(world, uuid)
    world.pollers.results[uuid] = "OK"
    assert (await world.call("GetEventSourceMapping", UUID=uuid))["LastProcessingResult"] == "OK"
    for same in ({}, {"ConsumerGroupId": uuid}):
        changed = await world.call("UpdateEventSourceMapping", UUID=uuid, BatchSize=5, **{config: same})
        assert (changed["BatchSize"], changed[config]) == (5, {"ConsumerGroupId": uuid})
        await settled(world, uuid)
    refused = await world.refused("UpdateEventSourceMapping", UUID=uuid, **{config: {"ConsumerGroupId": "mine"}})
    assert refused == (INVALID, "ConsumerGroupId cannot be updated.")
    theirs = await create(world, **KAFKA | {"Topics": ["u"], config: {"ConsumerGroupId": "mine"}})
    assert theirs[config] == {"ConsumerGroupId": "mine"}


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (
            {"SelfManagedKafkaEventSourceConfig": {"ConsumptionMode": "Queue"}, "StartingPosition": None},
            "ConsumptionMode",
        ),
        ({"SelfManagedKafkaEventSourceConfig": {"SchemaRegistryConfig": {"SchemaRegistryURI": "r"}}}, "SchemaRegistry"),
        ({"ProvisionedPollerConfig": {"PollerGroupName": "g"}}, "ProvisionedPollerConfig.PollerGroupName"),
    ],
)
async def test_options_of_topics_that_are_refused_by_name(world: World, params: dict[str, Any], text: str) -> None:
    given = {name: value for name, value in {"FunctionName": "f", **KAFKA, **params}.items() if value is not None}
    code, message = await world.refused("CreateEventSourceMapping", **given)
    assert code == INVALID
    assert text in message
    assert "is not supported by Lambent yet" in message


async def test_what_is_being_changed_cannot_be_changed(world: World) -> None:
    world.pollers.gate.clear()
    uuid = (await create(world))["UUID"]
    assert await world.refused("UpdateEventSourceMapping", UUID=uuid, BatchSize=1) == (
        "ResourceInUseException",
        "Cannot update the event source mapping because it is in use.",
    )
    assert await world.refused("DeleteEventSourceMapping", UUID=uuid) == (
        "ResourceInUseException",
        "Cannot delete the event source mapping because it is in use.",
    )
    world.pollers.gate.set()
    assert (await settled(world, uuid))["State"] == "Enabled"


async def test_one_source_feeds_a_function_once(world: World) -> None:
    uuid = (await create(world))["UUID"]
    text = (
        f'The event source arn (" {QUEUE} ") and function (" f ") provided mapping already exists. Please update or'
        f" delete the existing mapping with UUID {uuid}"
    )
    assert await world.refused("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE) == (
        "ResourceConflictException",
        text,
    )
    other = (await create(world, FunctionName="f:live"))["UUID"]
    await settled(world, other)
    assert await world.refused("UpdateEventSourceMapping", UUID=other, FunctionName="f") == (
        "ResourceConflictException",
        text,
    )


async def test_pages_and_filters(world: World) -> None:
    first = (await create(world))["UUID"]
    second = (await create(world, FunctionName="f:1"))["UUID"]
    third = (await create(world, EventSourceArn=f"{QUEUE}2"))["UUID"]

    async def listed(**params: Any) -> list[str]:
        page = await world.call("ListEventSourceMappings", **params)
        found = [each["UUID"] for each in page["EventSourceMappings"]]
        if "NextMarker" in page:
            found += await listed(**params | {"Marker": page["NextMarker"]})
        return found

    assert await listed() == [first, second, third]
    assert await listed(MaxItems=1) == [first, second, third]
    assert await listed(EventSourceArn=QUEUE) == [first, second]
    assert await listed(FunctionName="f") == [first, third]
    assert await listed(FunctionName=f"{ARN}function:f:1") == [second]
    assert await listed(FunctionName="f", EventSourceArn=QUEUE, MaxItems=1) == [first]
    assert await listed(FunctionName="g") == []


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"FunctionName": "g"}, "Function does not exist"),
        ({"FunctionName": "f:dead"}, "Function does not exist"),
        ({"FunctionName": "f:9"}, "Function does not exist"),
        (
            KAFKA | {"LoggingConfig": {"SystemLogLevel": "INFO"}},
            "LoggingConfig for Kafka event sources requires ProvisionedPollerConfig.",
        ),
        ({"LoggingConfig": {"SystemLogLevel": "INFO"}}, "Unsupported LoggingConfig parameter for given event source"),
        (
            {"MetricsConfig": {"Metrics": ["EventCount", "ErrorCount"]}},
            "Unsupported MetricsConfig.Metrics ErrorCount parameter for given event source mapping type.",
        ),
        (
            {"EventSourceArn": "arn:aws:mq:us-east-1:000000000000:broker:b:b-1", "Queues": ["q"]}
            | {"SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": "arn:aws:secretsmanager:x"}]},
            "The event source Amazon MQ is not supported by Lambent yet",
        ),
        ({"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater"),
        ({"EventSourceArn": STREAM}, "Value null at 'startingPosition'"),
        ({"Tags": {"aws:a": ""}}, "System tags cannot be added/updated by requester"),
    ],
)
async def test_refusals(world: World, params: dict[str, Any], text: str) -> None:
    given = {"FunctionName": "f", "EventSourceArn": QUEUE} | params
    code, message = await world.refused("CreateEventSourceMapping", **given)
    assert code == INVALID
    assert text in message
    assert (await world.call("ListEventSourceMappings"))["EventSourceMappings"] == []


async def test_what_the_source_says_against_it(world: World) -> None:
    world.pollers.refusal = "The queue is full of bees."
    refused = await world.refused("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE)
    assert refused == (INVALID, "The queue is full of bees.")


async def test_filters_may_be_under_a_key_of_kms(world: World) -> None:
    key = "arn:aws:kms:us-east-1:000000000000:key/one"
    criteria = {"Filters": [{"Pattern": '{"body": {"a": [1]}}'}]}
    world.neighbours.answers |= {
        "GenerateDataKey": {"Plaintext": b"k" * 32, "CiphertextBlob": b"sealed"},
        "Decrypt": {"Plaintext": b"k" * 32},
    }
    made = await create(world, FilterCriteria=criteria, KMSKeyArn=key)
    assert (made["KMSKeyArn"], made["FilterCriteria"]) == (key, criteria)
    uuid = made["UUID"]
    context = {"aws:lambda:FunctionArn": f"{ARN}function:f", "aws:lambda:EventSourceArn": QUEUE}
    asked = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context}
    assert [call[:3] for call in world.neighbours.calls] == [("kms", "GenerateDataKey", asked)]
    assert (await settled(world, uuid))["FilterCriteria"] == criteria
    (listed,) = (await world.call("ListEventSourceMappings"))["EventSourceMappings"]
    assert listed["KMSKeyArn"] == key
    assert "FilterCriteria" not in listed
    assert "FilterCriteria" not in world.pollers.applied[0].options
    changed = await world.call("UpdateEventSourceMapping", UUID=uuid, BatchSize=3)
    assert (changed["KMSKeyArn"], changed["FilterCriteria"]) == (key, criteria)
    await settled(world, uuid)
    back = await world.call("UpdateEventSourceMapping", UUID=uuid, KMSKeyArn="")
    assert "KMSKeyArn" not in back
    await settled(world, uuid)
    assert world.pollers.applied[-1].options["FilterCriteria"] == criteria

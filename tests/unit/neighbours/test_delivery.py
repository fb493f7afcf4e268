"""One parcel by every way: the calls that it becomes, literally."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.neighbours.delivery import Parcel, deliver

ACCOUNT = "000000000000"
PARCEL = Parcel(
    b'{"a":1}',
    attributes={"RequestID": ("String", "r"), "ErrorCode": ("Number", "200")},
    source="lambda",
    detail_type="Result",
    resources=("arn:f", "arn:b"),
    key="k/1",
)
ATTRIBUTES = {
    "RequestID": {"DataType": "String", "StringValue": "r"},
    "ErrorCode": {"DataType": "Number", "StringValue": "200"},
}


class Recording:
    """Neighbours that write down what they are asked."""

    def __init__(self, **answers: Mapping[str, Any]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, str, str, Mapping[str, Any]]] = []

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        self.calls.append((ctx.region, service, operation, params))
        return self.answers.get(operation, {})


async def delivered(ctx: Context, arn: str, parcel: Parcel = PARCEL, **answers: Any) -> list[tuple[Any, ...]]:
    neighbours = Recording(**answers)
    await deliver(neighbours, ctx, arn, parcel)
    return list(neighbours.calls)


async def test_to_a_function(ctx: Context) -> None:
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:prod"
    params = {"FunctionName": arn, "InvocationType": "Event", "Payload": b'{"a":1}'}
    assert await delivered(ctx, arn) == [("us-east-1", "lambda", "Invoke", params)]


async def test_to_a_queue_of_its_own_region(ctx: Context) -> None:
    url = f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q"
    params = {"QueueUrl": url, "MessageBody": '{"a":1}', "MessageAttributes": ATTRIBUTES}
    assert await delivered(ctx, f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q") == [("eu-west-1", "sqs", "SendMessage", params)]


async def test_to_a_topic(ctx: Context) -> None:
    arn = f"arn:aws:sns:us-east-1:{ACCOUNT}:t.fifo"
    calls = await delivered(ctx, arn, Parcel(b"x", group="g"))
    assert calls == [("us-east-1", "sns", "Publish", {"TopicArn": arn, "Message": "x", "MessageGroupId": "g"})]


async def test_to_a_bus(ctx: Context) -> None:
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/b"
    entry = {
        "EventBusName": arn,
        "Source": "lambda",
        "DetailType": "Result",
        "Detail": '{"a":1}',
        "Resources": ["arn:f", "arn:b"],
    }
    assert await delivered(ctx, arn) == [("us-east-1", "events", "PutEvents", {"Entries": [entry]})]
    failed = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "AccessDenied", "ErrorMessage": "no"}]}
    with pytest.raises(ApiError) as caught:
        await delivered(ctx, arn, PutEvents=failed)
    assert (caught.value.code, caught.value.message) == ("AccessDenied", f"{arn} did not take the event: no")


async def test_to_a_bucket(ctx: Context) -> None:
    params = {"Bucket": "b", "Key": "k/1", "Body": b'{"a":1}', "ContentType": "application/json"}
    assert await delivered(ctx, "arn:aws:s3:::b") == [("us-east-1", "s3", "PutObject", params)]


async def test_to_a_stream(ctx: Context) -> None:
    params = {"StreamName": "kept", "Data": b'{"a":1}', "PartitionKey": "k/1"}
    assert await delivered(ctx, "arn:aws:kinesis:eu-west-1:1:stream/kept") == [
        ("eu-west-1", "kinesis", "PutRecord", params)
    ]


@pytest.mark.parametrize("arn", ["arn:aws:ec2:us-east-1:1:instance/i", "q", ""])
async def test_to_nothing_else(ctx: Context, arn: str) -> None:
    with pytest.raises(ApiError, match="Nothing can be delivered to"):
        await delivered(ctx, arn)

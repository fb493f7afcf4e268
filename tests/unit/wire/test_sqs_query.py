"""SQS as old clients speak to it: forms in, XML out, under the names that the model no longer has."""

from __future__ import annotations

import re

from lambent.wire import sqs_query
from lambent.wire.client import parse_response, render_request
from lambent.wire.model import load
from lambent.wire.request import WireRequest
from lambent.wire.route import route
from lambent.wire.server import parse_request, render_error, render_response

SQS = load("sqs")
FORM = {"content-type": "application/x-www-form-urlencoded"}


def ask(body: bytes) -> tuple[str, dict[str, object]]:
    request = WireRequest("POST", "/", "", FORM, body)
    match = route(SQS, request)
    assert match is not None
    return match.operation.name, parse_request(SQS, match, request)


def test_attributes_and_tags_are_numbered_pairs() -> None:
    body = (
        b"Action=CreateQueue&Version=2012-11-05&QueueName=q&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=30"
        b"&Attribute.2.Name=DelaySeconds&Attribute.2.Value=1&Tag.1.Key=team&Tag.1.Value=a"
    )
    assert ask(body) == (
        "CreateQueue",
        {"QueueName": "q", "Attributes": {"VisibilityTimeout": "30", "DelaySeconds": "1"}, "tags": {"team": "a"}},
    )


def test_message_attributes_nest() -> None:
    name, params = ask(
        b"Action=SendMessage&QueueUrl=http://x/q&MessageBody=hi&MessageAttribute.1.Name=kind"
        b"&MessageAttribute.1.Value.StringValue=v&MessageAttribute.1.Value.DataType=String"
    )
    assert name == "SendMessage"
    assert params["MessageAttributes"] == {"kind": {"StringValue": "v", "DataType": "String"}}


def test_batches_keep_their_order() -> None:
    _, params = ask(
        b"Action=DeleteMessageBatch&QueueUrl=u&DeleteMessageBatchRequestEntry.10.Id=b"
        b"&DeleteMessageBatchRequestEntry.10.ReceiptHandle=2&DeleteMessageBatchRequestEntry.2.Id=a"
        b"&DeleteMessageBatchRequestEntry.2.ReceiptHandle=1"
    )
    assert params["Entries"] == [{"Id": "a", "ReceiptHandle": "1"}, {"Id": "b", "ReceiptHandle": "2"}]


def test_answers_have_the_old_names() -> None:
    message = {"MessageId": "1", "Body": "<hi>", "Attributes": {"SentTimestamp": "5"}}
    response = render_response(SQS, SQS.operations["ReceiveMessage"], "query", {"Messages": [message]}, "rid")
    assert isinstance(response.body, bytes)
    assert response.body.decode().partition("\n")[2] == (
        '<ReceiveMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ReceiveMessageResult>'
        "<Message><MessageId>1</MessageId><Body>&lt;hi&gt;</Body>"
        "<Attribute><Name>SentTimestamp</Name><Value>5</Value></Attribute></Message></ReceiveMessageResult>"
        "<ResponseMetadata><RequestId>rid</RequestId></ResponseMetadata></ReceiveMessageResponse>"
    )
    assert parse_response(SQS, SQS.operations["ReceiveMessage"], "query", response) == {"Messages": [message]}


def test_errors_have_the_old_codes_in_both_protocols() -> None:
    old = render_error(SQS, None, "query", "QueueDoesNotExist", "gone", request_id="r")
    assert isinstance(old.body, bytes)
    assert re.search(rb"<Code>(.*)</Code>", old.body)[1] == b"AWS.SimpleQueueService.NonExistentQueue"  # type: ignore[index]
    new = render_error(SQS, None, "json", "QueueDoesNotExist", "gone", request_id="r")
    assert new.header("x-amzn-query-error") == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert new.body == b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}'


def test_our_client_can_speak_it_too() -> None:
    params = {"QueueUrl": "u", "AttributeNames": ["All"], "MessageAttributeNames": ["a", "b"]}
    request = render_request(SQS, SQS.operations["ReceiveMessage"], params, "http://x", protocol="query")
    assert b"AttributeName.1=All" in request.body
    assert b"MessageAttributeName.2=b" in request.body
    assert ask(request.body) == ("ReceiveMessage", params)


def test_every_old_name_is_of_a_shape_that_exists() -> None:
    shapes = SQS._raw.shapes
    named = {*sqs_query._LIST_NAMES, *sqs_query._MAP_NAMES, *sqs_query.OLD_CODES}
    assert named <= shapes.keys()
    flattened = {name for name, traits in shapes.items() if traits.type in ("list", "map")}
    assert flattened == {*sqs_query._LIST_NAMES, *sqs_query._MAP_NAMES}


def test_json_does_not_learn_the_old_names() -> None:
    attributes = SQS.operations["CreateQueue"].input
    assert attributes is not None
    assert attributes.members["Attributes"].wire_name is None

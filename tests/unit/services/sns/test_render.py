"""What subscribers read."""

from __future__ import annotations

import json

from lambent.services.sns import render
from lambent.services.sns.records import Attribute, Confirmation, Notice, Subscription

NOTICE = Notice(
    id="i",
    topic="arn:t",
    message="grüß",
    sent=1335920046.6554,
    subject="S",
    attributes={"n": Attribute("Number", "1"), "b": Attribute("Binary", data=b"\xff")},
)
SUBSCRIPTION = Subscription(id="s", topic="arn:t", owner="1", protocol="sqs", endpoint="q", state="confirmed")
SIGNATURE = {"SignatureVersion": "1", "Signature": "EXAMPLE", "SigningCertURL": "http://c"}


def test_an_envelope_is_set_as_sns_sets_it() -> None:
    assert "http://u".join(render.envelope(NOTICE, "grüß", SIGNATURE)) == (
        "{\n"
        '  "Type" : "Notification",\n'
        '  "MessageId" : "i",\n'
        '  "TopicArn" : "arn:t",\n'
        '  "Subject" : "S",\n'
        '  "Message" : "grüß",\n'
        '  "Timestamp" : "2012-05-02T00:54:06.655Z",\n'
        '  "SignatureVersion" : "1",\n'
        '  "Signature" : "EXAMPLE",\n'
        '  "SigningCertURL" : "http://c",\n'
        '  "UnsubscribeURL" : "http://u",\n'
        '  "MessageAttributes" : {\n'
        '    "n" : {\n'
        '      "Type" : "Number",\n'
        '      "Value" : "1"\n'
        "    },\n"
        '    "b" : {\n'
        '      "Type" : "Binary",\n'
        '      "Value" : "/w=="\n'
        "    }\n"
        "  }\n"
        "}"
    )


def test_an_envelope_of_a_fifo_topic_has_a_number_and_no_signature() -> None:
    notice = Notice(id="i", topic="arn:t", message="m", sent=1.0, sequence="10000000000000000001")
    assert list(json.loads("".join(render.envelope(notice, "m", {})))) == [
        "Type",
        "MessageId",
        "SequenceNumber",
        "TopicArn",
        "Message",
        "Timestamp",
        "UnsubscribeURL",
    ]


def test_nothing_in_a_message_is_taken_for_the_link() -> None:
    evil = '"UnsubscribeURL" : "http://evil'
    attributes = {evil: Attribute("String", evil)}
    notice = Notice(id="i", topic="arn:t", message=evil, sent=1.0, attributes=attributes)
    tree = json.loads("http://u".join(render.envelope(notice, evil, SIGNATURE)))
    assert (tree["UnsubscribeURL"], tree["Message"]) == ("http://u", evil)
    assert tree["MessageAttributes"][evil]["Value"] == evil


def test_an_event() -> None:
    assert json.loads(render.event(NOTICE, "m", SIGNATURE, "http://u", SUBSCRIPTION)) == {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": "arn:t:s",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "i",
                    "TopicArn": "arn:t",
                    "Subject": "S",
                    "Message": "m",
                    "Timestamp": "2012-05-02T00:54:06.655Z",
                    "SignatureVersion": "1",
                    "Signature": "EXAMPLE",
                    "SigningCertUrl": "http://c",
                    "UnsubscribeUrl": "http://u",
                    "MessageAttributes": {
                        "n": {"Type": "Number", "Value": "1"},
                        "b": {"Type": "Binary", "Value": "/w=="},
                    },
                },
            }
        ]
    }
    plain = Notice(id="i", topic="arn:t", message="m", sent=1.0)
    (record,) = json.loads(render.event(plain, "m", SIGNATURE, "http://u", SUBSCRIPTION))["Records"]
    assert (record["Sns"]["Subject"], record["Sns"]["MessageAttributes"]) == (None, {})


def test_a_question() -> None:
    asked = Confirmation(id="c", kind="SubscriptionConfirmation", sent=1.0, token="T")
    fields = render.question(asked, SUBSCRIPTION, "http://s")
    assert json.loads(render.question_text(fields, SIGNATURE)) == {
        "Type": "SubscriptionConfirmation",
        "MessageId": "c",
        "Token": "T",
        "TopicArn": "arn:t",
        "Message": "You have chosen to subscribe to the topic arn:t.\nTo confirm the subscription, visit the"
        " SubscribeURL included in this message.",
        "SubscribeURL": "http://s",
        "Timestamp": "1970-01-01T00:00:01.000Z",
        **SIGNATURE,
    }


def test_the_rest() -> None:
    assert render.queue_attributes(NOTICE.attributes) == {
        "n": {"DataType": "Number", "StringValue": "1"},
        "b": {"DataType": "Binary", "BinaryValue": b"\xff"},
    }
    assert render.unsubscribe_url("http://h", SUBSCRIPTION) == "http://h/?Action=Unsubscribe&SubscriptionArn=arn:t:s"
    assert render.subscribe_url("http://h", SUBSCRIPTION, "T") == (
        "http://h/?Action=ConfirmSubscription&TopicArn=arn:t&Token=T"
    )
    assert "Subject" not in render.signed_fields(Notice(id="i", topic="t", message="m", sent=1.0), "m")

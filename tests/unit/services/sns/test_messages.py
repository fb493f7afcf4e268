"""What a message may be."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.sns import messages
from lambent.services.sns.records import Attribute, Topic

STANDARD = Topic(name="t", account="1", region="r", created=1.0)
FIFO = Topic(name="t.fifo", account="1", region="r", created=1.0)
BY_CONTENT = Topic(
    name="t.fifo", account="1", region="r", created=1.0, attributes={"ContentBasedDeduplication": "true"}
)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"Message": ""}, "Empty message"),
        ({"Message": "m", "Subject": ""}, "Subject"),
        ({"Message": "m", "Subject": "x" * 101}, "Subject"),
        ({"Message": "m", "Subject": " x"}, "Subject"),
        ({"Message": "m", "Subject": "a\nb"}, "Subject"),
        ({"Message": "m", "Subject": "ü"}, "Subject"),
    ],
)
def test_text_and_subject(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ApiError) as raised:
        messages.check(entry)
    assert (raised.value.code, raised.value.message) == ("InvalidParameter", f"Invalid parameter: {said}")


def test_what_is_right() -> None:
    messages.check({"Message": "m", "Subject": "x" * 100})
    given = {
        "s": {"DataType": "String", "StringValue": "x"},
        "n": {"DataType": "Number", "StringValue": "-1.5e3"},
        "b": {"DataType": "Binary", "BinaryValue": b"\xff"},
        "a": {"DataType": "String.Array", "StringValue": "[1]"},
    }
    entry = {"Message": "ü", "MessageAttributes": given}
    assert messages.attributes(entry) == {
        "s": Attribute("String", "x"),
        "n": Attribute("Number", "-1.5e3"),
        "b": Attribute("Binary", data=b"\xff"),
        "a": Attribute("String.Array", "[1]"),
    }
    assert messages.size(entry) == 2 + (1 + 6 + 1) + (1 + 6 + 6) + (1 + 6 + 1) + (1 + 12 + 3)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("x" * 257, {"DataType": "String", "StringValue": "x"}, "Length of message attribute name must be less than"),
        ("AWS.x", {"DataType": "String", "StringValue": "x"}, "Invalid message attribute name: AWS.x"),
        ("a b", {"DataType": "String", "StringValue": "x"}, "Invalid message attribute name: a b"),
        (
            "a",
            {"DataType": "Bool", "StringValue": "x"},
            "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is"
            " Binary, Number, and String.",
        ),
        (
            "a",
            {"DataType": "String"},
            "The message attribute 'a' must contain non-empty message attribute value for message attribute type"
            " 'String'.",
        ),
        (
            "a",
            {"DataType": "String", "StringValue": ""},
            "The message attribute 'a' must contain non-empty message attribute value for message attribute type"
            " 'String'.",
        ),
        (
            "a",
            {"DataType": "Binary", "StringValue": "x"},
            "The message attribute 'a' with type 'Binary' must use field 'Binary'.",
        ),
        ("a", {"DataType": "Number", "StringValue": "x"}, "Could not cast message attribute 'a' value to number."),
    ],
)
def test_attributes(name: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ApiError) as raised:
        messages.attributes({"Message": "m", "MessageAttributes": {name: given}})
    assert raised.value.code == "ParameterValueInvalid"
    assert raised.value.message.startswith(said)


def test_variants() -> None:
    assert messages.variants({"Message": "{}"}) == ("{}", {})
    entry = {"Message": '{"default": "d", "sqs": "q", "lambda": {"no": "text"}}', "MessageStructure": "json"}
    assert messages.variants(entry) == ("d", {"sqs": "q"})
    for message, structure, said in (
        ("{", "json", "Message Structure - JSON message body failed to parse"),
        ('{"sqs": "q"}', "json", "Message Structure - No default entry in JSON message body"),
        ("[]", "json", "Message Structure - No default entry in JSON message body"),
        ("m", "xml", "MessageStructure"),
    ):
        with pytest.raises(ApiError) as raised:
            messages.variants({"Message": message, "MessageStructure": structure})
        assert raised.value.message == f"Invalid parameter: {said}"


def test_groups() -> None:
    assert messages.fifo(STANDARD, {"MessageGroupId": "g"}) == ("g", None)
    assert messages.fifo(FIFO, {"MessageGroupId": "g", "MessageDeduplicationId": "d"}) == ("g", "d")
    content = "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"
    assert messages.fifo(BY_CONTENT, {"Message": "m", "MessageGroupId": "g"}) == ("g", content)
    for topic, entry, said in (
        (FIFO, {}, "The MessageGroupId parameter is required for FIFO topics"),
        (
            FIFO,
            {"MessageGroupId": "g"},
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided"
            " explicitly",
        ),
        (
            STANDARD,
            {"MessageDeduplicationId": "d"},
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for"
            " this topic type",
        ),
        (
            FIFO,
            {"MessageGroupId": "a b"},
            "MessageGroupId Reason: can only include alphanumeric and punctuation characters, 1 to 128",
        ),
    ):
        with pytest.raises(ApiError) as raised:
            messages.fifo(topic, entry)
        assert raised.value.message == f"Invalid parameter: {said}"

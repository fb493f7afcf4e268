from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.pipes import templates
from lambent.services.pipes.records import Pipe
from tests.unit.services.pipes.conftest import ARN, BASE, QUEUE, SOURCE

PIPE = Pipe(**BASE)
ITEM = {
    "messageId": "m",
    "body": '{"key": "v", "n": 3, "list": [{"a": 1}, {"a": 2}], "o": {"x": "y"}}',
    "attributes": {"SenderId": "AIDA"},
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", ITEM),
        ("Hello, sender", "Hello, sender"),
        ("<$.attributes.SenderId>", "AIDA"),
        ("Hello, <$.attributes.SenderId>", "Hello, AIDA"),
        ('{"key1": "value1"}', {"key1": "value1"}),
        ('{"a": <$.body.key>, "b": "<$.body.key>!", "c": <$.body.n>}', {"a": "v", "b": "v!", "c": 3}),
        (
            '{"o": <$.body.o>, "l": <$.body.list[1].a>, "all": <$.body.list[*].a>}',
            {"o": {"x": "y"}, "l": 2, "all": [1, 2]},
        ),
        ('{"d": <aws.pipes.event.ingestion-time>}', {"d": "2026-11-28T12:00:00Z"}),
        ("<aws.pipes.pipe-arn> <aws.pipes.pipe-name>", f"{ARN} p"),
        ("<aws.pipes.source-arn>", SOURCE),
        ("<aws.pipes.target-arn>", QUEUE),
        ("<$.body>", {"key": "v", "n": 3, "list": [{"a": 1}, {"a": 2}], "o": {"x": "y"}}),
        ("<$.body.list>", [{"a": 1}, {"a": 2}]),
        ("<$.nothing>", ""),
        ('{"a": "<$.nothing>"}', {"a": ""}),
    ],
)
def test_what_becomes_of_a_record(template: str, expected: Any) -> None:
    assert templates.made(template, PIPE, ITEM, 1_795_867_200.0) == expected


def test_a_payload_that_is_no_json_stays_text() -> None:
    assert templates.made("<$.body>", PIPE, {"body": "{plain"}, 0.0) == "{plain"
    assert templates.made("<$.body>", PIPE, {"body": "17"}, 0.0) == "17"
    assert templates.made("<$.name>", PIPE, "no record", 0.0) == ""


def test_parameters_are_paths_or_texts() -> None:
    assert templates.looked_up("fixed", ITEM) == "fixed"
    assert templates.looked_up("$.body.n", ITEM) == "3"
    assert templates.looked_up("$.body.o", ITEM) == '{"x":"y"}'


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("<$.a b>", None),  # no variable, since it has a space
        ("<$.[>", "Invalid JSON path: $.["),
        ("<aws.pipes.pipe-urn>", "Invalid InputTemplate: <aws.pipes.pipe-urn> is no reserved variable."),
        ("<b>bold</b> <aws.pipes.event.json>", None),
    ],
)
def test_templates_are_checked(template: str, text: str | None) -> None:
    if text is None:
        templates.check(template)
        return
    with pytest.raises(ApiError) as raised:
        templates.check(template)
    assert (raised.value.code, raised.value.message) == ("ValidationException", text)


def test_what_brokers_carry_is_read_if_it_is_json() -> None:
    item = {"eventSourceKey": "t-0", "value": "eyJuIjogM30=", "key": "aw==", "data": "no base64"}
    assert templates.made("<$.value.n>", PIPE, item, 0.0) == 3
    assert templates.made("<$.key> <$.data>", PIPE, item, 0.0) == "aw== no base64"
    assert templates.made("", PIPE, item, 0.0) == item

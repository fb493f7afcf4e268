"""What targets get: the event, a part, a constant, a template with its quoting."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.services.events.delivery_errors import Untransformable
from lambent.services.events.records import Target
from lambent.services.events.transform import filled, log_entry, payload
from tests.unit.services.events.conftest import event

RULE = "arn:aws:events:us-east-1:000000000000:rule/b/paid"


def got(**given: Any) -> str:
    return payload(RULE, Target(id="1", arn="a", **given), event(), 1_790_000_100.0).decode()


def test_the_event_a_part_or_a_constant() -> None:
    assert json.loads(got())["detail"]["state"] == "paid"
    assert got(path="$.detail.lines[0]") == '{"n":1}'
    assert got(path="$.source") == '"shop"'
    assert got(input='{"a": 1.0}') == '{"a": 1.0}'
    with pytest.raises(Untransformable, match="finds nothing"):
        got(path="$.detail.nothing")


def test_variables_of_every_template() -> None:
    template = (
        '{"arn": <aws.events.rule-arn>, "name": "<aws.events.rule-name>", "at": <aws.events.event.ingestion-time>,'
        ' "event": <aws.events.event>, "all": <aws.events.event.json>}'
    )
    made = json.loads(got(template=template))
    assert (made["arn"], made["name"], made["at"]) == (RULE, "paid", "2026-09-21T14:15:00Z")
    assert "detail" not in made["event"]
    assert made["event"]["detailType"] == "order"
    assert made["all"] == event().tree()


@pytest.mark.parametrize(
    ("body", "entry"),
    [
        (b'{"message": "m", "timestamp": 5}', {"message": "m", "timestamp": 5}),
        (b'{"message": "m"}', {"message": "m"}),
        (b'{"message": "m", "more": 1}', {}),
        (b'{"timestamp": 5}', {}),
        (b'"m"', {}),
    ],
)
def test_lines_of_logs(body: bytes, entry: dict[str, Any]) -> None:
    assert log_entry(body) == entry


VALUES = {"text": 'a"b', "number": 5, "object": {"x": ["y"]}, "list": ["p", "q"], "none": ""}


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ('{"a": <text>}', '{"a": "a\\"b"}'),
        ('{"a": "<text>!"}', '{"a": "a\\"b!"}'),
        ('{"a": <number>, "b": "<number>"}', '{"a": 5, "b": "5"}'),
        ('{"a": <object>, "b": "<object>"}', '{"a": {"x":["y"]}, "b": "{\\"x\\":[\\"y\\"]}"}'),
        ('{"a": "is \\"<number>\\""}', '{"a": "is \\"5\\""}'),
        ('{"a": <none>, "b": <unknown>}', '{"a": "", "b": ""}'),
        (' {"a": [<list>, <list>]}', ' {"a": [["p","q"], ["p","q"]]}'),
        ('"<text> and <number>"', '"a"b and 5"'),
        ('"<object>, <list>"', '"{x:[y]}, [p,q]"'),
        ('"one\\ntwo"', '"one\ntwo"'),
        ("<number> is < 6 >", "5 is < 6 >"),
    ],
)
def test_templates(template: str, made: str) -> None:
    assert filled(template, VALUES) == made


def test_a_template_that_does_not_become_json() -> None:
    with pytest.raises(Untransformable, match="does not become JSON"):
        filled('{"a": <number><number>, <text>: 1, }', VALUES)

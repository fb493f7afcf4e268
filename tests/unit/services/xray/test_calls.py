"""Who called whom, and who is only inferred."""

from __future__ import annotations

import json
from typing import Any

from lambent.observe.traces.segments import Segment, parse
from lambent.services.xray.calls import Party, owners, parties
from tests.unit.services.xray.conftest import segment


def _parties(segments: list[Segment]) -> list[Party]:
    return parties(segments, owners(segments))


def parsed(*documents: dict[str, Any]) -> list[Segment]:
    return [parse(json.dumps(document)) for document in documents]


def sent(id_: str, parent: str, name: str, **more: Any) -> dict[str, Any]:
    """A call that came by itself, as SDKs in functions send them."""
    return segment(1, id_, name, type="subsegment", parent_id=parent * 16, namespace="aws", **more)


def told(found: list[Party]) -> list[tuple[str, str, str]]:
    """Caller, name and type of each."""
    return [
        ("" if party.caller is None else party.caller.name, party.segment.name, party.segment.origin) for party in found
    ]


def test_a_queue_stands_between_two_functions() -> None:
    url = "http://h/1/work"
    segments = parsed(
        segment(1, "a", "f", origin="AWS::Lambda::Function"),
        segment(1, "1", "inner", type="subsegment", parent_id="a" * 16),
        sent("b", "1", "sqs", aws={"queue_url": url, "operation": "SendMessage"}),
        segment(1, "c", "g", origin="AWS::Lambda", parent_id="b" * 16),
    )
    assert told(_parties(segments)) == [
        ("", "f", "AWS::Lambda::Function"),
        (url, "g", "AWS::Lambda"),
        ("f", url, "AWS::SQS::Queue"),
    ]
    assert {id_[0]: segment.name for id_, segment in owners(segments).items()} == {
        "a": "f",
        "1": "f",
        "b": "f",
        "c": "g",
    }


def test_a_function_that_tells_of_itself_is_not_inferred() -> None:
    call = {"function_name": "g", "operation": "Invoke"}
    caller = segment(1, "a", "f")
    assert told(_parties(parsed(caller, sent("b", "a", "Lambda", aws=call)))) == [
        ("", "f", ""),
        ("f", "g", "AWS::Lambda"),
    ]
    callee = segment(1, "c", "g", origin="AWS::Lambda", parent_id="b" * 16)
    assert told(_parties(parsed(caller, sent("b", "a", "Lambda", aws=call), callee))) == [
        ("", "f", ""),
        ("f", "g", "AWS::Lambda"),
    ]


def test_services_without_a_resource_are_called_as_the_sdk_calls_them() -> None:
    segments = parsed(segment(1, "a", "f"), sent("b", "a", "events"), sent("c", "a", "SSM", aws="odd"))
    assert told(_parties(segments))[1:] == [("f", "events", "AWS::events"), ("f", "SSM", "AWS::SSM")]


def test_an_orphan_has_no_caller_and_a_ring_ends() -> None:
    (orphan,) = _parties(parsed(sent("b", "9", "SNS", aws={"topic_arn": "arn:t"})))
    assert (orphan.segment.name, orphan.inferred) == ("arn:t", True)
    ring = parsed(sent("b", "c", "SNS"), sent("c", "b", "SNS"))
    assert len(_parties(ring)) == 2

"""`lambent queue`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambent.cli.main import main

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Asked, Scripted

MESSAGE: dict[str, Any] = {
    "MessageId": "m-1",
    "Body": "one\n two " + "x" * 80,
    "Sent": 1_790_000_000,
    "Receives": 2,
    "State": "held",
    "VisibleAt": 1_790_000_030,
}


def moving(*statuses: str) -> Any:
    """A server whose move task is said to be in these states, one look after the other."""
    left = list(statuses)

    def answer(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        if asked.headers["x-amz-target"].endswith("StartMessageMoveTask"):
            return 200, {}, b'{"TaskHandle": "h"}'
        task = {"Status": left.pop(0), "ApproximateNumberOfMessagesMoved": 3, "FailureReason": "AccessDenied"}
        return 200, {}, json.dumps({"Results": [task]}).encode()

    return answer


def test_what_lies_there(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = lambda asked: (200, {}, json.dumps({"Messages": [MESSAGE]}).encode())
    assert main(["queue", "peek", "work", "--limit", "5", *scripted.options]) == 0
    assert scripted.asked[0].target == "/_lambent/queue?name=work&limit=5"
    _, line = capsys.readouterr().out.splitlines()
    assert line.split() == [
        "2026-09-21T14:13:20Z",
        "held",
        "to",
        "2026-09-21T14:13:50Z",
        "2",
        "m-1",
        "one",
        "two",
        "x" * 49 + "...",
    ]
    assert main(["queue", "peek", "work", "--json", *scripted.options]) == 0
    assert json.loads(capsys.readouterr().out) == [MESSAGE]


def test_back_to_where_they_came_from(
    scripted: Scripted, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambent.cli.queue._LOOK_SECONDS", 0.0)
    scripted.answer = moving("RUNNING", "COMPLETED")
    assert main(["queue", "redrive", "dead", "--to", "work", *scripted.options]) == 0
    assert capsys.readouterr().out == "3 moved: completed\n"
    assert json.loads(scripted.asked[0].body) == {
        "SourceArn": "arn:aws:sqs:us-east-1:000000000000:dead",
        "DestinationArn": "arn:aws:sqs:us-east-1:000000000000:work",
    }
    scripted.answer = moving("FAILED")
    assert main(["queue", "redrive", "dead", "--json", *scripted.options]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out) == {"task": "h", "status": "FAILED", "moved": 3}
    assert "AccessDenied" in told.err

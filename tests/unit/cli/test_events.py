"""`lambent events tail`."""

from __future__ import annotations

import json

import pytest

from lambent.cli.main import main
from tests.unit.cli.conftest import Scripted

STEP = {"time": 1_790_000_000.0, "event": "abcdefghij", "function": "f", "what": "dropped", "detail": "gone"}


PUT = {
    "time": 1_790_000_000.0,
    "event": "abcdefghij",
    "bus": "b",
    "what": "put",
    "source": "shop",
    "detail_type": "order",
    "rules": ["r"],
}
FAILED = {
    "time": 1_790_000_000.0,
    "event": "abcdefghij",
    "bus": "b",
    "what": "failed",
    "rule": "r",
    "target": "arn",
    "attempt": 2,
    "detail": "busy",
    "next": 1_790_000_001.0,
}


def test_steps_on_a_bus(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.dumps(step).encode() for step in (PUT, PUT | {"rules": []}, FAILED)]
    scripted.answer = lambda asked: (200, {}, b"\n".join([*lines, b""]))
    assert main(["events", "tail", "--once", "--bus", "b", *scripted.options]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "14:13:20.000  abcdefgh  put: 'order' of shop finds r",
        "14:13:20.000  abcdefgh  put: 'order' of shop finds no rule",
        "14:13:20.000  abcdefgh  r -> arn: failed (attempt 2): busy; again at 14:13:21.000",
    ]
    assert scripted.asked[0].target == "/_lambent/events?bus=b"


def test_steps_are_printed(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = lambda asked: (200, {}, json.dumps(STEP).encode() + b"\n")
    assert main(["events", "tail", *scripted.options]) == 0
    assert capsys.readouterr().out == "14:13:20.000  abcdefgh  f  dropped: gone\n"
    assert main(["events", "tail", "--once", "--json", *scripted.options]) == 0
    assert json.loads(capsys.readouterr().out) == STEP
    assert [asked.target for asked in scripted.asked] == ["/_lambent/events?follow=true", "/_lambent/events"]

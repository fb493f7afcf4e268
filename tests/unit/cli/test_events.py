"""`lambent events tail`."""

from __future__ import annotations

import json

import pytest

from lambent.cli.main import main
from tests.unit.cli.conftest import Scripted

STEP = {"time": 1_790_000_000.0, "event": "abcdefghij", "function": "f", "what": "dropped", "detail": "gone"}


def test_steps_are_printed(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = lambda asked: (200, {}, json.dumps(STEP).encode() + b"\n")
    assert main(["events", "tail", *scripted.options]) == 0
    assert capsys.readouterr().out == "14:13:20.000  abcdefgh  f  dropped: gone\n"
    assert main(["events", "tail", "--once", "--json", *scripted.options]) == 0
    assert json.loads(capsys.readouterr().out) == STEP
    assert [asked.target for asked in scripted.asked] == ["/_lambent/events?follow=true", "/_lambent/events"]

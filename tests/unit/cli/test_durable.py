"""`lambent durable`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.cli.main import main
from tests.unit.cli.conftest import Asked, Scripted

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f:1/durable-execution/n/i"
EXECUTION = {
    "DurableExecutionArn": ARN,
    "DurableExecutionName": "n",
    "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f:1",
    "Status": "RUNNING",
    "StartTimestamp": 1_790_000_000.0,
}
EVENT = {
    "EventType": "StepSucceeded",
    "EventId": 1,
    "EventTimestamp": 1_790_000_000.0,
    "Name": "one",
    "StepSucceededDetails": {"RetryDetails": {}, "Result": {"Payload": "42"}},
}


def answer(asked: Asked) -> tuple[int, dict[str, str], bytes]:
    shown: dict[str, Any] = EXECUTION
    if "history" in asked.target:
        shown = {"Events": [EVENT]}
        if "Marker" not in asked.target:
            shown["NextMarker"] = "1"
    elif "functions/f" in asked.target:
        shown = {"DurableExecutions": [EXECUTION]}
    elif "functions/" in asked.target:
        shown = {"DurableExecutions": []}
    return 200, {"Content-Type": "application/json"}, json.dumps(shown).encode()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["list", "f"], f"STARTED              STATUS   EXECUTION\n2026-09-21 14:13:20  RUNNING  {ARN}\n"),
        (["list", "g"], "No durable executions: one begins when the function is invoked.\n"),
        (
            ["history", ARN],
            "TIME                 EVENT          OPERATION  DATA\n"
            "2026-09-21 14:13:20  StepSucceeded  one        42\n"
            "2026-09-21 14:13:20  StepSucceeded  one        42\n",
        ),
    ],
)
def test_for_people(
    scripted: Scripted, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    scripted.answer = answer
    assert main(["durable", *arguments, *scripted.options]) == 0
    assert capsys.readouterr().out == expected


def test_one_execution_and_json(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = answer
    assert main(["durable", "show", ARN, *scripted.options]) == 0
    assert "Status                RUNNING\n" in capsys.readouterr().out
    for action, named, count in (("list", "f", 1), ("history", ARN, 2)):
        assert main(["durable", action, named, "--json", *scripted.options]) == 0
        assert len(json.loads(capsys.readouterr().out)) == count

"""What the demo asks afterwards, and what it takes for an answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from lambent.cli import demo_hindsight
from lambent.cli.demo_claims import ClaimFailed
from lambent.cli.demo_hindsight import Hindsight, afterwards, window

BEGUN = datetime(2026, 11, 28, 19, 20, 59, tzinfo=UTC)
ENDED = datetime(2026, 11, 28, 19, 21, 30, tzinfo=UTC)


class Played:
    """An AWS CLI that gives its answers one after the other, the last again and again."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.commands: list[tuple[str, ...]] = []

    def cli(self, *arguments: str) -> str:
        self.commands.append(arguments)
        return json.dumps(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])


def hindsight(played: Played, shown: list[Sequence[str]] | None = None) -> Hindsight:
    return Hindsight(played, "f", BEGUN, (shown if shown is not None else []).append)


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_hindsight, "PAUSE_SECONDS", 0.0)


def service(number: int, name: str, kind: str, *edges: tuple[int, int]) -> dict[str, Any]:
    told = [
        {"ReferenceId": to, "SummaryStatistics": {"TotalCount": 3, "FaultStatistics": {"TotalCount": faults}}}
        for to, faults in edges
    ]
    return {"ReferenceId": number, "Name": name, "Type": kind, "Edges": told}


def test_figures_that_come_later_are_waited_for_and_the_command_is_shown_once() -> None:
    played, shown = Played([], [5.0], [5.0, 2.0]), list[Sequence[str]]()
    assert hindsight(played, shown).counted("Errors", 7) == "Errors: 7"
    assert len(played.commands) == 3
    (command,) = shown
    assert command[:6] == (
        "cloudwatch",
        "get-metric-statistics",
        "--namespace",
        "AWS/Lambda",
        "--metric-name",
        "Errors",
    )
    assert "Name=FunctionName,Value=f" in command


def test_what_stays_wrong_is_not_as_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_hindsight, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(ClaimFailed, match="Invocations have come to 3, not 2"):
        hindsight(Played([2.0])).counted("Invocations", 3)
    with pytest.raises(ClaimFailed, match="the log has 2 REPORT lines, not 1"):
        hindsight(Played(["REPORT a"])).reports(2)
    with pytest.raises(ClaimFailed, match="the service graph leads to the function"):
        hindsight(Played([service(0, "f", "AWS::Lambda")])).map()


def test_the_last_report_is_shown() -> None:
    told = hindsight(Played(["REPORT RequestId: a\tx", "REPORT RequestId: b\tx\t\nXRAY TraceId: 1"])).reports(2)
    assert told == "2 REPORT lines; the last: REPORT RequestId: b x"


def test_the_map_begins_with_who_called() -> None:
    services = [
        service(0, "f", "AWS::Lambda", (1, 1)),
        service(1, "f", "AWS::Lambda::Function"),
        service(2, "clients", "client", (0, 0)),
    ]
    assert hindsight(Played(services)).map().splitlines() == [
        "clients (client) -> f (AWS::Lambda): 3 traced, 0 of them failed",
        "f (AWS::Lambda) -> f (AWS::Lambda::Function): 3 traced, 1 of them failed",
    ]


def test_commands_for_afterwards_cover_it_all() -> None:
    times = ("--start-time", "2026-11-28T19:20:00Z", "--end-time", "2026-11-28T19:23:00Z")
    assert window(BEGUN, ENDED) == times
    told = afterwards("kept", "f", BEGUN, ENDED)
    for command in ("lambent serve --data kept", "aws logs tail /aws/lambda/f", "aws cloudwatch get-metric-statistics"):
        assert command in told
    assert f"aws xray get-service-graph {' '.join(times)}" in told

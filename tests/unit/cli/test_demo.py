"""The story stops at the first thing that is not as claimed, and says what it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from lambent.cli import demo
from lambent.cli.demo_calls import CALLERS, Answer, Clients
from lambent.cli.demo_claims import ClaimFailed
from lambent.cli.main import main

UPSIDE_DOWN = Answer(
    payload={
        "errorType": "ValueError",
        "errorMessage": "this picture is upside down",
        "stackTrace": ["in lambda_handler"],
    },
    error="Unhandled",
    log="",
    request_id="r1",
    seen_ms=1.0,
)
TIMED_OUT = Answer(
    payload={
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: r1 Error: Task timed out after 3.00 seconds",
    },
    error="Unhandled",
    log="",
    request_id="r1",
    seen_ms=3010.0,
)
RESTED = Answer(payload={}, error=None, log="", request_id="r2", seen_ms=1.0)


class Played:
    """Clients that answer what they are told to."""

    def __init__(self, answers: Callable[[dict[str, object]], Answer]) -> None:
        self.answers = answers

    def invoke(self, function: str, event: dict[str, object]) -> Answer:
        return self.answers(event)


def story(tmp_path: Path) -> Any:
    return demo._Story(tmp_path, tmp_path)


def clients(answers: Callable[[dict[str, object]], Answer]) -> Clients:
    return cast(Clients, Played(answers))


def test_a_failed_claim_fails_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def tell(self: object) -> None:
        raise ClaimFailed("the sky is green")

    monkeypatch.setattr(demo._Story, "tell", tell)
    assert main(["demo", "--output", str(tmp_path / "there")]) == 1
    printed = capsys.readouterr()
    assert "NOT AS CLAIMED: the sky is green" in printed.err
    assert "All of it" not in printed.out


def test_a_true_story_ends_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo._Story, "tell", lambda self: None)
    assert main(["demo", "--output", str(tmp_path / "there")]) == 0
    assert "All of it as claimed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "untrue",
    [
        replace(UPSIDE_DOWN, error=None),
        replace(UPSIDE_DOWN, error="Handled"),
        replace(UPSIDE_DOWN, payload={**UPSIDE_DOWN.payload, "errorType": "Error"}),
        replace(UPSIDE_DOWN, payload={**UPSIDE_DOWN.payload, "errorMessage": ""}),
        replace(UPSIDE_DOWN, payload={**UPSIDE_DOWN.payload, "stackTrace": []}),
    ],
)
def test_a_handler_error_is_shown_as_aws_shows_it(untrue: Answer, tmp_path: Path) -> None:
    story(tmp_path)._fail(clients(lambda event: UPSIDE_DOWN))
    with pytest.raises(ClaimFailed):
        story(tmp_path)._fail(clients(lambda event: untrue))


@pytest.mark.parametrize(
    "untrue",
    [
        replace(TIMED_OUT, error=None),
        replace(TIMED_OUT, payload={"errorMessage": "2026 r1 Task timed out after 3.00 seconds"}),
        replace(TIMED_OUT, request_id="r2"),
        replace(TIMED_OUT, seen_ms=2999.0),
        replace(TIMED_OUT, seen_ms=4001.0),
    ],
)
def test_a_timeout_comes_in_time_and_in_awss_words(untrue: Answer, tmp_path: Path) -> None:
    story(tmp_path)._time_out(clients(lambda event: TIMED_OUT if event["sleep"] else RESTED))
    with pytest.raises(ClaimFailed):
        story(tmp_path)._time_out(clients(lambda event: untrue if event["sleep"] else RESTED))
    with pytest.raises(ClaimFailed, match="the next invocation works"):
        story(tmp_path)._time_out(clients(lambda event: TIMED_OUT))


def test_parallel_callers_must_meet_different_environments(tmp_path: Path) -> None:
    met: list[int] = []

    def answer(boot: int) -> Answer:
        met.append(boot)
        payload = {"boot": str(boot), "log_stream": f"s{boot}", "pid_namespace": f"n{boot}"}
        return replace(RESTED, payload=payload)

    story(tmp_path)._invoke_in_parallel(clients(lambda event: answer(len(met))))
    assert sorted(met) == list(range(CALLERS))
    with pytest.raises(ClaimFailed, match="10 environments answered, not 1 by boot"):
        story(tmp_path)._invoke_in_parallel(clients(lambda event: answer(7)))

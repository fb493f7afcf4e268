"""The answer goes to standard output, everything else to standard error, and a failed function fails the command."""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path

import pytest

from lambent.cli.invoke import payload
from lambent.cli.main import main
from tests.unit.cli.conftest import Asked, Scripted

LOG = base64.b64encode(b"START\nREPORT\n").decode()


def test_the_answer_is_printed(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = lambda asked: (200, {"X-Amz-Executed-Version": "3"}, b'{"a": 1}')
    assert main(["invoke", "f", "--payload", '{"x": 2}', "--qualifier", "3", *scripted.options]) == 0
    assert capsys.readouterr() == ('{"a": 1}\n', "")
    assert scripted.asked[0].body == b'{"x": 2}'
    assert scripted.asked[0].target == "/2015-03-31/functions/f/invocations?Qualifier=3"
    assert "x-amz-log-type" not in scripted.asked[0].headers


def test_whose_invocation_it_is(scripted: Scripted) -> None:
    scripted.answer = lambda asked: (200, {}, b"1")
    assert main(["invoke", "f", "--tenant", "blue", *scripted.options]) == 0
    assert scripted.asked[0].headers["x-amz-tenant-id"] == "blue"


def test_a_failed_function_fails_the_command_and_still_shows_its_answer(
    scripted: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"X-Amz-Function-Error": "Unhandled", "X-Amz-Log-Result": LOG}
    scripted.answer = lambda asked: (200, headers, b'{"errorType": "ValueError"}')
    assert main(["invoke", "f", "--log", *scripted.options]) == 1
    printed = capsys.readouterr()
    assert printed.out == '{"errorType": "ValueError"}\n'
    assert printed.err == "START\nREPORT\nlambent: the function failed (Unhandled)\n"


def test_json_has_it_all(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    headers = {"X-Amz-Executed-Version": "$LATEST", "X-Amz-Log-Result": LOG}
    scripted.answer = lambda asked: (200, headers, b"1")
    assert main(["invoke", "f", "--json", "--log", *scripted.options]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "payload": "1",
        "executed_version": "$LATEST",
        "function_error": None,
        "log": "START\nREPORT\n",
    }


def test_events_come_from_the_option_a_file_or_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "event.json").write_bytes(b"[1]")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[2]")))
    assert payload("[0]") == b"[0]"
    assert payload(f"@{tmp_path}/event.json") == b"[1]"
    assert payload("-") == b"[2]"


def test_a_missing_event_file_is_said(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["invoke", "f", "--payload", "@/nowhere", *scripted.options]) == 1
    assert "cannot read the event" in capsys.readouterr().err


def test_an_event_is_handed_over_and_followed(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [
        {"time": 1_790_000_000.5, "event": "1234567890", "function": "f", "what": "accepted"},
        {
            "time": 1_790_000_001.0,
            "event": "1234567890",
            "function": "f",
            "what": "failed",
            "attempt": 1,
            "next": 1_790_000_061.0,
            "detail": "no",
        },
        {"time": 1_790_000_061.0, "event": "1234567890", "function": "f", "what": "succeeded", "attempt": 2},
    ]

    def told(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        if asked.method == "POST":
            assert asked.headers["x-amz-invocation-type"] == "Event"
            return 202, {"x-amzn-RequestId": "1234567890"}, b""
        assert asked.target == "/_lambent/events?follow=true&event=1234567890"
        return 200, {}, b"".join(json.dumps(step).encode() + b"\n" for step in steps)

    scripted.answer = told
    assert main(["invoke", "f", "--async", *scripted.options]) == 0
    assert capsys.readouterr().out == "1234567890\n"
    assert main(["invoke", "f", "--async", "--watch", *scripted.options]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "14:13:20.500  12345678  f  accepted",
        "14:13:21.000  12345678  f  failed (attempt 1): no; again at 14:14:21.000",
        "14:14:21.000  12345678  f  succeeded (attempt 2)",
    ]
    del steps[2:]
    assert main(["invoke", "f", "--watch", "--json", *scripted.options]) == 1
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == steps
    assert main(["invoke", "f", "--async", "--log", *scripted.options]) == 1

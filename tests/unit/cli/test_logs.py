"""The log is printed as it comes; ages are understood; JSON goes through untouched."""

from __future__ import annotations

import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from lambent.cli.errors import CommandError
from lambent.cli.logs import seconds
from lambent.cli.main import main
from tests.unit.cli.conftest import Scripted

LINES = (
    b'{"timestamp": 1764000000123, "message": "START RequestId: r1\\n", "stream": "s"}\n'
    b'\n{"timestamp": 1764000000124, "message": "a\\tb", "stream": "s"}\n'
)


def test_lines_are_printed_with_their_time(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = lambda asked: (200, {}, LINES)
    assert main(["logs", "f", *scripted.options]) == 0
    assert capsys.readouterr().out == "2025-11-24T16:00:00.123Z  START RequestId: r1\n2025-11-24T16:00:00.124Z  a\tb\n"
    assert scripted.asked[0].target == "/_lambent/logs?function=f"


def test_a_function_cannot_steer_the_terminal(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    message = json.dumps({"timestamp": 0, "message": "\x1b[2J red\a\r\x9b1m \t\ttabs", "stream": "s"}).encode()
    scripted.answer = lambda asked: (200, {}, message + b"\n")
    assert main(["logs", "f", *scripted.options]) == 0
    assert capsys.readouterr().out == "1970-01-01T00:00:00.000Z  \\x1b[2J red\\x07\\x0d\\x9b1m \t\ttabs\n"


def test_json_is_what_the_server_sent(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = lambda asked: (200, {}, LINES)
    assert main(["logs", "f", "--json", *scripted.options]) == 0
    assert capsys.readouterr().out == LINES.decode().replace("\n\n", "\n")


def test_since_and_follow_are_asked_of_the_server(scripted: Scripted) -> None:
    scripted.answer = lambda asked: (200, {}, b"")
    before = time.time()
    assert main(["logs", "f", "--follow", "--since", "10m", *scripted.options]) == 0
    query = parse_qs(urlsplit(scripted.asked[0].target).query)
    assert query["follow"] == ["true"]
    assert before - 601 < int(query["start"][0]) / 1000 < time.time() - 599


@pytest.mark.parametrize(("age", "expected"), [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86400)])
def test_ages(age: str, expected: int) -> None:
    assert seconds(age) == expected


@pytest.mark.parametrize("age", ["", "10", "m", "1w", "-1s", "1.5h"])
def test_what_is_no_age(age: str) -> None:
    with pytest.raises(CommandError, match="--since takes an age"):
        seconds(age)

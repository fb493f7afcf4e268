"""The commands that show what happens: each has help with examples, and JSON."""

from __future__ import annotations

import pytest

from lambent.cli import parser

GIVEN = {
    "logs": ["f"],
    "environments": [],
    "top": [],
    "cost": [],
    "tune": ["f"],
    "clock": [],
    "events": ["tail"],
    "queue": ["peek", "q"],
    "durable": ["list", "f"],
}


@pytest.mark.parametrize("command", GIVEN)
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser.build().parse_args([command, "--help"])
    assert ended.value.code == 0
    assert f"lambent {command}" in capsys.readouterr().out.split("examples:")[1]


@pytest.mark.parametrize("command", GIVEN)
def test_json(command: str) -> None:
    assert parser.build().parse_args([command, *GIVEN[command]]).json is False
    assert parser.build().parse_args([command, *GIVEN[command], "--json"]).json is True


def test_what_is_given_arrives() -> None:
    given = parser.build().parse_args(["tune", "f", "--memory", "128", "256", "--runs", "3"])
    assert (given.function, given.memory, given.runs, given.payload) == ("f", [128, 256], 3, "{}")
    given = parser.build().parse_args(["cost", "--by", "day", "--from", "2026-11-01", "--no-free-tier"])
    assert (given.by, given.first, given.last, given.no_free_tier) == ("day", "2026-11-01", None, True)

"""The grammar: what is given arrives, what is not given is None, and every command shows how it is used."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lambent.cli import parser
from lambent.settings import Settings

COMMANDS = (
    *("serve", "demo", "env", "functions", "deploy", "dev", "invoke", "logs", "environments", "top"),
    *("runtimes", "doctor"),
)
LISTINGS = ("env", "functions", "environments", "top", "runtimes", "doctor")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser.build().parse_args([command, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "examples:" in shown
    assert f"lambent {command}" in shown.split("examples:")[1]


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser.build().parse_args(["--help"])
    shown = capsys.readouterr().out
    assert all(f"\n    {command}" in shown for command in COMMANDS)


def test_options_of_serve_are_fields_of_settings() -> None:
    given = vars(parser.build().parse_args(["serve"]))
    assert given.pop("command") == "serve"
    assert set(given) <= {field.name for field in msgspec.structs.fields(Settings)}
    assert set(given.values()) == {None}


def test_options_of_serve_arrive_in_settings() -> None:
    options = ["--port", "0", "--data", "there", "--no-auth", "--tls", "--sandbox", "process", "--strict-runtimes"]
    given = vars(parser.build().parse_args(["serve", *options]))
    given.pop("command")
    settings = Settings.from_environment({}, **given)
    assert settings == Settings(
        port=0, data=Path("there"), auth=False, tls=True, sandbox="process", strict_runtimes=True
    )


@pytest.mark.parametrize("command", LISTINGS)
def test_every_listing_can_be_json(command: str) -> None:
    assert parser.build().parse_args([command]).json is False
    assert parser.build().parse_args([command, "--json"]).json is True


def test_deploy_repeats_variables() -> None:
    arguments = parser.build().parse_args(["deploy", "there", "--env", "A=1", "--env", "B=2=3"])
    assert arguments.directory == Path("there")
    assert arguments.env == ["A=1", "B=2=3"]


def test_dev_takes_what_deploy_takes() -> None:
    deploy = vars(parser.build().parse_args(["deploy", "there", "--memory", "512"]))
    dev = vars(parser.build().parse_args(["dev", "there", "--memory", "512", "--invoke", "event.json"]))
    assert (dev.pop("invoke"), dev.pop("rm"), dev.pop("debug")) == (Path("event.json"), False, None)
    deploy.pop("json")
    assert {**dev, "command": "deploy"} == deploy


@pytest.mark.parametrize(
    "wrong",
    [[], ["fly"], ["serve", "--port", "many"], ["invoke"], ["serve", "--sandbox", "none"], ["serve", "--po", "1"]],
)
def test_wrong_usage_ends_with_status_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser.build().parse_args(wrong)
    assert ended.value.code == 2
    assert "usage: lambent" in capsys.readouterr().err

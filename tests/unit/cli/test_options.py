"""Options that many commands take."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from lambent.cli import options


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser()
    return options.command(root.add_subparsers(), "look", "look at it", "lambent look    at all of it")


def test_what_is_not_given_is_none(parser: argparse.ArgumentParser) -> None:
    options.flag(parser, "--on", "on", True, "switch it on")
    options.server_options(parser)
    options.json_option(parser)
    given = parser.parse_args([])
    assert (given.on, given.data, given.endpoint, given.region, given.json) == (None, None, None, None, False)
    given = parser.parse_args(["--on", "--data", "d", "--json"])
    assert (given.on, given.data, given.json) == (True, Path("d"), True)


def test_help_has_its_examples(parser: argparse.ArgumentParser) -> None:
    text = parser.format_help()
    assert "Look at it." in text
    assert text.rstrip().endswith("lambent look    at all of it")

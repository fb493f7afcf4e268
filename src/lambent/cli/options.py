"""What commands of the command line have in common: how they are described, and the options that many take."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def command(commands: Commands, name: str, summary: str, *examples: str) -> argparse.ArgumentParser:
    """A subcommand with its one-line summary and its examples (a command, two spaces, what it does)."""
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog="examples:\n" + "\n".join(f"  {example}" for example in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def flag(parser: argparse.ArgumentParser, name: str, dest: str, value: bool, text: str) -> None:
    """An option without a value; None if it is not given."""
    parser.add_argument(name, dest=dest, action="store_const", const=value, help=text)


def data_option(parser: argparse.ArgumentParser) -> None:
    """Which data directory."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="the server's data directory (.lambent)")


def json_option(parser: argparse.ArgumentParser) -> None:
    """For programs."""
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def server_options(parser: argparse.ArgumentParser) -> None:
    """How a client command finds the server and its root key."""
    data_option(parser)
    parser.add_argument("--endpoint", metavar="URL", help="where the server is (http://HOST:PORT of the settings)")
    parser.add_argument("--region", metavar="NAME", help="the region to act in (us-east-1)")

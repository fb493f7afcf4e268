"""From argv to an exit status: parse, call the one function of the command, turn refusals into one line.

Commands are imported when they are chosen, so that `lambent --help` costs no more than argparse.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lambent.cli import parser
from lambent.cli.errors import CommandError
from lambent.model.errors import ApiError

if TYPE_CHECKING:
    import argparse


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0 done, 1 refused or failed, 130 interrupted; usage errors exit 2."""
    arguments = parser.build().parse_args(argv)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output (head, a pager) has gone: nobody is left to tell
        sys.stdout = None
        return 1
    except (CommandError, ApiError) as error:
        print(f"lambent: {error}", file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "serve":
            from lambent.cli import serve

            return serve.run(arguments)
        case "demo":
            from lambent.cli import demo

            return demo.run(arguments)
        case "env":
            from lambent.cli import variables

            return variables.run(arguments)
        case "functions" | "deploy":
            from lambent.cli import functions

            return functions.run(arguments)
        case "dev":
            from lambent.cli import dev

            return dev.run(arguments)
        case "invoke":
            from lambent.cli import invoke

            return invoke.run(arguments)
        case "logs":
            from lambent.cli import logs

            return logs.run(arguments)
        case "environments":
            from lambent.cli import environments

            return environments.run(arguments)
        case "events":
            from lambent.cli import events

            return events.run(arguments)
        case "queue":
            from lambent.cli import queue

            return queue.run(arguments)
        case "durable":
            from lambent.cli import durable

            return durable.run(arguments)
        case "clock":
            from lambent.cli import clock

            return clock.run(arguments)
        case "trail" | "explain" | "policy":
            from lambent.cli import audit

            return audit.run(arguments)
        case "cost":
            from lambent.cli import cost

            return cost.run(arguments)
        case "tune":
            from lambent.cli import tune

            return tune.run(arguments)
        case "top":
            from lambent.cli import top

            return top.run(arguments)
        case _:
            from lambent.cli import machine

            return machine.run(arguments)

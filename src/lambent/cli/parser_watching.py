"""The commands that show what happens, and what has happened: their options and examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.cli.options import command, json_option, server_options

if TYPE_CHECKING:
    from lambent.cli.options import Commands


def logs(commands: Commands) -> None:
    """`lambent logs`."""
    parser = command(
        commands,
        "logs",
        "print a function's log",
        "lambent logs resize",
        "lambent logs resize --since 10m --follow    the last ten minutes, then what comes",
        "lambent logs resize --json                  one JSON object a line",
        "lambent logs resize --export resize.gz      all of it into a file, one JSON object a line",
    )
    parser.add_argument("function", metavar="FUNCTION", help="name of the function")
    parser.add_argument("--follow", "-f", action="store_true", help="keep printing until interrupted")
    parser.add_argument("--export", metavar="FILE", help="write into FILE instead, packed if it ends in .gz")
    parser.add_argument("--since", metavar="AGE", help="only events younger than 30s, 10m, 2h or 1d")
    server_options(parser)
    json_option(parser)


def environments(commands: Commands) -> None:
    """`lambent environments`."""
    parser = command(
        commands,
        "environments",
        "list the environments: which function each serves, what it does now, how often it was invoked",
        "lambent environments            all of them",
        "lambent environments resize     those of one function; resize:7 for one version",
        "lambent environments --json",
    )
    parser.add_argument("function", nargs="?", metavar="FUNCTION", help="name or ARN, with a version or without")
    server_options(parser)
    json_option(parser)


def top(commands: Commands) -> None:
    """`lambent top`."""
    parser = command(
        commands,
        "top",
        "show the environments live, busy ones first, with totals, until interrupted",
        "lambent top             anew every second; where the output is no terminal, once",
        "lambent top --once      one table",
        "lambent top --json      one JSON object: totals and environments",
    )
    parser.add_argument("--once", action="store_true", help="print one table and end")
    server_options(parser)
    json_option(parser)


def cost(commands: Commands) -> None:
    """`lambent cost`."""
    parser = command(
        commands,
        "cost",
        "show what AWS would have asked for what functions did this month",
        "lambent cost                                     by function",
        "lambent cost --by day --from 2026-11-01          by day; also version, alias, kind, region, architecture",
        "lambent cost --tag team                          by the values of a tag",
        "lambent cost --csv > report.csv                  a Cost and Usage Report",
    )
    parser.add_argument("--by", metavar="WHAT", help="function, version, alias, day, kind, region or architecture")
    parser.add_argument("--tag", metavar="KEY", help="by the values of a tag of the functions")
    parser.add_argument("--from", dest="first", metavar="DAY", help="first day (the first of this month)")
    parser.add_argument("--to", dest="last", metavar="DAY", help="last day (today)")
    parser.add_argument("--no-free-tier", action="store_true", help="as if there were no free units")
    parser.add_argument("--csv", action="store_true", help="print a Cost and Usage Report")
    server_options(parser)
    json_option(parser)


def tune(commands: Commands) -> None:
    """`lambent tune`."""
    parser = command(
        commands,
        "tune",
        "run a function at several memory sizes and say which is best",
        "lambent tune resize --payload @event.json",
        "lambent tune resize --memory 128 512 2048 --runs 20",
    )
    parser.add_argument("function", metavar="FUNCTION", help="name of the function")
    parser.add_argument("--memory", type=int, nargs="+", metavar="MB", help="sizes to try (128 256 512 1024 1536 3008)")
    parser.add_argument("--runs", type=int, default=10, metavar="N", help="invocations of each size (10)")
    parser.add_argument("--payload", default="{}", metavar="EVENT", help="the event: JSON, @FILE or - ({})")
    server_options(parser)
    json_option(parser)


def clock(commands: Commands) -> None:
    """`lambent clock`."""
    parser = command(
        commands,
        "clock",
        "show the server's clock, or move it on (only where it was started with --test-clock)",
        "lambent clock",
        "lambent clock advance 2m    retries, delays and schedules that are due by then happen now",
    )
    parser.add_argument("action", nargs="?", choices=["advance"], help="move it")
    parser.add_argument("by", nargs="?", metavar="AGE", help="30s, 10m, 2h or 1d")
    server_options(parser)
    json_option(parser)


def events(commands: Commands) -> None:
    """`lambent events`."""
    parser = command(
        commands,
        "events",
        "show what happens to asynchronous events, or to those of an event bus: accepted, failed, delivered, dropped",
        "lambent events tail           the last steps, then what comes, until interrupted",
        "lambent events tail --once    the last steps",
        "lambent events tail --json    one JSON object a line",
        "lambent events tail --bus default    what happens to the events of an event bus",
    )
    parser.add_argument("action", choices=("tail",), help="print steps as they come")
    parser.add_argument("--bus", metavar="NAME", help="of an event bus of EventBridge, by its name or ARN")
    parser.add_argument("--once", action="store_true", help="print what is remembered and end")
    server_options(parser)
    json_option(parser)


def queue(commands: Commands) -> None:
    """`lambent queue`."""
    parser = command(
        commands,
        "queue",
        "look into a queue without receiving anything, or move a dead-letter queue's messages back",
        "lambent queue peek work              its oldest messages: when, how often received, held by somebody or not",
        "lambent queue redrive dead           back to the queues that they came from, and wait until all are there",
        "lambent queue redrive dead --to q    to the queue q",
    )
    parser.add_argument("action", choices=["peek", "redrive"])
    parser.add_argument("queue", metavar="QUEUE", help="its name")
    parser.add_argument("--limit", type=int, default=10, metavar="N", help="the oldest N messages (10)")
    parser.add_argument("--to", metavar="QUEUE", help="where to, instead of where they came from")
    server_options(parser)
    json_option(parser)


def durable(commands: Commands) -> None:
    """`lambent durable`."""
    parser = command(
        commands,
        "durable",
        "show durable executions: those of a function, one of them, what happened in it",
        "lambent durable list order         the executions of a function, the newest first",
        "lambent durable show ARN           where one stands, what it was given and gave",
        "lambent durable history ARN --json",
    )
    parser.add_argument("action", choices=("list", "show", "history"), help="what to print")
    parser.add_argument("named", metavar="FUNCTION|ARN", help="a function to list, or the ARN of an execution")
    server_options(parser)
    json_option(parser)

"""The grammar of the command line: every command, its options and its examples. It parses; it runs nothing.

An option that is not given is None, so that `Settings` can take the environment's value or the default.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import lambent

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def build() -> argparse.ArgumentParser:
    """The whole parser. The parsed namespace's `command` is the name of the command."""
    parser = argparse.ArgumentParser(
        prog="lambent",
        description="AWS Lambda, whole, on machines that people own.",
        epilog="What is not given as an option is read from LAMBENT_* variables (LAMBENT_PORT, LAMBENT_DATA, ...).\n"
        "Start with 'lambent demo', or with 'lambent serve' and, in another shell, 'eval \"$(lambent env)\"'.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"lambent {lambent.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for add in (
        _serve,
        _demo,
        _env,
        _functions,
        _deploy,
        _dev,
        _invoke,
        _logs,
        _environments,
        _top,
        _cost,
        _tune,
        _clock,
        _events,
        _queue,
        _durable,
        _trail,
        _explain,
        _policy,
        _runtimes,
        _doctor,
    ):
        add(commands)
    return parser


def _command(commands: Commands, name: str, summary: str, *examples: str) -> argparse.ArgumentParser:
    """A subcommand with its one-line summary and its examples (a command, two spaces, what it does)."""
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog="examples:\n" + "\n".join(f"  {example}" for example in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _flag(parser: argparse.ArgumentParser, name: str, dest: str, value: bool, text: str) -> None:
    parser.add_argument(name, dest=dest, action="store_const", const=value, help=text)


def _data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", help="the server's data directory (.lambent)")


def _json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def _server_options(parser: argparse.ArgumentParser) -> None:
    """How a client command finds the server and its root key."""
    _data_option(parser)
    parser.add_argument("--endpoint", metavar="URL", help="where the server is (http://HOST:PORT of the settings)")
    parser.add_argument("--region", metavar="NAME", help="the region to act in (us-east-1)")


def _serve(commands: Commands) -> None:
    parser = _command(
        commands,
        "serve",
        "run the server in the foreground until SIGINT or SIGTERM",
        "lambent serve                                 on 127.0.0.1:4566, data in .lambent",
        "lambent serve --port 0 --data /var/lib/lambent  any free port (the ready line names it)",
        "lambent serve --host :: --tls                 for other machines, with a self-made certificate",
    )
    parser.add_argument("--host", metavar="ADDRESS", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, metavar="NUMBER", help="TCP port; 0 takes a free one (4566)")
    _data_option(parser)
    parser.add_argument("--account", metavar="ID", help="the account, twelve digits (000000000000)")
    parser.add_argument("--region", metavar="NAME", help="region of requests that name none (us-east-1)")
    _flag(parser, "--no-auth", "auth", False, "do not check signatures (anyone who reaches the port is root)")
    _flag(parser, "--test-clock", "test_clock", True, "let the server's clock be moved (lambent clock advance)")
    _flag(parser, "--tls", "tls", True, "serve HTTPS, with --tls-certificate or a self-made one")
    parser.add_argument("--tls-certificate", type=Path, metavar="FILE", help="PEM certificate chain")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="PEM private key")
    parser.add_argument("--sandbox", choices=("auto", "isolated", "process"), help="what holds functions (auto)")
    networks = ("auto", "nat", "none", "host")
    parser.add_argument("--network", choices=networks, help="what functions reach beside Lambent (auto: nat or none)")
    _flag(parser, "--strict-runtimes", "strict_runtimes", True, "refuse a runtime whose exact interpreter is missing")
    parser.add_argument("--runtimes-dir", type=Path, metavar="DIR", help="search this directory for interpreters too")
    parser.add_argument("--idle-seconds", type=float, metavar="S", help="keep an idle environment this long (600)")


def _demo(commands: Commands) -> None:
    parser = _command(
        commands,
        "demo",
        "show the whole thing on a server of its own: deploy, invoke, fail, time out, clean up",
        "lambent demo                  takes under a minute; writes demo-output/thumbnail.png",
        "lambent demo --output shots   writes the pictures elsewhere",
    )
    parser.add_argument("--output", type=Path, default=Path("demo-output"), metavar="DIR", help="where pictures go")


def _env(commands: Commands) -> None:
    parser = _command(
        commands,
        "env",
        "print the shell variables that point AWS tools at the server",
        'eval "$(lambent env)"       then: aws lambda list-functions',
        "lambent env --json          the same as a JSON object",
    )
    _server_options(parser)
    _json_option(parser)


def _functions(commands: Commands) -> None:
    parser = _command(
        commands,
        "functions",
        "list the functions",
        "lambent functions           a table",
        "lambent functions --json    what ListFunctions returns",
    )
    _server_options(parser)
    _json_option(parser)


def _deploy(commands: Commands) -> None:
    parser = _command(
        commands,
        "deploy",
        "zip a directory and create the function, or update it if it exists",
        "lambent deploy ./thumbnail --handler app.handler      named after the directory",
        "lambent deploy build --name resize --memory 512 --timeout 10 --env STAGE=test",
    )
    _function_options(parser)
    _server_options(parser)
    _json_option(parser)


def _function_options(parser: argparse.ArgumentParser) -> None:
    """What a function is made from."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the code and its packages (pip install --target)")
    parser.add_argument("--name", help="the function's name (the directory's)")
    parser.add_argument("--handler", help="MODULE.FUNCTION (lambda_function.lambda_handler)")
    parser.add_argument("--runtime", help="for example python3.13 (the Python that runs this command)")
    parser.add_argument("--role", metavar="ARN", help="execution role (arn:aws:iam::ACCOUNT:role/lambda)")
    parser.add_argument("--memory", type=int, metavar="MB", help="memory size (128)")
    parser.add_argument("--timeout", type=int, metavar="S", help="seconds an invocation may take (3)")
    parser.add_argument("--env", action="append", metavar="NAME=VALUE", help="an environment variable; repeatable")


def _dev(commands: Commands) -> None:
    parser = _command(
        commands,
        "dev",
        "deploy a directory, and again whenever a file in it changes, with the log meanwhile, until interrupted",
        "lambent dev ./thumbnail --handler app.handler              save a file: the next invocation runs it",
        "lambent dev . --name resize --invoke event.json            invoke it after every change, too",
        "lambent dev build --timeout 10 --env STAGE=dev --rm        remove the function at the end",
    )
    _function_options(parser)
    parser.add_argument("--invoke", type=Path, metavar="FILE", help="invoke it with this event after every deploy")
    parser.add_argument(
        "--debug",
        type=int,
        nargs="?",
        const=5678,
        metavar="PORT",
        help="let a debugger attach at 127.0.0.1:PORT (5678): debugpy for Python, node --inspect; no timeouts",
    )
    parser.add_argument("--rm", action="store_true", help="delete the function at the end, even if it was there before")
    _server_options(parser)


def _invoke(commands: Commands) -> None:
    parser = _command(
        commands,
        "invoke",
        "invoke a function and print its answer; exit status 1 if the function failed",
        "lambent invoke resize --payload '{\"width\": 200}'",
        "lambent invoke resize --payload @event.json --log    with the log on standard error",
        "lambent invoke resize --payload - < event.json",
        "lambent invoke resize --async --watch                every attempt, and where the result goes",
    )
    parser.add_argument("function", metavar="FUNCTION", help="name or ARN")
    parser.add_argument(
        "--payload", default="{}", metavar="JSON", help="the event; @FILE reads a file, - standard input"
    )
    parser.add_argument("--qualifier", metavar="VERSION", help="a published version ($LATEST)")
    parser.add_argument("--tenant", metavar="ID", help="whose invocation it is, where tenants are kept apart")
    parser.add_argument("--log", action="store_true", help="print the last 4 KB of the log on standard error")
    parser.add_argument("--async", dest="is_async", action="store_true", help="hand the event over; print its id")
    parser.add_argument("--watch", action="store_true", help="the same, and follow the event to its end")
    _server_options(parser)
    _json_option(parser)


def _events(commands: Commands) -> None:
    parser = _command(
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
    _server_options(parser)
    _json_option(parser)


def _durable(commands: Commands) -> None:
    parser = _command(
        commands,
        "durable",
        "show durable executions: those of a function, one of them, what happened in it",
        "lambent durable list order         the executions of a function, the newest first",
        "lambent durable show ARN           where one stands, what it was given and gave",
        "lambent durable history ARN --json",
    )
    parser.add_argument("action", choices=("list", "show", "history"), help="what to print")
    parser.add_argument("named", metavar="FUNCTION|ARN", help="a function to list, or the ARN of an execution")
    _server_options(parser)
    _json_option(parser)


def _logs(commands: Commands) -> None:
    parser = _command(
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
    _server_options(parser)
    _json_option(parser)


def _environments(commands: Commands) -> None:
    parser = _command(
        commands,
        "environments",
        "list the environments: which function each serves, what it does now, how often it was invoked",
        "lambent environments            all of them",
        "lambent environments resize     those of one function; resize:7 for one version",
        "lambent environments --json",
    )
    parser.add_argument("function", nargs="?", metavar="FUNCTION", help="name or ARN, with a version or without")
    _server_options(parser)
    _json_option(parser)


def _top(commands: Commands) -> None:
    parser = _command(
        commands,
        "top",
        "show the environments live, busy ones first, with totals, until interrupted",
        "lambent top             anew every second; where the output is no terminal, once",
        "lambent top --once      one table",
        "lambent top --json      one JSON object: totals and environments",
    )
    parser.add_argument("--once", action="store_true", help="print one table and end")
    _server_options(parser)
    _json_option(parser)


def _cost(commands: Commands) -> None:
    parser = _command(
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
    _server_options(parser)
    _json_option(parser)


def _tune(commands: Commands) -> None:
    parser = _command(
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
    _server_options(parser)
    _json_option(parser)


def _queue(commands: Commands) -> None:
    parser = _command(
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
    _server_options(parser)
    _json_option(parser)


def _clock(commands: Commands) -> None:
    parser = _command(
        commands,
        "clock",
        "show the server's clock, or move it on (only where it was started with --test-clock)",
        "lambent clock",
        "lambent clock advance 2m    retries, delays and schedules that are due by then happen now",
    )
    parser.add_argument("action", nargs="?", choices=["advance"], help="move it")
    parser.add_argument("by", nargs="?", metavar="AGE", help="30s, 10m, 2h or 1d")
    _server_options(parser)
    _json_option(parser)


def _trail(commands: Commands) -> None:
    parser = _command(
        commands,
        "trail",
        "print the audit trail: who managed what, and what was denied, the newest last",
        "lambent trail",
        "lambent trail --limit 500 --json    CloudTrail's records",
    )
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="the newest N events (50)")
    _server_options(parser)
    _json_option(parser)


def _explain(commands: Commands) -> None:
    parser = _command(
        commands,
        "explain",
        "say why a request was denied: which statement of which policy decided, or which kind of policy is missing",
        "lambent explain 1f0c3c52-...    the request id of the AccessDenied answer (aws --debug, or lambent trail)",
    )
    parser.add_argument("request", metavar="REQUEST_ID", help="the id of the request")
    _server_options(parser)
    _json_option(parser)


def _policy(commands: Commands) -> None:
    parser = _command(
        commands,
        "policy",
        "print the least policy that a function's role needs, from what it really did, and what it has besides",
        "lambent policy suggest resize",
        "lambent policy suggest resize --json",
    )
    parser.add_argument("action", choices=["suggest"], help="suggest a policy")
    parser.add_argument("function", metavar="FUNCTION", help="name or ARN")
    _server_options(parser)
    _json_option(parser)


def _runtimes(commands: Commands) -> None:
    parser = _command(
        commands,
        "runtimes",
        "list the runtimes and the interpreters on this machine that serve them",
        "lambent runtimes",
        "lambent runtimes --runtimes-dir /opt/pythons --json",
    )
    parser.add_argument("--runtimes-dir", type=Path, metavar="DIR", help="search this directory for interpreters too")
    _json_option(parser)


def _doctor(commands: Commands) -> None:
    parser = _command(
        commands,
        "doctor",
        "say what of the sandbox works on this machine, and why not where it does not",
        "lambent doctor              exit status 1 if any part does not work",
        "lambent doctor --json",
    )
    parser.add_argument("--runtimes-dir", type=Path, metavar="DIR", help="search this directory for interpreters too")
    _json_option(parser)

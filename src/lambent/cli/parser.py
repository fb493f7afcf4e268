"""The grammar of the command line: every command, its options and its examples. It parses; it runs nothing.

An option that is not given is None, so that `Settings` can take the environment's value or the default.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import lambent
from lambent.cli import parser_watching
from lambent.cli.options import command, data_option, flag, json_option, server_options

if TYPE_CHECKING:
    from lambent.cli.options import Commands


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
        parser_watching.logs,
        parser_watching.environments,
        parser_watching.top,
        parser_watching.cost,
        parser_watching.tune,
        parser_watching.clock,
        parser_watching.events,
        parser_watching.queue,
        parser_watching.durable,
        _trail,
        _explain,
        _policy,
        _runtimes,
        _doctor,
    ):
        add(commands)
    return parser


def _serve(commands: Commands) -> None:
    parser = command(
        commands,
        "serve",
        "run the server in the foreground until SIGINT or SIGTERM",
        "lambent serve                                 on 127.0.0.1:4566, data in .lambent",
        "lambent serve --port 0 --data /var/lib/lambent  any free port (the ready line names it)",
        "lambent serve --host :: --tls                 for other machines, with a self-made certificate",
    )
    parser.add_argument("--host", metavar="ADDRESS", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, metavar="NUMBER", help="TCP port; 0 takes a free one (4566)")
    data_option(parser)
    parser.add_argument("--account", metavar="ID", help="the account, twelve digits (000000000000)")
    parser.add_argument("--region", metavar="NAME", help="region of requests that name none (us-east-1)")
    flag(parser, "--no-auth", "auth", False, "do not check signatures (anyone who reaches the port is root)")
    flag(parser, "--test-clock", "test_clock", True, "let the server's clock be moved (lambent clock advance)")
    flag(parser, "--tls", "tls", True, "serve HTTPS, with --tls-certificate or a self-made one")
    parser.add_argument("--tls-certificate", type=Path, metavar="FILE", help="PEM certificate chain")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="PEM private key")
    parser.add_argument("--sandbox", choices=("auto", "isolated", "process"), help="what holds functions (auto)")
    networks = ("auto", "nat", "none", "host")
    parser.add_argument("--network", choices=networks, help="what functions reach beside Lambent (auto: nat or none)")
    flag(parser, "--strict-runtimes", "strict_runtimes", True, "refuse a runtime whose exact interpreter is missing")
    parser.add_argument("--runtimes-dir", type=Path, metavar="DIR", help="search this directory for interpreters too")
    parser.add_argument("--log-format", choices=("text", "json"), help="of the server's own log (text)")
    parser.add_argument("--idle-seconds", type=float, metavar="S", help="keep an idle environment this long (600)")


def _demo(commands: Commands) -> None:
    parser = command(
        commands,
        "demo",
        "show the whole thing on a server of its own: deploy, invoke, fail, time out, clean up",
        "lambent demo                  takes under a minute; writes demo-output/thumbnail.png",
        "lambent demo --output shots   writes the pictures elsewhere",
        "lambent demo --data kept      keeps its logs, metrics and traces, to be asked for afterwards",
    )
    parser.add_argument("--output", type=Path, default=Path("demo-output"), metavar="DIR", help="where pictures go")
    parser.add_argument("--data", type=Path, metavar="DIR", help="a data directory to be made, and kept (none is kept)")


def _env(commands: Commands) -> None:
    parser = command(
        commands,
        "env",
        "print the shell variables that point AWS tools at the server",
        'eval "$(lambent env)"       then: aws lambda list-functions',
        "lambent env --json          the same as a JSON object",
    )
    server_options(parser)
    json_option(parser)


def _functions(commands: Commands) -> None:
    parser = command(
        commands,
        "functions",
        "list the functions",
        "lambent functions           a table",
        "lambent functions --json    what ListFunctions returns",
    )
    server_options(parser)
    json_option(parser)


def _deploy(commands: Commands) -> None:
    parser = command(
        commands,
        "deploy",
        "zip a directory and create the function, or update it if it exists",
        "lambent deploy ./thumbnail --handler app.handler      named after the directory",
        "lambent deploy build --name resize --memory 512 --timeout 10 --env STAGE=test",
    )
    _function_options(parser)
    server_options(parser)
    json_option(parser)


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
    parser = command(
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
    server_options(parser)


def _invoke(commands: Commands) -> None:
    parser = command(
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
    server_options(parser)
    json_option(parser)


def _trail(commands: Commands) -> None:
    parser = command(
        commands,
        "trail",
        "print the audit trail: who managed what, and what was denied, the newest last",
        "lambent trail",
        "lambent trail --limit 500 --json    CloudTrail's records",
    )
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="the newest N events (50)")
    server_options(parser)
    json_option(parser)


def _explain(commands: Commands) -> None:
    parser = command(
        commands,
        "explain",
        "say why a request was denied: which statement of which policy decided, or which kind of policy is missing",
        "lambent explain 1f0c3c52-...    the request id of the AccessDenied answer (aws --debug, or lambent trail)",
    )
    parser.add_argument("request", metavar="REQUEST_ID", help="the id of the request")
    server_options(parser)
    json_option(parser)


def _policy(commands: Commands) -> None:
    parser = command(
        commands,
        "policy",
        "print the least policy that a function's role needs, from what it really did, and what it has besides",
        "lambent policy suggest resize",
        "lambent policy suggest resize --json",
    )
    parser.add_argument("action", choices=["suggest"], help="suggest a policy")
    parser.add_argument("function", metavar="FUNCTION", help="name or ARN")
    server_options(parser)
    json_option(parser)


def _runtimes(commands: Commands) -> None:
    parser = command(
        commands,
        "runtimes",
        "list the runtimes and the interpreters on this machine that serve them",
        "lambent runtimes",
        "lambent runtimes --runtimes-dir /opt/pythons --json",
    )
    parser.add_argument("--runtimes-dir", type=Path, metavar="DIR", help="search this directory for interpreters too")
    json_option(parser)


def _doctor(commands: Commands) -> None:
    parser = command(
        commands,
        "doctor",
        "say what of the sandbox works on this machine, and why not where it does not",
        "lambent doctor              exit status 1 if any part does not work",
        "lambent doctor --json",
    )
    parser.add_argument("--runtimes-dir", type=Path, metavar="DIR", help="search this directory for interpreters too")
    json_option(parser)

"""`lambent functions` and `lambent deploy`: the Lambda API, with the choices that people mostly make already made."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from lambent.cli.archive import zip_directory
from lambent.cli.client import Client, connect
from lambent.cli.errors import CommandError
from lambent.cli.output import as_json, size, table
from lambent.cli.roles import execution_role
from lambent.model.errors import ApiError

HANDLER = "lambda_function.lambda_handler"
SETTLE_SECONDS = 300.0


def run(arguments: argparse.Namespace) -> int:
    """List, or deploy."""
    client = connect(arguments)
    return _deploy(arguments, client) if arguments.command == "deploy" else _list(arguments, client)


def _list(arguments: argparse.Namespace, client: Client) -> int:
    found = list(client.pages("ListFunctions", "Functions"))
    if arguments.json:
        print(as_json(found))
        return 0
    columns = ("NAME", "RUNTIME", "HANDLER", "MEMORY", "TIMEOUT", "CODE", "MODIFIED")
    print(table(columns, [_row(function) for function in found]))
    return 0


def _row(function: dict[str, Any]) -> tuple[str, ...]:
    return (
        function["FunctionName"],
        function.get("Runtime", "-"),
        function.get("Handler", "-"),
        f"{function['MemorySize']} MB",
        f"{function['Timeout']} s",
        size(function["CodeSize"]),
        function["LastModified"][:19],
    )


def _deploy(arguments: argparse.Namespace, client: Client) -> int:
    package = pack(client, code_directory(arguments))
    deployed, created = deploy(client, function_name(arguments), package, configuration(arguments))
    if arguments.json:
        print(as_json(deployed))
    else:
        done = "created" if created else "updated"
        print(f"{done} {deployed['FunctionArn']} ({deployed['Runtime']}, {size(deployed['CodeSize'])})")
    return 0


def code_directory(arguments: argparse.Namespace) -> Path:
    """DIR of the options. Raises CommandError if it is none."""
    directory: Path = arguments.directory
    if not directory.is_dir():
        raise CommandError(f"{directory} is not a directory")
    return directory


def pack(client: Client, directory: Path) -> bytes:
    """The directory as a package, without the server's data. Raises CommandError."""
    try:
        return zip_directory(directory, without=client.data)
    except OSError as error:
        raise CommandError(f"{directory} cannot be read: {error}") from error


def function_name(arguments: argparse.Namespace) -> str:
    """The name that the options give, else that of the directory."""
    name: str = arguments.name or arguments.directory.resolve().name
    return name


def deploy(
    client: Client, name: str, package: bytes, wanted: dict[str, Any], *, code_only: bool = False
) -> tuple[dict[str, Any], bool]:
    """Create the function, or update it if it exists, and wait until it is ready: its configuration, True if created.

    `wanted` is the configuration; with `code_only` it counts only if the function has to be created. Raises ApiError,
    CommandError.
    """
    try:
        client.call("GetFunctionConfiguration", FunctionName=name)
        exists = True
    except ApiError as error:
        if error.code != "ResourceNotFoundException":
            raise
        exists = False
    if exists:
        _update(client, name, package, {} if code_only else wanted)
    else:
        _create(client, name, package, wanted)
    return _settled(client, name), not exists


def configuration(arguments: argparse.Namespace) -> dict[str, Any]:
    """The configuration that the options give, without what they leave open. Raises CommandError."""
    given = {
        "Handler": arguments.handler,
        "Runtime": arguments.runtime,
        "Role": arguments.role,
        "MemorySize": arguments.memory,
        "Timeout": arguments.timeout,
    }
    if arguments.env is not None:
        pairs = [text.partition("=") for text in arguments.env]
        if wrong := [name for name, equals, _ in pairs if not (name and equals)]:
            raise CommandError(f"--env takes NAME=VALUE, not {wrong[0]!r}")
        given["Environment"] = {"Variables": {name: value for name, _, value in pairs}}
    return {name: value for name, value in given.items() if value is not None}


def _create(client: Client, name: str, package: bytes, wanted: dict[str, Any]) -> None:
    defaults = {
        "Handler": HANDLER,
        "Runtime": f"python3.{sys.version_info.minor}",
    }
    if "Role" not in wanted:
        defaults["Role"] = execution_role(client)
    client.call("CreateFunction", FunctionName=name, Code={"ZipFile": package}, **{**defaults, **wanted})


def _update(client: Client, name: str, package: bytes, wanted: dict[str, Any]) -> None:
    client.call("UpdateFunctionCode", FunctionName=name, ZipFile=package)
    if wanted:
        _settled(client, name)
        client.call("UpdateFunctionConfiguration", FunctionName=name, **wanted)


def _settled(client: Client, name: str) -> dict[str, Any]:
    """Wait until the function is Active and its last update over. Raises CommandError when either failed."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        now = client.call("GetFunctionConfiguration", FunctionName=name)
        for status, reason in (("State", "StateReason"), ("LastUpdateStatus", "LastUpdateStatusReason")):
            if now.get(status) == "Failed":
                raise CommandError(f"{name}: {status} is Failed: {now.get(reason, 'no reason given')}")
        if now.get("State") == "Active" and now.get("LastUpdateStatus") != "InProgress":
            return now
        time.sleep(0.05)
    raise CommandError(f"{name} is still not ready after {SETTLE_SECONDS:.0f} s")

"""AWS's own emulator of the execution environment, as an oracle: fetched with pip, kept in pytest's cache.

It is never a part of Lambent; only what it answers is looked at.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import socket
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "aws-sam-cli"
MEMBER = "samcli/local/rapid/aws-lambda-rie-x86_64"
FETCH_SECONDS = 120.0
START_SECONDS = 10.0


def program(cache: pytest.Cache) -> Path:
    """The emulator's program; skips the test where it cannot be had."""
    if platform.machine() != "x86_64" or sys.platform != "linux":
        pytest.skip("AWS's emulator is a program for x86-64 Linux")
    kept = cache.mkdir("oracle") / "aws-lambda-rie"
    if not kept.exists():
        _fetch(kept)
    return kept


def _fetch(kept: Path) -> None:
    folder = kept.parent
    asked = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE]
    try:
        subprocess.run(asked, check=True, capture_output=True, timeout=FETCH_SECONDS)
        wheel = next(folder.glob("aws_sam_cli-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            unfinished = kept.with_suffix(".part")
            unfinished.write_bytes(archive.read(MEMBER))
        wheel.unlink()
    except (OSError, subprocess.SubprocessError, StopIteration, KeyError, zipfile.BadZipFile) as error:
        pytest.skip(f"AWS's emulator cannot be had: {error!r}")
    unfinished.chmod(0o755)
    unfinished.rename(kept)


class Emulator:
    """One that runs."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def invoke(self, event: Any, *, client_context: str) -> bytes:
        """What it answers, whether the function failed or not."""
        body = json.dumps(event).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(
            f"POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"X-Amz-Client-Context: {b64encode(client_context.encode()).decode()}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        answer = await reader.read()
        writer.close()
        head_, _, payload = answer.partition(b"\r\n\r\n")
        if b"chunked" in head_.lower():
            payload = _joined(payload)
        return payload


def _joined(data: bytes) -> bytes:
    pieces = []
    while data:
        size, _, data = data.partition(b"\r\n")
        pieces.append(data[: int(size, 16)])
        data = data[int(size, 16) + 2 :]
    return b"".join(pieces)


@asynccontextmanager
async def emulator(
    program: Path, task: Path, command: Sequence[str], *, handler: str = "", opt: Path | None = None
) -> AsyncIterator[Emulator]:
    """Run a function in `task` with `command`; `opt`, which only root can have, is what it sees as /opt."""
    ports = _free_ports(2)
    arguments = ["--runtime-interface-emulator-address", f"127.0.0.1:{ports[0]}"]
    arguments += ["--runtime-api-address", f"127.0.0.1:{ports[1]}", *command]
    started = [str(program), *arguments]
    if opt is not None:
        started = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /opt && exec "$@"', str(opt), *started]
    variables = {
        "PATH": os.environ["PATH"],
        "LAMBDA_TASK_ROOT": str(task),
        "_HANDLER": handler,
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "10",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    }
    process = _started(started, task, variables)
    try:
        async with asyncio.timeout(START_SECONDS):
            await _listening(ports[0], process)
        yield Emulator(ports[0])
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def _started(command: Sequence[str], task: Path, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    with (task.parent / "emulator.log").open("wb") as log:
        return subprocess.Popen(command, cwd=task, env=variables, stdout=log, stderr=log, start_new_session=True)


async def _listening(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return
    pytest.fail("AWS's emulator ended at once")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()

"""A started, not forked, Python runtime against our own Runtime API."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lambent.model.invocation import Invocation
from lambent.model.runtime import Runtime
from lambent.runtime_api.http_api import HttpSession
from lambent.runtime_api.session import Failed, InitFailed, Initialized, Responded
from lambent.runtime_api.shared_api import SharedSession
from lambent.runtimes.library import Library
from lambent.runtimes.python import lambent_wrapped

HANDLER = """
import os, sys
def handler(event, context):
    if event == "raise":
        raise ValueError("boom")
    return [event, context.aws_request_id, context.get_remaining_time_in_millis() > 0, sys.path[0], sys.argv]
"""


@asynccontextmanager
async def started(
    library: Path, task: Path, source: str, workers: int = 0
) -> AsyncIterator[tuple[HttpSession, asyncio.subprocess.Process]]:
    """A runtime and the session with it."""
    (task / "app.py").write_text(source)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    environment = {
        "AWS_LAMBDA_RUNTIME_API": "{}:{}".format(*listener.getsockname()),
        "_HANDLER": "app.handler",
        "LAMBDA_TASK_ROOT": str(task),
        "LAMBDA_RUNTIME_DIR": str(library),
        "PYTHONPATH": str(library),
        **dict.fromkeys(("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"), "x"),
        **dict.fromkeys(("AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"), "x"),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "PATH": os.defpath,
    }
    if workers:
        environment["AWS_LAMBDA_MAX_CONCURRENCY"] = str(workers)
    session = await (SharedSession if workers else HttpSession).listen(listener)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(library / "lambent_wrapped.py"), env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield session, process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        session.close()
        await session.closed()
        listener.close()


async def test_it_serves_one_event_after_the_other(library: Library, found: dict[str, Runtime], tmp_path: Path) -> None:
    directory = library(found["python{}.{}".format(*sys.version_info)])
    async with started(directory, tmp_path, HANDLER) as (session, _):
        assert await session.initialized() == Initialized()
        first = await session.invoke(Invocation("id-1", b'"a"', 2**42, "arn"))
        assert isinstance(first, Responded)
        answer: list[Any] = json.loads(first.payload)
        assert answer == ["a", "id-1", True, str(tmp_path), [str(directory / "bootstrap.py")]]
        assert await session.idle()
        second = await session.invoke(Invocation("id-2", b'"raise"', 2**42, "arn"))
        assert isinstance(second, Failed)
        assert json.loads(second.error.payload)["errorMessage"] == "boom"


def test_a_pipe_that_was_closed_is_not_taken_for_another() -> None:
    read, write = os.pipe()
    inode = str(os.fstat(write).st_ino)
    assert lambent_wrapped.is_pipe(write, inode)
    os.close(read)
    os.close(write)
    assert not lambent_wrapped.is_pipe(write, inode)
    others = os.pipe()
    assert not lambent_wrapped.is_pipe(others[1], inode)
    for descriptor in others:
        os.close(descriptor)


async def test_an_import_that_fails_is_an_init_error(
    library: Library, found: dict[str, Runtime], tmp_path: Path
) -> None:
    directory = library(found["python{}.{}".format(*sys.version_info)])
    async with started(directory, tmp_path, "import absent_module") as (session, process):
        outcome = await session.initialized()
        assert isinstance(outcome, InitFailed)
        assert outcome.error.error_type == "Runtime.ImportModuleError"
        assert await process.wait() == 1


def test_lines_that_several_processes_write_stay_whole() -> None:
    passed: list[str] = []

    class Stream:
        encoding = "utf-8"

        def write(self, text: str) -> None:
            passed.append(text)

        def flush(self) -> None:
            passed.append("flush")

    lines = lambent_wrapped.WholeLines(Stream())
    for text in ("a", "", "b", "\n", "c\nd\ne"):
        assert lines.write(text) == len(text)
        lines.flush()
    assert passed == ["ab\n", "flush", "c\nd\n", "flush"]
    assert lines.encoding == "utf-8"


async def test_several_workers_import_the_handler_each_for_itself(
    library: Library, found: dict[str, Runtime], tmp_path: Path
) -> None:
    directory = library(found["python{}.{}".format(*sys.version_info)])
    source = "import os\ndef handler(event, context): return os.getpid()"
    async with started(directory, tmp_path, source, workers=2) as (session, process):
        assert await session.initialized() == Initialized()
        pids = set()
        for number in range(20):
            answer = await session.invoke(Invocation(str(number), b"1", 4_102_444_800_000, "arn"))
            assert isinstance(answer, Responded)
            pids.add(json.loads(answer.payload))
        assert len(pids) <= 2
        assert process.pid not in pids
        for pid in pids:
            os.kill(pid, 9)

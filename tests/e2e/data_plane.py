"""The data plane with everything below it real, for end-to-end tests: the sandbox, the runtimes, the log store."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from lambent.clock import MovableClock, RandomIds
from lambent.context import Context, Principal
from lambent.http.message import Request, Response
from lambent.http.server import Server
from lambent.invoke.base import Closeable, Credentials, InvokeRequest
from lambent.invoke.dispatcher import Dispatcher
from lambent.invoke.sessions import open_session
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.model.function import CodePackage, FunctionVersion, LoggingConfig
from lambent.model.invocation import InvocationResult
from lambent.observe.logs import LogStore
from lambent.runtimes.choose import Chooser
from lambent.runtimes.discover import discover
from lambent.runtimes.library import Library
from lambent.runtimes.places import Places
from lambent.sandbox.choose import choose
from lambent.settings import Settings

HANDLER = """
import json, logging, os, sys, threading, time, urllib.request
print("importing")
count = 0
beats = 0

def handler(event, context):
    global count
    count += 1
    do = event.get("do")
    if do == "sleep":
        time.sleep(event["seconds"])
    elif do == "raise":
        raise ValueError("boom")
    elif do == "exit":
        os._exit(event["code"])
    elif do == "segfault":
        os.kill(os.getpid(), 11)
    elif do == "hog":
        return len(bytearray(400 * 2**20))
    elif do == "print":
        for number in range(event["lines"]):
            print(number, "x" * event["width"])
    elif do == "log":
        print("first")
        logging.warning("second\\nline")
        print("unfinished", end="")
    elif do == "beat":
        threading.Thread(target=beat, daemon=True).start()
    elif do == "echo":
        return event["payload"]
    elif do == "environ":
        return dict(os.environ)
    elif do == "call home":
        return urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/hello").read().decode()
    elif do == "large":
        return "y" * event["size"]
    elif do == "context":
        return {name: getattr(context, name) for name in (
            "function_name", "function_version", "invoked_function_arn", "memory_limit_in_mb", "aws_request_id",
            "log_group_name", "log_stream_name")} | {
            "remaining": context.get_remaining_time_in_millis(), "custom": context.client_context.custom,
            "trace": os.environ["_X_AMZN_TRACE_ID"]}
    return {"count": count, "beats": beats, "environment": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]}

def beat():
    global beats
    while True:
        beats += 1
        time.sleep(0.001)
"""

NO_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
ISOLATED = pytest.param("isolated", marks=[pytest.mark.root, NO_ROOT])


async def greet(request: Request) -> Response:
    return Response(200, [], f"you called {request.path}".encode())


Files = Mapping[str, str | bytes]
"""Paths below a directory, and what the files contain."""


def _lay(tree: Path, files: Files, modes: int) -> None:
    tree.mkdir(parents=True)
    tree.chmod(0o755)
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        (tree / name).chmod(modes)


class Platform:
    """The data plane with everything below it real; code is laid down unpacked."""

    def __init__(self, data: Path, kind: str) -> None:
        data.chmod(0o755)
        self.data = data
        self.kind = kind
        self.clock = MovableClock()
        self.ids = RandomIds()
        self.settings = Settings.from_environment(idle_seconds=600.0)
        self.dispatcher: Dispatcher
        self.logs: LogStore
        self.server = Server(greet)
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        library = Library(self.data / "runtime")
        network = "none" if self.kind == "isolated" else "auto"  # whatever this machine would let out
        sandbox = await choose(
            self.kind, data=self.data, library=library, endpoint_url="http://127.0.0.1:9", network=network
        )
        await self._stack.enter_async_context(sandbox)
        await self._stack.enter_async_context(self.server)
        self.logs = await self._stack.enter_async_context(LogStore(self.data / "logs", self.clock))
        self.dispatcher = await self._stack.enter_async_context(
            Dispatcher(
                sandbox=sandbox,
                open_session=open_session,
                serve_endpoint=self._serve_endpoint,
                runtime_for=Chooser(discover(Places.of(self.settings))),
                code_tree=self._code_tree,
                layer_tree=self._layer_tree,
                credentials=lambda function: Credentials("ASIATEST", "secret", "token"),
                logs=self.logs,
                clock=self.clock,
                ids=self.ids,
                settings=self.settings,
            )
        )

    async def close(self) -> None:
        await self._stack.aclose()

    def function(
        self, files: Files | None = None, *, layer: Files | None = None, modes: int = 0o755, **changes: Any
    ) -> FunctionVersion:
        """A function whose package holds `files`, executable unless `modes` says else; `layer` is what is at /opt."""
        digest = self.ids.hex(64)
        _lay(self.data / "code" / digest, {"app.py": HANDLER} if files is None else files, modes)
        if layer is not None:
            _lay(self.data / "layers" / digest, layer, modes)
        values: dict[str, Any] = {
            "account": "000000000000",
            "region": "us-east-1",
            "name": "f",
            "version": "$LATEST",
            "arn": "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
            "revision_id": digest,
            "role": "arn:aws:iam::000000000000:role/r",
            "runtime": "python3.12",
            "handler": "app.handler",
            "code": CodePackage(digest=digest, size=1, unpacked_size=1),
            "last_modified": 0.0,
            "logging": LoggingConfig(log_group="/aws/lambda/f"),
            "memory_mb": 256,
        }
        return FunctionVersion(**{**values, **changes})

    async def invoke(
        self, function: FunctionVersion, event: Any = None, *, tail: bool = True, **request: Any
    ) -> InvocationResult:
        return await self.dispatcher.invoke(*self._asked(function, event, log_tail=tail, **request))

    async def stream(self, function: FunctionVersion, event: Any = None, **request: Any) -> StreamedAnswer:
        """The answer of a streamed invocation, as soon as it has begun."""
        return await self.dispatcher.invoke_stream(*self._asked(function, event, **request))

    def _asked(self, function: FunctionVersion, event: Any, **request: Any) -> tuple[Context, FunctionVersion, Any]:
        principal = Principal(function.account, f"arn:aws:iam::{function.account}:root", "AKIA")
        request_id = request.pop("request_id", None) or self.ids.request_id()
        ctx = Context(function.account, function.region, principal, request_id, self.clock, self.ids)
        return ctx, function, InvokeRequest(json.dumps(event or {}).encode(), function.arn, **request)

    async def log(self, group: str = "/aws/lambda/f") -> list[str]:
        return [event.message for event in await self.logs.read("000000000000", "us-east-1", group)]

    async def _code_tree(self, function: FunctionVersion) -> Path:
        return self.data / "code" / function.code.digest

    async def _layer_tree(self, function: FunctionVersion) -> Path | None:
        tree = self.data / "layers" / function.code.digest
        return tree if tree.exists() else None

    async def _serve_endpoint(self, sock: socket.socket) -> Closeable:
        return await self.server.listen_socket(sock)

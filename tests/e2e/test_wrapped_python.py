"""Managed Python under AWS_LAMBDA_EXEC_WRAPPER: what it may change, and what it must not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.model.function import FunctionVersion
from lambent.model.invocation import InvocationResult
from tests.e2e.data_plane import HANDLER, ISOLATED, Platform

isolated_only = pytest.mark.parametrize("platform", [ISOLATED], indirect=True)

PLAIN = """#!/bin/bash
# As AWS's own example does it: options go before the last argument.
args=("$@")
exec "${args[@]:0:$#-1}" -X importtime "${args[@]: -1}" 2> >(grep -c . >&2)
"""

VARIABLES = """#!/bin/sh
export COLOUR=red PYTHONWARNINGS=ignore
exec 3>&- 4>&-
exec "$@"
"""

# What extensions do that look at every event: a proxy of their own before the Runtime API.
PROXY = """#!/bin/sh
python3 /var/task/proxy.py &
export AWS_LAMBDA_RUNTIME_API=127.0.0.1:9009
while ! python3 -c "import socket; socket.create_connection(('127.0.0.1', 9009))" 2>/dev/null; do :; done
exec "$@"
"""
PROXY_PROGRAM = """
import http.server, os, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = urllib.request.Request("http://127.0.0.1:9001" + self.path, body or None, method=self.command)
        request.add_header("Content-Type", self.headers.get("Content-Type") or "application/json")
        with urllib.request.urlopen(request) as answer:
            data = answer.read().replace(b"secret", b"******")
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower().startswith(("lambda-", "content-type")):
                    self.send_header(name.upper(), value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
    do_GET = do_POST = forward
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", 9009), Handler).serve_forever()
"""


def wrapped(platform: Platform, wrapper: str, **changes: Any) -> FunctionVersion:
    """A function with a wrapper script."""
    files = {"app.py": HANDLER, "wrap": wrapper, "proxy.py": PROXY_PROGRAM}
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrap"}
    return platform.function(files, **{"variables": variables, "timeout": 10, **changes})


def error(result: InvocationResult) -> dict[str, Any]:
    """The error that a function failed with."""
    assert result.function_error == "Unhandled", result
    described = json.loads(result.payload)
    assert isinstance(described, dict)
    return described


async def test_it_behaves_as_without(platform: Platform) -> None:
    f = wrapped(platform, VARIABLES)
    assert json.loads((await platform.invoke(f)).payload)["count"] == 1
    environ = json.loads((await platform.invoke(f, {"do": "environ"})).payload)
    assert environ["COLOUR"] == "red"
    context = await platform.invoke(f, {"do": "context"}, client_context='{"custom":{"a":1}}', request_id="5b8e")
    seen = json.loads(context.payload)
    assert 9000 < seen["remaining"] <= 10_000
    assert (seen["aws_request_id"], seen["custom"]) == ("5b8e", {"a": 1})
    assert error(await platform.invoke(f, {"do": "raise"}))["errorType"] == "ValueError"
    large = await platform.invoke(f, {"do": "large", "size": 7_000_000})
    assert error(large)["errorType"] == "Function.ResponseSizeTooLarge"
    payload = "é" * 1_000_000
    assert json.loads((await platform.invoke(f, {"do": "echo", "payload": payload})).payload) == payload
    assert error(await platform.invoke(f, {"do": "exit", "code": 3}))["errorType"] == "Runtime.ExitError"
    assert json.loads((await platform.invoke(f)).payload)["count"] == 1


async def test_options_for_the_interpreter(platform: Platform) -> None:
    f = wrapped(platform, PLAIN)
    assert json.loads((await platform.invoke(f)).payload)["count"] == 1
    assert error(await platform.invoke(f, {"do": "exit", "code": 0}))["errorType"] == "Runtime.ExitError"


@isolated_only
async def test_a_proxy_before_the_runtime_api(platform: Platform) -> None:
    f = wrapped(platform, PROXY)
    echoed = await platform.invoke(f, {"do": "echo", "payload": "a secret"})
    assert json.loads(echoed.payload) == "a ******"
    assert json.loads((await platform.invoke(f)).payload)["count"] == 2


@isolated_only
async def test_a_wrapper_of_a_layer(platform: Platform) -> None:
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"}
    layer = {"wrap": VARIABLES, "python/helper.py": "NAME = 'helper'"}
    source = "import os, helper\ndef handler(event, context): return [helper.NAME, os.environ['COLOUR']]"
    f = platform.function({"app.py": source}, layer=layer, variables=variables)
    assert json.loads((await platform.invoke(f)).payload) == ["helper", "red"]


async def test_an_import_that_fails(platform: Platform) -> None:
    f = wrapped(platform, VARIABLES, handler="absent.handler")
    assert error(await platform.invoke(f))["errorType"] == "Runtime.ImportModuleError"

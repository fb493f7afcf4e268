"""awslambdaric's native module `runtime_client` in pure Python: the Runtime API over HTTP.

Runs inside the sandbox, under Python 3.9 and later, for a runtime that a wrapper script started: such a script may
have closed the private socket, or have put a proxy of its own before the Runtime API. One connection, kept.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from typing import Dict, Optional, Tuple, Union

_ROOT = "/2018-06-01/runtime/invocation/"
_DEADLINE = "Lambda-Runtime-Deadline-Ms"
_HEADERS = (
    "Content-Type",
    "Lambda-Runtime-Aws-Request-Id",
    "Lambda-Runtime-Aws-Tenant-Id",
    "Lambda-Runtime-Client-Context",
    "Lambda-Runtime-Cognito-Identity",
    "Lambda-Runtime-Invoked-Function-Arn",
    "Lambda-Runtime-Trace-Id",
)
_connection: Optional[http.client.HTTPConnection] = None
_user_agent = ""


def initialize_client(user_agent: str) -> None:
    """Remember who we are; nothing is connected yet."""
    global _user_agent
    _user_agent = user_agent


def next() -> Tuple[bytes, Dict[str, Union[str, int]]]:
    """Wait for an event: its bytes, and the headers that came with it (the deadline is a number)."""
    response, body = _request("GET", "next")
    if response.status != 200:
        raise RuntimeError("Failed to get next")
    headers: Dict[str, Union[str, int]] = {
        name: response.headers[name] for name in _HEADERS if name in response.headers
    }
    return body, {**headers, _DEADLINE: int(response.headers[_DEADLINE])}


def post_invocation_result(
    invoke_id: str, result_data: bytes, content_type: str, invocation_id: Optional[str] = None
) -> None:
    """Answer with what the handler returned, marshalled; one that is refused (too large) is told in the log."""
    headers = {"Content-Type": content_type or "application/octet-stream"}
    response, _ = _request("POST", invoke_id + "/response", result_data, headers)
    if response.status != 202:
        sys.stderr.write(
            "[ERROR] [{}] LAMBDA_RUNTIME Failed to post handler success response. Http response code: {}.\n".format(
                int(time.time() * 1000), response.status
            )
        )


def post_error(invoke_id: str, error_response_data: str, xray_fault: str, invocation_id: Optional[str] = None) -> None:
    """Answer with the error that awslambdaric made of the handler's exception."""
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": _type_of(error_response_data)}
    if xray_fault:
        headers["Lambda-Runtime-Function-XRay-Error-Cause"] = json.dumps(json.loads(xray_fault))  # one line, ASCII
    _request("POST", invoke_id + "/error", error_response_data.encode("utf-8"), headers)


def _request(
    method: str, path: str, body: Optional[bytes] = None, headers: Optional[Dict[str, str]] = None
) -> Tuple[http.client.HTTPResponse, bytes]:
    global _connection
    if _connection is None:
        _connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    _connection.request(method, _ROOT + path, body, {"User-Agent": _user_agent, **(headers or {})})
    response = _connection.getresponse()
    return response, response.read()


def _type_of(error_response_data: str) -> str:
    try:
        name = str(json.loads(error_response_data)["errorType"])
    except (KeyError, TypeError, ValueError):
        return ""
    return name if name.isascii() and name.isprintable() else ""

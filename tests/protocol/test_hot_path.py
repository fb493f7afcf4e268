"""What the codec costs a warm invocation, in calls; `python -m tests.protocol.test_hot_path` prints microseconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType

from lambent.wire.model import load
from lambent.wire.request import WireRequest
from lambent.wire.route import Match, route
from lambent.wire.server import parse_request, render_response
from lambent.wire.validate import validate

LAMBDA = load("lambda")
HEADERS = {
    "host": "127.0.0.1:4566",
    "accept-encoding": "identity",
    "user-agent": "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.11 cfg/retry-mode#legacy",
    "x-amz-date": "20260101T000000Z",
    "authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/lambda/aws4_request, Signature=0",
    "content-length": "1024",
    "x-amz-log-type": "Tail",
}
REQUEST = WireRequest("POST", "/2015-03-31/functions/hello/invocations", "Qualifier=live", HEADERS, b"x" * 1024)
RESULT = {"StatusCode": 200, "Payload": b"y" * 1024, "ExecutedVersion": "1", "LogResult": "TE9H" * 256}
CALLS_AT_MOST = 60
"""Python functions entered for one Invoke: it grows when somebody puts a loop or a layer on the path."""


def matched() -> Match:
    match = route(LAMBDA, REQUEST)
    assert match is not None
    return match


def whole() -> None:
    """All that the codec does for one Invoke."""
    match = matched()
    params = parse_request(LAMBDA, match, REQUEST)
    assert not validate(match.operation, params)
    render_response(LAMBDA, match.operation, match.protocol, RESULT, "request-id")


def cost(action: Callable[[], object], times: int = 2000) -> float:
    """Microseconds of CPU, the least of eight windows."""
    windows = []
    for _ in range(8):
        began = time.thread_time()
        for _ in range(times):
            action()
        windows.append((time.thread_time() - began) / times * 1e6)
    return min(windows)


def calls(action: Callable[[], object]) -> int:
    """How many Python functions `action` enters."""
    entered = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal entered
        entered += event == "call"

    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(None)
    return entered


def test_an_invocation_enters_few_functions() -> None:
    whole()
    assert calls(whole) <= CALLS_AT_MOST


if __name__ == "__main__":
    found, operation = matched(), LAMBDA.operations["Invoke"]
    parameters = parse_request(LAMBDA, found, REQUEST)
    for name, step in {
        "route": matched,
        "parse": lambda: parse_request(LAMBDA, found, REQUEST),
        "validate": lambda: validate(operation, parameters),
        "render": lambda: render_response(LAMBDA, operation, "rest-json", RESULT, "request-id"),
        "whole": whole,
    }.items():
        sys.stdout.write(f"{name:9}{cost(step):6.2f} us\n")

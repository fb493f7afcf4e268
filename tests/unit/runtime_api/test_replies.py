"""What the Runtime API answers, to the letter."""

from __future__ import annotations

import json

import pytest

from lambent.http.message import Response
from lambent.model.invocation import Invocation
from lambent.runtime_api import replies


def test_an_event_with_everything() -> None:
    response = replies.event(Invocation("i", b"{}", 5, "arn", "t", '{\r\n"é": 1}', "{}", "tenant", "text/plain"))
    assert (response.status, response.body) == (200, b"{}")
    assert dict(response.headers) == {
        "Lambda-Runtime-Aws-Request-Id": "i",
        "Lambda-Runtime-Deadline-Ms": "5",
        "Lambda-Runtime-Invoked-Function-Arn": "arn",
        "Lambda-Runtime-Trace-Id": "t",
        "Lambda-Runtime-Client-Context": '{  "Ã©": 1}',
        "Lambda-Runtime-Cognito-Identity": "{}",
        "Lambda-Runtime-Aws-Tenant-Id": "tenant",
        "Content-Type": "text/plain",
    }


def test_absent_values_have_no_header() -> None:
    assert [name for name, _ in replies.event(Invocation("i", b"", 5, "arn")).headers] == [
        "Lambda-Runtime-Aws-Request-Id",
        "Lambda-Runtime-Deadline-Ms",
        "Lambda-Runtime-Invoked-Function-Arn",
        "Content-Type",
    ]


@pytest.mark.parametrize(
    ("response", "status", "error_type", "message"),
    [
        (replies.invalid_request_id(), 400, "InvalidRequestID", "Invalid request ID"),
        (replies.invalid_response_mode(), 400, "InvalidFunctionResponseMode", "Invalid function response mode"),
        (replies.truncated(), 400, "TruncatedHTTPRequest", "HTTP request detected as truncated"),
        (replies.forbidden("text"), 403, "InvalidStateTransition", "text"),
        (replies.too_large(99), 413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (99 bytes)."),
        (replies.internal_error(), 500, "InternalServerError", "Internal Server Error"),
    ],
)
def test_refusals(response: Response, status: int, error_type: str, message: str) -> None:
    assert response.status == status
    assert isinstance(response.body, bytes)
    assert json.loads(response.body) == {"errorMessage": message, "errorType": error_type}
    assert ("Content-Type", "application/json") in response.headers


def test_the_rest() -> None:
    assert (replies.accepted().status, replies.accepted().body) == (202, b'{"status":"OK"}')
    assert (replies.pong().status, replies.pong().body) == (200, b"pong")
    assert replies.not_found().status == 404

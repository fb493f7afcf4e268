"""Every answer of the Runtime API, in AWS's words."""

from __future__ import annotations

import msgspec

from lambent.http.message import Response
from lambent.model.invocation import Invocation

_JSON = ("Content-Type", "application/json")
_UNFIT = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


def event(invocation: Invocation) -> Response:
    """200: an event, with what the handler's context is made of. Absent values have no header."""
    values = (
        ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
        ("Lambda-Runtime-Deadline-Ms", str(invocation.deadline_ms)),
        ("Lambda-Runtime-Invoked-Function-Arn", invocation.invoked_arn),
        ("Lambda-Runtime-Trace-Id", invocation.trace_id),
        ("Lambda-Runtime-Client-Context", invocation.client_context),
        ("Lambda-Runtime-Cognito-Identity", invocation.cognito_identity),
        ("Lambda-Runtime-Aws-Tenant-Id", invocation.tenant_id),
        ("Content-Type", invocation.content_type),
    )
    return Response(200, [(name, _fit(value)) for name, value in values if value is not None], invocation.payload)


def accepted() -> Response:
    """202: an answer or an error was taken."""
    return Response(202, [_JSON], b'{"status":"OK"}')


def proceed() -> Response:
    """200: a parked runtime may go on."""
    return Response(200, [_JSON], b"")


def pong() -> Response:
    """200: alive."""
    return Response(200, [("Content-Type", "text/plain; charset=utf-8")], b"pong")


def not_found() -> Response:
    """404: nothing is served there."""
    return Response(404, [("Content-Type", "text/plain; charset=utf-8")], b"404 page not found\n")


def not_allowed() -> Response:
    """405: something is served there, for another method."""
    return Response(405)


def invalid_request_id() -> Response:
    """400: not the invocation that runs."""
    return refusal(400, "InvalidRequestID", "Invalid request ID")


def invalid_response_mode() -> Response:
    """400: a response mode other than `streaming`."""
    return refusal(400, "InvalidFunctionResponseMode", "Invalid function response mode")


def truncated() -> Response:
    """400: the body was not all there."""
    return refusal(400, "TruncatedHTTPRequest", "HTTP request detected as truncated")


def forbidden(text: str) -> Response:
    """403: a request that has no place in the runtime's state."""
    return refusal(403, "InvalidStateTransition", text)


def too_large(limit: int) -> Response:
    """413: an answer of more than `limit` bytes."""
    return refusal(413, "RequestEntityTooLarge", f"Exceeded maximum allowed payload size ({limit} bytes).")


def internal_error() -> Response:
    """500: the runtime must exit."""
    return refusal(500, "InternalServerError", "Internal Server Error")


def refusal(status: int, error_type: str, message: str) -> Response:
    """A refusal in the form that the Runtime, Extensions, Telemetry and Logs APIs share."""
    return Response(status, [_JSON], msgspec.json.encode({"errorMessage": message, "errorType": error_type}))


def _fit(value: str) -> str:
    """A value as a header can carry it: its UTF-8 bytes, on one line."""
    return value.translate(_UNFIT).encode("utf-8", "replace").decode("latin-1")

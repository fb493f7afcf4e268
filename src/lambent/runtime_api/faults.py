"""What the platform itself says when a runtime's answer cannot be passed on as it is."""

from __future__ import annotations

import re

import msgspec

from lambent.model.invocation import FunctionError
from lambent.runtime_api.frames import MAX_PAYLOAD
from lambent.runtime_api.session import Failed

UNKNOWN = "Runtime.Unknown"

_REPORTED = re.compile(r"[^\W\d][\w.$-]{0,255}")
_CONTENT_TYPE = re.compile(r"[\x20-\x7e]{1,256}")
_PLATFORM_TYPE = re.compile(r"(?:Runtime|Function)\.[A-Z][a-zA-Z]+")


def response_too_large(size: int, limit: int = MAX_PAYLOAD) -> Failed:
    """The refusal of an answer of `size` bytes where there may be `limit`, as AWS words it."""
    text = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({limit} bytes)."
    return _failed("Function.ResponseSizeTooLarge", text)


def truncated_response() -> Failed:
    """The refusal of an answer whose connection broke before its end."""
    return _failed("Runtime.TruncatedResponse", "The runtime's response was cut off before its end.")


def invalid_response_mode() -> Failed:
    """The refusal of an answer in a response mode that does not exist."""
    return _failed("Runtime.InvalidResponseModeHeader", "Invalid function response mode")


def reported_type(name: str) -> str:
    """A type that managed Python reported (`ValueError`, `Runtime.MarshalError`): anything odd is unknown."""
    return name if _REPORTED.fullmatch(name) else UNKNOWN


def header_type(value: str | None) -> str:
    """A type from the Runtime API's header: AWS accepts `Runtime.Name` and `Function.Name` only."""
    if value is None:
        return UNKNOWN
    if _PLATFORM_TYPE.fullmatch(value):
        return value
    return "Function.Unknown" if value.startswith("Function.") else UNKNOWN


def content_type(value: str) -> str:
    """A content type that is fit to be a header's value; anything else is bytes of no known type."""
    return value if value == "application/json" or _CONTENT_TYPE.fullmatch(value) else "application/octet-stream"


def _failed(error_type: str, message: str) -> Failed:
    return Failed(FunctionError(error_type, msgspec.json.encode({"errorType": error_type, "errorMessage": message})))

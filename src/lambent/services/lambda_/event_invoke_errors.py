"""What asynchronous invocation and its configuration are refused with."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_ import limits
from lambent.services.lambda_.errors import REQUEST_TOO_LARGE, invalid, too_large_text


def absent(arn: str) -> ApiError:
    """404: nothing was configured."""
    return ApiError(
        "ResourceNotFoundException",
        f"The function {arn} doesn't have an EventInvokeConfig",
        status=404,
        fields={"Type": "User"},
    )


def bad_destination(arn: str) -> ApiError:
    """400: no ARN of something that can be told."""
    return invalid(f"The provided destination config DestinationConfig is invalid: {arn} cannot be a destination.")


def own_destination() -> ApiError:
    """400: a function that would be told of itself for ever."""
    return invalid("You can't specify the function as a destination for itself.")


def bucket_on_success() -> ApiError:
    """400: buckets are told of failures alone."""
    return invalid("Amazon S3 buckets can only be destinations on failure.")


def bad_dead_letters(arn: str) -> ApiError:
    """400: dead letters go to queues and topics."""
    return invalid(f"The provided target ARN {arn} is neither an Amazon SQS queue nor an Amazon SNS topic.")


def nothing_to_change() -> ApiError:
    """400: an update that says nothing."""
    return invalid("You must specify at least one of error handling or destination setting.")


def event_too_large() -> ApiError:
    """413: more than an event may hold."""
    return ApiError(REQUEST_TOO_LARGE, too_large_text(limits.ASYNC_PAYLOAD_BYTES, "InvokeFunction"), status=413)

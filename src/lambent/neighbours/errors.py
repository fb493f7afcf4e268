"""What callers read when a neighbour cannot be reached. Pure texts."""

from __future__ import annotations

from lambent.model.errors import ApiError

TOO_LARGE = "EntityTooLarge"
"""The code of an answer that holds more than the caller wanted to read."""


def nowhere(service: str) -> ApiError:
    """The service exists neither here nor at an endpoint."""
    variable = service.upper().replace("-", "_")
    return ApiError(
        "ServiceUnavailable",
        f"There is no {service} to call: Lambent does not serve it, and AWS_ENDPOINT_URL_{variable} names no endpoint.",
        status=503,
    )


def silent(service: str, endpoint: str, why: str) -> ApiError:
    """The endpoint gave no (whole) answer."""
    return ApiError("ServiceUnavailable", f"The {service} endpoint {endpoint} does not answer: {why}.", status=503)


def too_large(service: str, limit: int) -> ApiError:
    """The answer holds more than the caller can take."""
    return ApiError(TOO_LARGE, f"The answer of {service} is larger than {limit} bytes.", status=400)


def unreadable(service: str, why: str) -> ApiError:
    """What answered does not speak the service's protocol."""
    return ApiError("ServiceUnavailable", f"The answer of the {service} endpoint cannot be read: {why}.", status=503)


def not_deliverable(arn: str) -> ApiError:
    """Nothing can be delivered to that kind of ARN."""
    return ApiError("InvalidParameterValueException", f"Nothing can be delivered to {arn}.", status=400)


def not_taken(arn: str, code: str, message: str) -> ApiError:
    """The target answered, and said of the one entry that it does not take it."""
    return ApiError(code, f"{arn} did not take the event: {message}", status=400)

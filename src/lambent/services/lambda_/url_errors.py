"""Every text in which the operations on addresses of functions refuse."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_.errors import conflict, invalid, missing


def no_function() -> ApiError:
    """404: the function, or its alias, is not there."""
    return missing("Function does not exist")


def exists(arn: str) -> ApiError:
    """409: it has an address already."""
    return conflict(
        f"Failed to create function url config for [functionArn = {arn}]. Error message:  FunctionUrlConfig exists for"
        " this Lambda function"
    )


def bad_method(method: str) -> ApiError:
    """400: browsers cannot be allowed that."""
    return invalid(f"Value {method} at 'cors.allowMethods' must be one of [GET, PUT, HEAD, POST, PATCH, DELETE, *].")


def bad_origin(origin: str) -> ApiError:
    """400: not an origin."""
    return invalid(
        f"Value {origin} at 'cors.allowOrigins' must be *, or a scheme and a host with an optional port, such as"
        " https://www.example.com."
    )

"""Every text in which Lambda's API refuses layers, as AWS prints it."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_.errors import invalid, missing


def version_absent(arn: str) -> ApiError:
    """404 of a layer version whose policy was asked for."""
    return missing(f"Layer version {arn} does not exist.")


def unknown(arn: str) -> ApiError:
    """400: a function asks for a layer version that does not exist (any more)."""
    return invalid(f"Layer version {arn} does not exist.")


def number() -> ApiError:
    """400: layer versions count from 1."""
    return invalid("Layer Version Cannot be less than 1")


def too_many(most: int) -> ApiError:
    """400: more layers than a function may have."""
    return invalid(f"Cannot reference more than {most} layers.")


def same_twice(first: str, second: str) -> ApiError:
    """400: two versions of one layer, or the same one twice."""
    return invalid(
        "Two different versions of the same layer are not allowed to be referenced in the same function."
        f" {first} and {second} are versions of the same layer."
    )


def elsewhere(region: str) -> ApiError:
    """400: a layer of another region; `region` is the function's."""
    return invalid(f"Layers are not in the same region as the function. Layers are expected to be in region {region}.")


def other_region(asked: str, here: str) -> ApiError:
    """404 for a layer's ARN of another region."""
    message = f"Layers from '{asked}' are not reachable in this region ('{here}')"
    return missing(message)


def not_shown() -> ApiError:
    """400: this server runs functions without walls, where /opt is the machine's."""
    return invalid(
        "Layers are not supported by Lambent without the isolated sandbox: /opt is this machine's own"
        " (`lambent doctor` tells what is missing)"
    )


def too_large(limit: int) -> ApiError:
    """400: the layers alone unpack to more than `limit` bytes."""
    return invalid(f"Layers consume more than the available size of {limit} bytes")


def too_large_together(limit: int, actual: int) -> ApiError:
    """400: package and layers together unpack to `actual` bytes, which is more than `limit`."""
    return invalid(
        f"Function code combined with layers exceeds the maximum allowed size of {limit} bytes."
        f" The actual size is {actual} bytes."
    )


def organization_needs_everybody() -> ApiError:
    """400: an organization is a condition on everybody, not on an account."""
    return invalid("An OrganizationId can only be specified with the principal '*'.")

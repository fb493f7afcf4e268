"""Every text in which reserved and provisioned concurrency are refused, as AWS prints it."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_ import errors


def too_little_unreserved(least: int) -> ApiError:
    """400: a reservation that leaves the other functions too little."""
    return errors.invalid(
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below"
        f" its minimum value of [{least}]."
    )


def too_little_left(least: int) -> ApiError:
    """400: provisioned concurrency that leaves the other functions too little."""
    return errors.invalid(
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its"
        f" minimum value of [{least}]."
    )


def less_than_provisioned(reserved: int, provisioned: int) -> ApiError:
    """400: a reservation that does not hold what the function has provisioned."""
    return errors.invalid(
        f"ReservedConcurrentExecutions {reserved} should not be lower than function's total provisioned concurrency"
        f" [{provisioned}]."
    )


def more_than_reserved() -> ApiError:
    """400: provisioned concurrency comes out of what is reserved."""
    return errors.invalid(
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
    )


def unpublished() -> ApiError:
    """400: `$LATEST` may change under its environments."""
    return errors.invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")


def not_a_version() -> ApiError:
    """400: there is nothing to read or delete of `$LATEST`."""
    return errors.invalid("The function resource provided must be an alias or a published version.")


def alias_with_weights() -> ApiError:
    """400: what an alias with two versions has is only moved, not changed."""
    return errors.invalid("Alias with weights can not be used with Provisioned Concurrency")


def version_is_provisioned() -> ApiError:
    """409: the alias's version has an allocation of its own."""
    return errors.conflict(
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
    )


def alias_is_provisioned() -> ApiError:
    """409: an alias that points to the version has an allocation."""
    return errors.conflict("Version is pointed by a Provisioned Concurrency alias")


def not_configured() -> ApiError:
    """404: nothing is provisioned."""
    return ApiError(
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
        fields={"Type": "User"},
    )


def called_too_often() -> ApiError:
    """429: more calls of the control plane in a second than an account may make."""
    return ApiError(
        "TooManyRequestsException",
        "Rate exceeded",
        status=429,
        fields={"Type": "User", "Reason": "CallerRateLimitExceeded"},
        headers={"Retry-After": "1"},
    )

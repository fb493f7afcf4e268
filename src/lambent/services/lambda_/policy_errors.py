"""Every text in which Lambda's API refuses resource policies, as AWS prints it."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_.errors import conflict, invalid, missing


def invalid_principal() -> ApiError:
    """400: neither a service nor an account, role or user."""
    return invalid("The provided principal was invalid. Please check the principal and try again.")


def statement_exists(sid: str) -> ApiError:
    """409: two statements of a policy cannot have one id."""
    return conflict(
        f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing"
        " statement."
    )


def statement_absent(sid: str) -> ApiError:
    """404: the policy has no such statement."""
    return missing(f"Statement {sid} is not found in resource policy.")


def none() -> ApiError:
    """404: the resource has no policy at all."""
    return missing("No policy is associated with the given resource.")


def none_of(arn: str) -> ApiError:
    """404 of RemovePermission for a function that is not there."""
    return missing(f"No policy found for: {arn}")


def of_latest() -> ApiError:
    """400: the function as a whole has a policy, its unpublished version has none."""
    return invalid("We currently do not support adding policies for $LATEST.")


def only_for_action(parameter: str, action: str) -> ApiError:
    """400: a condition that makes sense for one action only."""
    return invalid(f"{parameter} is only supported for {action} action")


def invalid_document(trouble: str) -> ApiError:
    """400: no policy document, or none for this resource."""
    return invalid(f"The provided policy is not valid: {trouble}")


def public() -> ApiError:
    """400: a document that would let everybody in."""
    message = (
        "The resource-based policy you tried to add to the Lambda resource would grant public access to it, which isn't"
        " allowed."
    )
    return ApiError("PublicPolicyException", message, fields={"Type": "User"})


def too_long(size: int, limit: int) -> ApiError:
    """400: a policy of more than 20 KB."""
    message = f"The final policy size ({size}) is bigger than the limit ({limit})."
    return ApiError("PolicyLengthExceededException", message, fields={"Type": "User"})

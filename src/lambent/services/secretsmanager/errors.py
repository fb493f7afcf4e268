"""Everything that Secrets Manager says no to, in its own words where they are known."""

from __future__ import annotations

from lambent.model.errors import ApiError


def no_such_secret() -> ApiError:
    """Nothing has that name or ARN."""
    return _not_found("Secrets Manager can't find the specified secret.")


def no_such_version(version_id: str) -> ApiError:
    """The secret has no such version."""
    return _not_found(f"Secrets Manager can't find the specified secret value for VersionId: {version_id}")


def no_such_stage(stage: str) -> ApiError:
    """No version has the label."""
    return _not_found(f"Secrets Manager can't find the specified secret value for staging label: {stage}")


def other_version(version_id: str, stage: str) -> ApiError:
    """Version and label were given, and do not belong together."""
    return _request(
        f"You provided a VersionStage that is not associated to the provided VersionId. VersionId: {version_id},"
        f" VersionStage: {stage}"
    )


def exists(name: str) -> ApiError:
    """The name is taken."""
    return ApiError("ResourceExistsException", f"The operation failed because the secret {name} already exists.")


def version_exists() -> ApiError:
    """The token made another value before."""
    return ApiError(
        "ResourceExistsException", "You can't modify an existing version, you can only create a new version."
    )


def name_of_deleted() -> ApiError:
    """The name is taken by a secret that waits for its deletion."""
    return _request("You can't create this secret because a secret with this name is already scheduled for deletion.")


def marked_for_deletion() -> ApiError:
    """The secret waits for its deletion."""
    return _request("You can't perform this operation on the secret because it was marked for deletion.")


def bad_name() -> ApiError:
    """Characters that names do not have."""
    return ApiError(
        "ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        status=400,
    )


def both_values() -> ApiError:
    """A text and bytes."""
    return _parameter("You can't specify both a binary secret value and a string secret value in the same secret.")


def no_value() -> ApiError:
    """Neither a text nor bytes."""
    return _request("You must provide either SecretString or SecretBinary.")


def window_and_force() -> ApiError:
    """At once and later."""
    return _parameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")


def bad_window() -> ApiError:
    """A window out of range."""
    return _parameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")


def too_many(what: str, most: int) -> ApiError:
    """A quota."""
    return ApiError("LimitExceededException", f"You can't have more than {most} {what}.")


def stage_elsewhere(stage: str, version_id: str) -> ApiError:
    """A label is moved without saying from where."""
    return _parameter(
        f"The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version"
        f" {version_id}, so you must explicitly reference that version in RemoveFromVersionId."
    )


def stage_not_there(stage: str, version_id: str) -> ApiError:
    """A label is taken from a version that has it not."""
    return _parameter(f"Staging label {stage} isn't attached to version {version_id}.")


def current_stays() -> ApiError:
    """AWSCURRENT is taken from a version and given to none."""
    return _parameter(
        "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."
    )


def nothing_to_move() -> ApiError:
    """Neither from where nor to where."""
    return _parameter("You must provide RemoveFromVersionId or MoveToVersionId.")


def no_characters() -> ApiError:
    """Everything a password could be made of is excluded."""
    return _parameter("The combination of exclusions leaves no characters to make a password of.")


def short_password() -> ApiError:
    """There is no room for one character of every kind."""
    return _parameter("Password length must be at least as large as the number of required character types.")


def long_password(most: int) -> ApiError:
    """More than a password may have."""
    return _parameter(f"Password length must be less than or equal to {most}.")


def malformed_policy(why: str) -> ApiError:
    """No policy."""
    return ApiError("MalformedPolicyDocumentException", f"This resource policy contains a syntax error: {why}")


def public_policy() -> ApiError:
    """A policy for everybody, by someone who asked that it be none."""
    return ApiError("PublicPolicyException", "The resource policy grants broad access to the secret.")


def ids_and_filters() -> ApiError:
    """A batch is named or searched for."""
    return _parameter("You must include Filters or SecretIdList, but not both.")


def page_of_ids() -> ApiError:
    """A named batch has no pages."""
    return _parameter("MaxResults and NextToken can only be used with Filters.")


def bad_token() -> ApiError:
    """A token that no listing gave."""
    return ApiError("InvalidNextTokenException", "The NextToken value is invalid.")


def duplicate_tags() -> ApiError:
    """A tag key twice."""
    return _parameter("Duplicate tag keys.")


def aws_tag() -> ApiError:
    """Tags that begin with aws: are AWS's."""
    return _parameter("Tag keys that begin with aws: are reserved.")


def unsupported(option: str, why: str) -> ApiError:
    """An option that Lambent does not have."""
    return _parameter(f"{option} is not supported by Lambent: {why}.")


def too_many_changes() -> ApiError:
    """Others changed the same secret all the time."""
    return ApiError("InternalServiceError", "The secret was changed by others at the same time; try again.", status=500)


def _not_found(text: str) -> ApiError:
    return ApiError("ResourceNotFoundException", text)


def _request(text: str) -> ApiError:
    return ApiError("InvalidRequestException", text)


def _parameter(text: str) -> ApiError:
    return ApiError("InvalidParameterException", text)

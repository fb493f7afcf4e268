"""Everything that KMS says no to, in its own words."""

from __future__ import annotations

from lambent.model.errors import ApiError


def no_such_key(arn: str) -> ApiError:
    """No key has that ARN."""
    return ApiError("NotFoundException", f"Key '{arn}' does not exist")


def no_such_alias(arn: str) -> ApiError:
    """No alias has that ARN."""
    return ApiError("NotFoundException", f"Alias {arn} is not found.")


def bad_key_id(identifier: str) -> ApiError:
    """Neither key nor alias."""
    return ApiError("NotFoundException", f"Invalid keyId '{identifier}'")


def bad_arn(arn: str) -> ApiError:
    """An ARN of something else, or of another region."""
    return ApiError("NotFoundException", f"Invalid arn {arn}")


def disabled(arn: str) -> ApiError:
    """The key is switched off."""
    return ApiError("DisabledException", f"{arn} is disabled.")


def pending_deletion(arn: str) -> ApiError:
    """The key is about to be deleted."""
    return ApiError("KMSInvalidStateException", f"{arn} is pending deletion.")


def not_pending_deletion(arn: str) -> ApiError:
    """The key is not about to be deleted."""
    return ApiError("KMSInvalidStateException", f"{arn} is not pending deletion.")


def alias_exists(arn: str) -> ApiError:
    """The alias means another key already."""
    return ApiError("AlreadyExistsException", f"An alias with the name {arn} already exists")


def alias_prefix() -> ApiError:
    """Aliases begin with alias/."""
    return ApiError(
        "ValidationException",
        'Alias must start with the prefix "alias/". Please see'
        " https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        status=400,
    )


def alias_of_aws() -> ApiError:
    """Aliases that begin with alias/aws/ are AWS's."""
    return ApiError("NotAuthorizedException", "Aliases that begin with alias/aws/ are reserved.", status=400)


def alias_is_key() -> ApiError:
    """An operation on a key that does not take an alias."""
    return ApiError("InvalidArnException", "This operation does not take an alias; name the key by its ID or ARN.")


def limit(what: str, most: int) -> ApiError:
    """A quota."""
    return ApiError("LimitExceededException", f"The number of {what} exceeds the limit of {most}.")


def bad_marker() -> ApiError:
    """A marker that no listing gave."""
    return ApiError("InvalidMarkerException", "Could not deserialize marker")


def malformed(text: str) -> ApiError:
    """A key policy that is none."""
    return ApiError("MalformedPolicyDocumentException", text)


def lockout() -> ApiError:
    """A policy that nobody could change any more."""
    return ApiError(
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    )


def no_such_policy() -> ApiError:
    """Keys have one policy, `default`."""
    return ApiError("NotFoundException", "No such policy exists")


def invalid_ciphertext() -> ApiError:
    """No ciphertext of ours, or with another context. KMS says no more than that."""
    return ApiError("InvalidCiphertextException", "")


def incorrect_key() -> ApiError:
    """The ciphertext is another key's."""
    return ApiError(
        "IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation."
    )


def no_such_grant(grant: str) -> ApiError:
    """The key has no such grant."""
    return ApiError("NotFoundException", f"Grant ID {grant} not found")


def bad_grant_token() -> ApiError:
    """A token that no grant gave."""
    return ApiError("InvalidGrantTokenException", "Invalid grant token")


def bad_principal(text: str) -> ApiError:
    """A grantee that is no principal."""
    return ApiError("InvalidArnException", f"Principal {text} is not valid.")


def dry_run() -> ApiError:
    """The call would have succeeded."""
    return ApiError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")


def exactly_one(first: str, second: str) -> ApiError:
    """Two parameters of which one must be given."""
    return ApiError("ValidationException", f"Please specify either {first} or {second}.", status=400)


def missing(member: str) -> ApiError:
    """A member that the model lets be left out, and this call does not."""
    return ApiError(
        "ValidationException",
        f"1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null",
        status=400,
    )


def unsupported(option: str, why: str) -> ApiError:
    """An option that Lambent does not have."""
    return ApiError("UnsupportedOperationException", f"{option} is not supported by Lambent: {why}.")


def too_many_tags() -> ApiError:
    """More tags than a key may have."""
    return ApiError("TagException", "Too many tags")


def duplicate_tags() -> ApiError:
    """A tag key twice."""
    return ApiError("TagException", "Duplicate tag keys")


def aws_tag() -> ApiError:
    """Tags that begin with aws: are AWS's."""
    return ApiError("TagException", "Tags beginning with aws: are reserved")


def too_many_changes() -> ApiError:
    """Others changed the same key all the time."""
    return ApiError("DependencyTimeoutException", "The key was changed by others at the same time; try again.")

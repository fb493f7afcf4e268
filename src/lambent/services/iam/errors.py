"""Everything that IAM says no to, in its own words."""

from __future__ import annotations

from lambent.model.errors import ApiError


def no_such(kind: str, name: str) -> ApiError:
    """`kind` is user, group, role, ..."""
    return ApiError("NoSuchEntity", f"The {kind} with name {name} cannot be found.")


def no_password(user: str) -> ApiError:
    """A user that cannot log in to a console."""
    return ApiError("NoSuchEntity", f"Login Profile for User {user} cannot be found.")


def no_such_key(key_id: str) -> ApiError:
    """An access key that the user does not have."""
    return ApiError("NoSuchEntity", f"The Access Key with id {key_id} cannot be found.")


def no_such_policy(arn: str) -> ApiError:
    """A managed policy that does not exist."""
    return ApiError("NoSuchEntity", f"Policy {arn} was not found.")


def not_attachable(arn: str) -> ApiError:
    """A managed policy that cannot be attached, usually since there is none."""
    return ApiError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")


def no_such_version(arn: str, version: str) -> ApiError:
    """A version that a policy does not have."""
    return ApiError("NoSuchEntity", f"Policy {arn} version {version} does not exist or is not attachable.")


def no_such_provider(arn: str) -> ApiError:
    """An identity provider that does not exist."""
    return ApiError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}")


def not_in_group(user: str, group: str) -> ApiError:
    """A user who is not in the group that they should leave."""
    return ApiError("NoSuchEntity", f"The user with name {user} is not in the group with name {group}.")


def no_boundary(kind: str, name: str) -> ApiError:
    """A user or role without the boundary that should go."""
    return ApiError("NoSuchEntity", f"The {kind} with name {name} has no permissions boundary.")


def exists(kind: str, name: str) -> ApiError:
    """`kind` with a capital: User, Group, Role."""
    return ApiError("EntityAlreadyExists", f"{kind} with name {name} already exists.")


def policy_exists(name: str) -> ApiError:
    """A second managed policy of a name."""
    return ApiError("EntityAlreadyExists", f"A policy called {name} already exists. Duplicate names are not allowed.")


def provider_exists(url: str) -> ApiError:
    """A second provider of a URL."""
    return ApiError("EntityAlreadyExists", f"Provider with url {url} already exists.")


def in_use(what: str) -> ApiError:
    """An entity that must lose something before it may be deleted: `must delete policies first`."""
    return ApiError("DeleteConflict", f"Cannot delete entity, {what}.")


def policy_attached() -> ApiError:
    """A managed policy that somebody uses."""
    return ApiError("DeleteConflict", "Cannot delete a policy attached to entities.")


def policy_has_versions() -> ApiError:
    """A managed policy with more than its default version."""
    return ApiError(
        "DeleteConflict",
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions."
        " The default version is deleted with the policy.",
    )


def default_version() -> ApiError:
    """The version in force cannot go."""
    return ApiError("DeleteConflict", "Cannot delete the default version of a policy.")


def quota(name: str, most: int) -> ApiError:
    """A quota by its name (`AccessKeysPerUser`)."""
    return ApiError("LimitExceeded", f"Cannot exceed quota for {name}: {most}")


def too_many_versions() -> ApiError:
    """A sixth version."""
    return ApiError(
        "LimitExceeded",
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing"
        " version.",
    )


def inline_too_long(kind: str, name: str, most: int) -> ApiError:
    """Too much text in inline policies."""
    return ApiError("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind} {name}")


def malformed(text: str) -> ApiError:
    """A document that is no policy."""
    return ApiError("MalformedPolicyDocument", text)


def unmodifiable(arn: str) -> ApiError:
    """AWS's own policies are AWS's."""
    return ApiError("AccessDenied", f"The policy {arn} is managed by AWS and cannot be changed.", status=403)


def bad_marker() -> ApiError:
    """A marker that no listing gave."""
    return ApiError("ValidationError", "Invalid Marker.")


def bad_path(value: str, member: str) -> ApiError:
    """A path of wrong shape."""
    return ApiError(
        "ValidationError",
        f"The specified value for {member} is invalid. It must begin and end with / and contain only alphanumeric"
        f" characters and/or / characters: {value}",
    )


def bad_arn(arn: str) -> ApiError:
    """Something that is no ARN of the wanted kind."""
    return ApiError("InvalidInput", f"ARN {arn} is not valid.")


def bad_exclusion() -> ApiError:
    """A policy that a simulation is to leave out, named in no way or in several."""
    return ApiError(
        "InvalidInput", "Specify exactly one of PolicyType, PolicyArn and InlinePolicyIdentifier to identify policies."
    )


def not_simulated(option: str, why: str) -> ApiError:
    """An option of simulations that Lambent does not have."""
    return ApiError("InvalidInput", f"{option} is not supported by Lambent: {why}.")


def bad_owner(owner: str) -> ApiError:
    """The owner of simulated resources is an account, by its ARN."""
    return ApiError("InvalidInput", f"Invalid ResourceOwner: {owner}. It must be the ARN of an account.")


def bad_entry() -> ApiError:
    """A simulated condition key without its name, or without values."""
    return ApiError("InvalidInput", "Every entry of ContextEntries must have a ContextKeyName and ContextKeyValues.")


def must_name_user() -> ApiError:
    """Only users have names that need not be given."""
    return ApiError("ValidationError", "Must specify userName when calling with non-User credentials")


def too_many_changes() -> ApiError:
    """Others changed the same entity all the time."""
    return ApiError(
        "ConcurrentModification",
        "The request was rejected because multiple requests to change this object were submitted simultaneously."
        " Wait a few minutes and submit your request again.",
    )


def duplicate_tags() -> ApiError:
    """Tag keys are unique whatever their case."""
    return ApiError("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")


def bad_url() -> ApiError:
    """An identity provider's URL of wrong shape."""
    return ApiError("ValidationError", "Invalid Open ID Connect Provider URL")


def unknown_key(arn: str) -> ApiError:
    """A simulation for somebody who does not exist."""
    return ApiError("NoSuchEntity", f"The entity {arn} cannot be found.")

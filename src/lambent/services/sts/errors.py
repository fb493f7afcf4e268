"""Everything that STS says no to, in its own words."""

from __future__ import annotations

from lambent.model.errors import ApiError


def too_long_for_role() -> ApiError:
    """A session longer than the role lets sessions be."""
    return ApiError(
        "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    )


def too_long_for_chaining() -> ApiError:
    """A session begun from a session lasts an hour at most."""
    return ApiError(
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    )


def malformed(text: str) -> ApiError:
    """A session policy that is none."""
    return ApiError("MalformedPolicyDocument", text)


def no_such_policy(arn: str) -> ApiError:
    """A managed policy that cannot limit a session, since there is none."""
    return ApiError("MalformedPolicyDocument", f"Policy {arn} does not exist or is not attachable.")


def too_large(percent: int) -> ApiError:
    """More policies and tags than a session may carry."""
    return ApiError(
        "PackedPolicyTooLarge",
        f"Packed policy consumes {percent}% of allotted space, please use smaller policy.",
    )


def not_for_sessions() -> ApiError:
    """Temporary credentials do not beget others of their own kind."""
    return ApiError("AccessDenied", "Cannot call GetSessionToken with session credentials", status=403)


def denied(arn: str, action: str, resource: str) -> ApiError:
    """A role that is gone between the decision and the session."""
    return ApiError(
        "AccessDenied", f"User: {arn} is not authorized to perform: {action} on resource: {resource}", status=403
    )


def bad_key_id() -> ApiError:
    """No id of an access key at all."""
    return ApiError("ValidationError", "Invalid AccessKeyId")


def unsupported(option: str, why: str) -> ApiError:
    """An option that Lambent does not have."""
    return ApiError("ValidationError", f"{option} is not supported by Lambent: {why}.")


def bad_token() -> ApiError:
    """No token, or not one that the provider signed."""
    return ApiError(
        "InvalidIdentityToken",
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    )


def no_provider(issuer: str) -> ApiError:
    """The account was never told of the token's issuer."""
    return ApiError("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}")


def no_keys() -> ApiError:
    """Lambent was never given the provider's keys."""
    return ApiError(
        "InvalidIdentityToken",
        "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity"
        " documentation for requirements",
    )


def wrong_audience() -> ApiError:
    """A token for somebody else."""
    return ApiError("InvalidIdentityToken", "Incorrect token audience")


def token_expired() -> ApiError:
    """A token whose time is over."""
    return ApiError("ExpiredTokenException", "Token expired: it was sent after its expiration time.")


def web_identity_denied() -> ApiError:
    """No role that trusts the provider for this."""
    return ApiError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", status=403)

"""Every text in which code signing refuses."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_.errors import conflict, invalid, missing


def unknown(arn: str) -> ApiError:
    """404 of the operations on configurations."""
    return missing(f"The Lambda code signing configuration {arn} can not be found.")


def unknown_to_function(arn: str) -> ApiError:
    """404 where a function is to have it."""
    return ApiError(
        "CodeSigningConfigNotFoundException",
        f"The code signing configuration cannot be found. Check that the provided configuration is not deleted: {arn}.",
        fields={"Type": "User"},
    )


def in_use(arn: str) -> ApiError:
    """409: functions have it."""
    return conflict(f"The code signing configuration {arn} is used by functions. Remove it from them first.")


def bad_profile(arn: str) -> ApiError:
    """400: not a version of a signing profile."""
    return invalid(f"{arn} is not the ARN of a signing profile version.")


def profile_twice(arn: str) -> ApiError:
    """400: one profile version is listed more than once."""
    return invalid(f"The signing profile version {arn} is listed more than once.")


def broken(what: str) -> ApiError:
    """400: the package, or a layer, is not what was signed. Blocks in any case."""
    return ApiError(
        "InvalidCodeSignatureException",
        f"The code signature failed the integrity check: {what}. If the integrity check fails, then Lambda blocks"
        " deployment, even if the code signing policy is set to WARN.",
        fields={"Type": "User"},
    )


def not_trusted(what: str) -> ApiError:
    """400: nobody that may has signed, and the policy is Enforce."""
    return ApiError(
        "CodeVerificationFailedException",
        "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is"
        f" not configured to accept. Check the provided signature for {what}.",
        fields={"Type": "User"},
    )

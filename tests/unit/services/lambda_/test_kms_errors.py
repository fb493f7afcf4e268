"""The texts for a key that KMS refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_ import kms_errors

KEY = "arn:aws:kms:us-east-1:000000000000:key/k"
DENIED = ApiError("AccessDeniedException", "User: u is not authorized", status=400)
DISABLED = ApiError("DisabledException", f"{KEY} is disabled.")
DELETED = ApiError("KMSInvalidStateException", f"{KEY} is pending deletion.")
GONE = ApiError("NotFoundException", f"Key '{KEY}' does not exist")
OURS = ApiError("ServiceUnavailable", "The kms endpoint does not answer", status=503)


@pytest.mark.parametrize(
    ("error", "code", "why"),
    [
        (DISABLED, "KMSDisabledException", "because the KMS key used is disabled"),
        (DELETED, "KMSInvalidStateException", "because the KMS key used is in an invalid state for Decrypt"),
        (GONE, "KMSNotFoundException", "because the KMS key was not found"),
        (DENIED, "KMSAccessDeniedException", "because KMS access was denied"),
    ],
)
def test_at_the_start_of_an_environment(error: ApiError, code: str, why: str) -> None:
    made = kms_errors.not_decrypted(error)
    assert (made.code, made.status) == (code, 502)
    assert made.message == (
        f"Lambda was unable to decrypt the environment variables {why}. Please check the function's KMS key settings."
        f" KMS Exception: {error.code} KMS Message: {error.message}"
    )


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (
            kms_errors.not_shown,
            DENIED,
            "decrypt your environment variables because the KMS access was denied. Please check your KMS permissions.",
        ),
        (
            kms_errors.not_shown,
            DISABLED,
            "decrypt your environment variables because the KMS key used is disabled."
            " Please check your KMS key settings.",
        ),
        (
            kms_errors.not_encrypted,
            DENIED,
            "encrypt your environment variables because the KMS access was denied. Please check your KMS permissions.",
        ),
        (
            kms_errors.not_encrypted,
            DELETED,
            "encrypt your environment variables because the KMS key used is in an invalid state for Encrypt."
            " Please check your KMS key settings.",
        ),
        (
            kms_errors.not_granted,
            DENIED,
            "configure access to your environment variables because the KMS access was denied."
            " Please check your KMS permissions.",
        ),
        (
            kms_errors.not_granted,
            GONE,
            "configure access to your environment variables because the KMS key is invalid for CreateGrant."
            " Please check your KMS key settings.",
        ),
    ],
)
def test_for_the_caller(make: Callable[[ApiError], ApiError], error: ApiError, text: str) -> None:
    made = make(error)
    assert made.message == f"Lambda was unable to {text} KMS Exception: {error.code} KMS Message: {error.message}"
    assert made.code == (error.code if make is kms_errors.not_shown else "InvalidParameterValueException")


@pytest.mark.parametrize(
    "make", [kms_errors.not_decrypted, kms_errors.not_shown, kms_errors.not_encrypted, kms_errors.not_granted]
)
def test_what_is_nobodys_fault(make: Callable[[ApiError], ApiError]) -> None:
    made = make(OURS)
    assert (made.code, made.status) == ("ServiceException", 500)
    assert made.message.endswith("due to an internal service error.")
    assert "endpoint" not in made.message

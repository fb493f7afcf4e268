"""What Lambda says when KMS refuses it a customer's key. Pure texts.

`what` is encrypted with it: a function's environment variables, or another of the names below.
"""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_.errors import invalid

VARIABLES = "environment variables"
PACKAGE = "deployment package"
FILTERS = "filter criteria"
EXECUTION = "durable execution data"

_UNABLE = {
    "DisabledException": ("KMSDisabledException", "because the KMS key used is disabled"),
    "KMSInvalidStateException": (
        "KMSInvalidStateException",
        "because the KMS key used is in an invalid state for Decrypt",
    ),
    "NotFoundException": ("KMSNotFoundException", "because the KMS key was not found"),
}
_DENIED = ("KMSAccessDeniedException", "because KMS access was denied")


_REASONS = {
    "KMSAccessDeniedException": "KMSKeyAccessDenied",
    "KMSNotFoundException": "KMSKeyNotFound",
    "KMSDisabledException": "DisabledKMSKey",
    "KMSInvalidStateException": "InvalidStateKMSKey",
}


def state_reason(error: ApiError) -> str:
    """The StateReasonCode of a version that cannot be run because of what `not_decrypted` says."""
    return _REASONS.get(error.code, "InternalError")


def not_decrypted(error: ApiError, what: str = VARIABLES) -> ApiError:
    """502: what a function needs to run cannot be had. What is none of KMS's four reasons is ours: 500."""
    if error.code not in _UNABLE and not _refuses(error):
        return _internal(f"decrypt the {what}")
    code, why = _UNABLE.get(error.code, _DENIED)
    text = f"Lambda was unable to decrypt the {what} {why}. Please check the function's KMS key settings."
    return ApiError(code, f"{text} {_said(error)}", status=502, fields={"Type": "User"})


def not_shown(error: ApiError, what: str = VARIABLES) -> ApiError:
    """The caller of an operation cannot see what is encrypted; where it is shown this stands in its place."""
    if _refuses(error):
        text = "because the KMS access was denied. Please check your KMS permissions."
    elif error.code in _UNABLE:
        text = f"{_UNABLE[error.code][1]}. Please check your KMS key settings."
    else:
        return _internal(f"decrypt your {what}")
    return ApiError(error.code, f"Lambda was unable to decrypt your {what} {text} {_said(error)}", status=400)


def not_encrypted(error: ApiError, what: str = VARIABLES) -> ApiError:
    """400: the key cannot be encrypted with, by the caller of an operation or by Lambda."""
    if not _refuses(error) and error.code not in _UNABLE:
        return _internal(f"encrypt your {what}")
    text = "because the KMS access was denied. Please check your KMS permissions."
    if error.code in _UNABLE:
        why = _UNABLE[error.code][1].replace("Decrypt", "Encrypt")
        text = f"{why}. Please check your KMS key settings."
    return invalid(f"Lambda was unable to encrypt your {what} {text} {_said(error)}")


def not_granted(error: ApiError) -> ApiError:
    """400: the execution role cannot be given the key."""
    unable = "Lambda was unable to configure access to your environment variables"
    if _refuses(error):
        text = "because the KMS access was denied. Please check your KMS permissions."
    elif error.status is None or error.status < 500:
        text = "because the KMS key is invalid for CreateGrant. Please check your KMS key settings."
    else:
        return _internal("configure access to your environment variables")
    return invalid(f"{unable} {text} {_said(error)}")


def _refuses(error: ApiError) -> bool:
    return error.code == "AccessDeniedException"


def _said(error: ApiError) -> str:
    return f"KMS Exception: {error.code} KMS Message: {error.message}"


def _internal(what: str) -> ApiError:
    return ApiError("ServiceException", f"Lambda was unable to {what} due to an internal service error.", status=500)

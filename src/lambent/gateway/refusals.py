"""Every way in which the front door says no, in AWS's words.

AWS has one text and three spellings of the code: JSON services, query (XML) services and S3. A refusal
here carries its meaning; `as_error` spells it for the protocol of the service that was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from lambent.model.errors import ApiError


class Refusal(Enum):
    """Meaning -> (code for JSON services, for query services, for S3; status for each)."""

    MISSING_TOKEN = ("MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied", 403)
    INCOMPLETE = ("IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed", 400)
    UNKNOWN_KEY = ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", 403)
    MISMATCH = ("InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403)
    SKEWED = ("InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", 403)
    EXPIRED_TOKEN = ("ExpiredTokenException", "ExpiredToken", "ExpiredToken", 403)
    DENIED = ("AccessDeniedException", "AccessDenied", "AccessDenied", 403)
    BODY = ("IncompleteBody", "IncompleteBody", "IncompleteBody", 400)
    DIGEST = ("BadDigest", "BadDigest", "BadDigest", 400)
    UNKNOWN_OPERATION = ("UnknownOperationException", "InvalidAction", "NotImplemented", 404)


class Refused(Exception):
    """The door stays shut. `reason` is what the client may know."""

    def __init__(self, refusal: Refusal, message: str, why: Mapping[str, Any] | None = None) -> None:
        """`why` tells the account's root how it was decided; the client does not see it."""
        super().__init__(message)
        self.refusal = refusal
        self.message = message
        self.why = why

    def as_error(self, protocol: str, service: str) -> ApiError:
        """The same in the spelling of a protocol (`rest-json`, `json`, `query`, `ec2`, `rest-xml`, ...)."""
        json_code, query_code, s3_code, status = self.refusal.value
        if service == "s3":
            code = s3_code
        elif protocol in ("query", "ec2", "rest-xml"):
            code = query_code
        else:
            code = json_code
        if self.refusal is Refusal.UNKNOWN_OPERATION and protocol in ("json", "query", "ec2"):
            status = 400
        return ApiError(code, self.message, status=status)


MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
    " and signing method. Consult the service documentation for details."
)
UNKNOWN_KEY = "The security token included in the request is invalid."
EXPIRED_TOKEN = "The security token included in the request is expired"
MISSING_TOKEN = "Missing Authentication Token"
UNDETERMINED = "Unable to determine service/operation name to be authorized"


def mismatch(canonical: str, to_sign: str) -> Refused:
    """The signature is wrong; the texts that should have been signed help to find out why."""
    detail = (
        f"\n\nThe Canonical String for this request should have been\n'{canonical}'"
        f"\n\nThe String-to-Sign should have been\n'{to_sign}'\n"
    )
    return Refused(Refusal.MISMATCH, MISMATCH + detail)


def not_served(service: str, operation: str | None) -> Refused:
    """A service or operation that AWS has and Lambent (still) has not."""
    what = f"operation {operation} of the service {service}" if operation else f"service {service}"
    return Refused(Refusal.UNKNOWN_OPERATION, f"The {what} is not supported by Lambent yet.")


def denied(user: str, action: str, resource: str) -> Refused:
    """A known caller without permission."""
    return Refused(
        Refusal.DENIED,
        f"User: {user} is not authorized to perform: {action} on resource: {resource}"
        f" because no identity-based policy allows the {action} action",
    )

"""One meaning, the spelling of each protocol."""

from __future__ import annotations

import pytest

from lambent.gateway.refusals import Refusal, Refused, denied, mismatch, not_served


@pytest.mark.parametrize(
    ("refusal", "protocol", "service", "code", "status"),
    [
        (Refusal.UNKNOWN_KEY, "rest-json", "lambda", "UnrecognizedClientException", 403),
        (Refusal.UNKNOWN_KEY, "query", "sts", "InvalidClientTokenId", 403),
        (Refusal.UNKNOWN_KEY, "rest-xml", "s3", "InvalidAccessKeyId", 403),
        (Refusal.MISMATCH, "json", "dynamodb", "InvalidSignatureException", 403),
        (Refusal.MISMATCH, "ec2", "ec2", "SignatureDoesNotMatch", 403),
        (Refusal.SKEWED, "rest-json", "lambda", "InvalidSignatureException", 403),
        (Refusal.SKEWED, "rest-xml", "s3", "RequestTimeTooSkewed", 403),
        (Refusal.MISSING_TOKEN, "rest-json", "lambda", "MissingAuthenticationTokenException", 403),
        (Refusal.INCOMPLETE, "rest-json", "lambda", "IncompleteSignatureException", 400),
        (Refusal.EXPIRED_TOKEN, "rest-json", "lambda", "ExpiredTokenException", 403),
        (Refusal.DENIED, "query", "iam", "AccessDenied", 403),
        (Refusal.UNKNOWN_OPERATION, "rest-json", "lambda", "UnknownOperationException", 404),
        (Refusal.UNKNOWN_OPERATION, "json", "dynamodb", "UnknownOperationException", 400),
        (Refusal.UNKNOWN_OPERATION, "query", "iam", "InvalidAction", 400),
    ],
)
def test_spelling(refusal: Refusal, protocol: str, service: str, code: str, status: int) -> None:
    error = Refused(refusal, "why").as_error(protocol, service)
    assert (error.code, error.message, error.status) == (code, "why", status)


def test_mismatch_tells_what_to_sign() -> None:
    assert mismatch("C", "S").message.endswith(
        "\n\nThe Canonical String for this request should have been\n'C'\n\nThe String-to-Sign should have been\n'S'\n"
    )


def test_not_served_names_it() -> None:
    assert not_served("sqs", "SendMessage").message == (
        "The operation SendMessage of the service sqs is not supported by Lambent yet."
    )
    assert not_served("sqs", None).message == "The service sqs is not supported by Lambent yet."


def test_denied() -> None:
    assert denied("U", "lambda:X", "R").message == (
        "User: U is not authorized to perform: lambda:X on resource: R because no identity-based policy allows the"
        " lambda:X action"
    )

"""The texts that a caller reads."""

from __future__ import annotations

from lambent.neighbours import errors


def test_nowhere_names_the_variable() -> None:
    error = errors.nowhere("secretsmanager")
    assert (error.code, error.status) == ("ServiceUnavailable", 503)
    assert error.message == (
        "There is no secretsmanager to call: Lambent does not serve it,"
        " and AWS_ENDPOINT_URL_SECRETSMANAGER names no endpoint."
    )


def test_what_the_target_did_not_take() -> None:
    assert errors.not_taken("arn", "Denied", "no").message == "arn did not take the event: no"
    assert errors.not_deliverable("arn:aws:ec2:::x").message == "Nothing can be delivered to arn:aws:ec2:::x."

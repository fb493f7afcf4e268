"""What the audit trail says of calls."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.context import Principal, Session
from lambent.gateway.audit import HIDDEN, Facts, is_told, record
from lambent.model.errors import ApiError
from lambent.wire.model import load

ACCOUNT = "000000000000"
ROOT = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
LAMBDA = load("lambda")


def facts(operation: str, principal: Principal | None = ROOT, **more: Any) -> Facts:
    return Facts(
        "r", "e", 1_790_000_000.0, "lambda", operation, "eu-west-1", ACCOUNT, principal, "1.2.3.4", "me", **more
    )


def test_a_call_that_changed_something() -> None:
    params = {
        "FunctionName": "f",
        "Code": {"ZipFile": b"PK"},
        "Environment": {"Variables": {"KEY": "very secret"}},
        "Tags": {"a": "b"},
        "Timeout": 3,
    }
    told = record(facts("CreateFunction"), LAMBDA, params, {"FunctionName": "f", "State": "Pending"}, None)
    assert told == {
        "eventVersion": "1.11",
        "userIdentity": {"type": "Root", "arn": ROOT.arn, "accountId": ACCOUNT, "accessKeyId": "AKIA"},
        "eventTime": "2026-09-21T14:13:20Z",
        "eventSource": "lambda.amazonaws.com",
        "eventName": "CreateFunction20150331",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "1.2.3.4",
        "userAgent": "me",
        "requestParameters": {
            "functionName": "f",
            "code": {"zipFile": HIDDEN},
            "environment": {"variables": HIDDEN},
            "tags": {"a": "b"},
            "timeout": 3,
        },
        "responseElements": {"functionName": "f", "state": "Pending"},
        "requestID": "r",
        "eventID": "e",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }


@pytest.mark.parametrize(
    ("operation", "name", "read_only"),
    [
        ("GetFunction", "GetFunction20150331v2", True),
        ("PutFunctionConcurrency", "PutFunctionConcurrency20171031", False),
        ("ListLayers", "ListLayers20181031", True),
        ("DeleteAlias", "DeleteAlias20150331", False),
    ],
)
def test_names_are_cloudtrails(operation: str, name: str, read_only: bool) -> None:
    told = record(facts(operation), LAMBDA, {}, {"x": "y"}, None)
    assert (told["eventName"], told["readOnly"]) == (name, read_only)
    assert record(facts("X"), None, {}, {}, None)["eventName"] == "X"


def test_a_denied_call_with_its_decision() -> None:
    error = ApiError("AccessDeniedException", "no", status=403)
    told = record(facts("GetFunction", decision={"by": "x"}), LAMBDA, {"FunctionName": "f"}, {}, error)
    assert (told["errorCode"], told["errorMessage"]) == ("AccessDeniedException", "no")
    assert told["additionalEventData"] == {"decision": {"by": "x"}}
    assert told["responseElements"] is None


@pytest.mark.parametrize(
    ("principal", "identity"),
    [
        (None, {"type": "Unknown"}),
        (
            Principal("", "s3.amazonaws.com", "", service="s3.amazonaws.com"),
            {"type": "AWSService", "invokedBy": "s3.amazonaws.com"},
        ),
        (
            Principal(ACCOUNT, "arn:ann", "AKIA", user="ann"),
            {"type": "IAMUser", "arn": "arn:ann", "accountId": ACCOUNT, "accessKeyId": "AKIA", "userName": "ann"},
        ),
        (
            Principal(ACCOUNT, "arn:s", "ASIA", role="r", session=Session("s", 0.0)),
            {
                "type": "AssumedRole",
                "arn": "arn:s",
                "accountId": ACCOUNT,
                "accessKeyId": "ASIA",
                "sessionContext": {
                    "attributes": {"creationDate": "1970-01-01T00:00:00Z", "mfaAuthenticated": "false"},
                    "sessionIssuer": {"type": "Role", "accountId": ACCOUNT, "userName": "r"},
                },
            },
        ),
    ],
)
def test_who(principal: Principal | None, identity: dict[str, Any]) -> None:
    assert record(facts("GetFunction", principal), LAMBDA, {}, {}, None)["userIdentity"] == identity


def test_secrets_are_not_told_whatever_the_service() -> None:
    iam = load("iam")
    made = {"AccessKey": {"UserName": "ann", "AccessKeyId": "AKIA", "SecretAccessKey": "s3cr3t", "Status": "Active"}}
    told = record(facts("CreateAccessKey"), iam, {"UserName": "ann"}, made, None)
    assert "s3cr3t" not in str(told)
    assert told["responseElements"]["accessKey"]["accessKeyId"] == "AKIA"
    session = {"Credentials": {"AccessKeyId": "A", "SecretAccessKey": "s3cr3t", "SessionToken": "t0k3n"}}
    told = record(facts("AssumeRole"), load("sts"), {"RoleArn": "r", "ExternalId": "x"}, session, None)
    assert "s3cr3t" not in str(told)
    assert "t0k3n" not in str(told)
    told = record(facts("Encrypt"), load("kms"), {"KeyId": "k", "Plaintext": b"s3cr3t"}, {"CiphertextBlob": b"c"}, None)
    assert "s3cr3t" not in str(told)


def test_long_texts_are_cut() -> None:
    told = record(facts("AddPermission"), LAMBDA, {"FunctionName": "f" * 5000}, {}, None)
    assert len(told["requestParameters"]["functionName"]) == 2051


@pytest.mark.parametrize(
    ("service", "operation", "denied", "told"),
    [
        ("lambda", "Invoke", False, False),
        ("lambda", "Invoke", True, True),
        ("lambda", "CreateFunction", False, True),
        ("sqs", "SendMessageBatch", False, False),
        ("", "", True, True),
    ],
)
def test_what_is_told(service: str, operation: str, denied: bool, told: bool) -> None:
    assert is_told(service, operation, denied=denied) is told

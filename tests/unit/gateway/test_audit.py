"""What the audit trail says of calls."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lambent.context import Principal, Session
from lambent.gateway.audit import HIDDEN, Event, _common, is_told, spelled
from lambent.wire.model import ServiceModel, load

ACCOUNT = "000000000000"
ROOT = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
LAMBDA = load("lambda")


def told_of(
    operation: str,
    params: dict[str, Any],
    result: dict[str, Any],
    error: tuple[str, str] | None = None,
    *,
    model: ServiceModel = LAMBDA,
    principal: Principal | None = ROOT,
    agent: str = "me",
    region: str = "eu-west-1",
    decision: dict[str, Any] | None = None,
) -> dict[str, Any]:
    described = model.operations.get(operation)
    event = Event(
        request_id="r",
        event_id="e",
        now=1_790_000_000.0,
        service=model.service,
        operation=described,
        region=region,
        account=ACCOUNT,
        principal=principal,
        address="1.2.3.4",
        agent=agent,
        params=params,
        result=result,
        error=error,
        decision=decision,
    )
    line = event.line()
    assert not params or msgspec.structs.replace(event, params=spelled(described, params)).line() == line
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    read: dict[str, Any] = json.loads(line)
    return read


def test_a_call_that_changed_something() -> None:
    params = {
        "FunctionName": "f",
        "Code": {"ZipFile": b"PK"},
        "Environment": {"Variables": {"KEY": "very secret"}},
        "Tags": {"a": "b"},
        "Timeout": 3,
    }
    seen = told_of("CreateFunction", params, {"FunctionName": "f", "State": "Pending"})
    assert seen == {
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
    seen = told_of(operation, {}, {"x": "y"})
    assert (seen["eventName"], seen["readOnly"]) == (name, read_only)
    assert told_of("X", {}, {})["eventName"] == ""


def test_a_denied_call_with_its_decision() -> None:
    error = ("AccessDeniedException", "no")
    seen = told_of("GetFunction", {"FunctionName": "f"}, {}, error, decision={"by": "x"})
    assert (seen["errorCode"], seen["errorMessage"]) == ("AccessDeniedException", "no")
    assert seen["additionalEventData"] == {"decision": {"by": "x"}}
    assert seen["responseElements"] is None


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
    assert told_of("GetFunction", {}, {}, principal=principal)["userIdentity"] == identity


def test_secrets_are_not_told_whatever_the_service() -> None:
    iam = load("iam")
    made = {"AccessKey": {"UserName": "ann", "AccessKeyId": "AKIA", "SecretAccessKey": "s3cr3t", "Status": "Active"}}
    seen = told_of("CreateAccessKey", {"UserName": "ann"}, made, model=iam)
    assert "s3cr3t" not in str(seen)
    assert seen["responseElements"]["accessKey"]["accessKeyId"] == "AKIA"
    session = {"Credentials": {"AccessKeyId": "A", "SecretAccessKey": "s3cr3t", "SessionToken": "t0k3n"}}
    seen = told_of("AssumeRole", {"RoleArn": "r", "ExternalId": "x"}, session, model=load("sts"))
    assert "s3cr3t" not in str(seen)
    assert "t0k3n" not in str(seen)
    seen = told_of("Encrypt", {"KeyId": "k", "Plaintext": b"s3cr3t"}, {"CiphertextBlob": b"c"}, model=load("kms"))
    assert "s3cr3t" not in str(seen)


def test_long_texts_are_cut() -> None:
    seen = told_of("AddPermission", {"FunctionName": "f" * 5000}, {})
    assert len(seen["requestParameters"]["functionName"]) == 2051


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


def test_a_long_agent_or_region_is_told_and_not_remembered() -> None:
    misses = _common.cache_info().misses
    assert told_of("GetFunction", {}, {}, agent="a" * 600 + '"')["userAgent"] == "a" * 600 + '"'
    assert told_of("GetFunction", {}, {}, region=f"us-{'e' * 600}-1")["awsRegion"] == f"us-{'e' * 600}-1"
    assert _common.cache_info().misses == misses


def test_what_calls_have_in_common_is_remembered_by_all_of_it() -> None:
    first = told_of("GetFunction", {}, {}, agent="one")
    assert told_of("GetFunction", {}, {}, agent="two") == {**first, "userAgent": "two"}
    assert told_of("GetPolicy", {}, {}, agent="two")["eventName"] == "GetPolicy20150331v2"
    assert told_of("GetFunction", {}, {}, agent="one") == first


def test_filters_that_may_be_under_a_key_are_not_told() -> None:
    criteria = {"Filters": [{"Pattern": '{"body": ["secret"]}'}]}
    told = told_of("CreateEventSourceMapping", {"FunctionName": "f", "FilterCriteria": criteria}, {})
    assert told["requestParameters"] == {"functionName": "f", "filterCriteria": HIDDEN}

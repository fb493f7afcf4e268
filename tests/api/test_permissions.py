"""Resource policies through boto3: statement by statement, and as one document."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT_ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
Create = Callable[..., dict[str, Any]]
S3 = {"StatementId": "s3", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}


@pytest.fixture
def function(aws: Any, create: Create, name: str) -> str:
    """A function with a version 1 and an alias `live`."""
    create(name)
    aws.publish_version(FunctionName=name)
    aws.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


def refused(call: Callable[..., Any], **params: Any) -> tuple[int, str, str]:
    """Status, code and text of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


@pytest.mark.parametrize("qualifier", [None, "1", "live"])
def test_a_life(aws: Any, function: str, qualifier: str | None) -> None:
    target = {"FunctionName": function} | ({"Qualifier": qualifier} if qualifier else {})
    arn = ACCOUNT_ARN + function + (f":{qualifier}" if qualifier else "")
    made = aws.add_permission(
        **target, **S3, SourceArn="arn:aws:s3:::bucket", SourceAccount="111111111111", PrincipalOrgID="o-1234567890"
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    statement = {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {
            "StringEquals": {"aws:PrincipalOrgID": "o-1234567890", "AWS:SourceAccount": "111111111111"},
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"},
        },
    }
    assert json.loads(made["Statement"]) == statement
    policy = aws.get_policy(**target)
    assert json.loads(policy["Policy"]) == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    if qualifier == "live":
        assert policy["RevisionId"] == aws.get_alias(FunctionName=function, Name="live")["RevisionId"]
    else:
        assert policy["RevisionId"] == aws.get_function_configuration(**target)["RevisionId"]
    assert refused(aws.add_permission, **target, **S3) == (
        409,
        "ResourceConflictException",
        "The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing"
        " statement.",
    )
    again = S3 | {"StatementId": "s4"}
    assert refused(aws.add_permission, **target, **again, RevisionId="0" * 8)[:2] == (
        412,
        "PreconditionFailedException",
    )
    removed = aws.remove_permission(**target, StatementId="s3", RevisionId=policy["RevisionId"])
    assert removed["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(aws.get_policy, **target) == (
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )


def test_every_condition(aws: Any, function: str) -> None:
    for number, (more, condition) in enumerate(
        (
            (
                {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "AWS_IAM"},
                {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
            ),
            ({"InvokedViaFunctionUrl": True}, {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
            ({"EventSourceToken": "token"}, {"StringEquals": {"lambda:EventSourceToken": "token"}}),
        )
    ):
        params = S3 | {"StatementId": f"s{number}", "Principal": "*"} | more
        made = aws.add_permission(FunctionName=function, **params)
        assert json.loads(made["Statement"])["Condition"] == condition
    assert len(json.loads(aws.get_policy(FunctionName=function)["Policy"])["Statement"]) == 3


@pytest.mark.parametrize(
    ("params", "status", "code", "text"),
    [
        (
            {"Qualifier": "$LATEST"},
            400,
            "InvalidParameterValueException",
            "We currently do not support adding policies for $LATEST.",
        ),
        (
            {"Principal": "nobody"},
            400,
            "InvalidParameterValueException",
            "The provided principal was invalid. Please check the principal and try again.",
        ),
        (
            {"FunctionUrlAuthType": "NONE"},
            400,
            "InvalidParameterValueException",
            "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
        ),
        ({"Action": "s3:GetObject"}, 400, "ValidationException", "at 'action' failed to satisfy constraint"),
        ({"StatementId": "a b"}, 400, "ValidationException", "at 'statementId' failed to satisfy constraint"),
        ({"Qualifier": "nobody"}, 404, "ResourceNotFoundException", "Cannot find alias arn: "),
        ({"Qualifier": "9"}, 404, "ResourceNotFoundException", "Function not found: "),
    ],
)
def test_refusals(aws: Any, function: str, params: dict[str, Any], status: int, code: str, text: str) -> None:
    found = refused(aws.add_permission, **({"FunctionName": function} | S3 | params))
    assert found[:2] == (status, code)
    assert text in found[2]


def test_a_policy_has_20_kb_at_most(aws: Any, function: str) -> None:
    source = "arn:aws:s3:::" + "b" * 9000
    for number in range(2):
        aws.add_permission(FunctionName=function, **(S3 | {"StatementId": f"s{number}"}), SourceArn=source)
    status, code, text = refused(aws.add_permission, FunctionName=function, **S3, SourceArn=source)
    assert (status, code) == (400, "PolicyLengthExceededException")
    assert text.startswith("The final policy size (") and text.endswith(") is bigger than the limit (20480).")


@pytest.mark.parametrize("qualifier", ["", ":1", ":live"])
def test_one_document(aws: Any, function: str, qualifier: str) -> None:
    arn = ACCOUNT_ARN + function + qualifier
    statement = {
        "Sid": "mine",
        "Effect": "Allow",
        "Principal": {"AWS": "111111111111"},
        "Action": ["lambda:InvokeFunction", "lambda:Get*"],
        "Resource": arn,
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    aws.add_permission(FunctionName=arn, **S3)
    made = aws.put_resource_policy(ResourceArn=arn, Policy=json.dumps(document))
    assert json.loads(made["Policy"]) == document
    found = aws.get_resource_policy(ResourceArn=arn)
    assert (json.loads(found["Policy"]), found["RevisionId"]) == (document, made["RevisionId"])
    assert json.loads(aws.get_policy(FunctionName=arn)["Policy"]) == document
    public = {"Version": "2012-10-17", "Statement": [statement | {"Principal": "*"}]}
    assert refused(aws.put_resource_policy, ResourceArn=arn, Policy=json.dumps(public)) == (
        400,
        "PublicPolicyException",
        "The resource-based policy you tried to add to the Lambda resource would grant public access to it, which isn't"
        " allowed.",
    )
    deleted = aws.delete_resource_policy(ResourceArn=arn, RevisionId=made["RevisionId"])
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(aws.get_resource_policy, ResourceArn=arn)[:2] == (404, "ResourceNotFoundException")


def test_a_warm_environment_stays_warm(aws: Any, create: Create, name: str) -> None:
    create(name, "import os\ndef handler(e, c): return c.log_stream_name")
    before = json.load(aws.invoke(FunctionName=name)["Payload"])
    aws.add_permission(FunctionName=name, **S3)
    aws.publish_version(FunctionName=name)
    assert json.load(aws.invoke(FunctionName=name)["Payload"]) == before

"""IAM through boto3: what only the wire can show. The rules are in tests/unit/services/iam."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}


@pytest.fixture
def iam(server: Any) -> Any:
    return server.client("iam")


def test_a_role_with_policies(iam: Any, name: str) -> None:
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=[{"Key": "a", "Value": "b"}])
    assert made["Role"]["AssumeRolePolicyDocument"] == TRUST
    assert made["Role"]["CreateDate"].tzinfo is not None
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=json.dumps(READ))
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName=name, PolicyArn=basic)
    assert iam.get_role_policy(RoleName=name, PolicyName="read")["PolicyDocument"] == READ
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"][0]["PolicyArn"] == basic
    assert iam.get_role(RoleName=name)["Role"]["Tags"] == [{"Key": "a", "Value": "b"}]
    assert name in [role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    iam.get_waiter("role_exists").wait(RoleName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 1})


def test_a_user_with_a_key(iam: Any, name: str) -> None:
    user = iam.create_user(UserName=name)["User"]
    assert user["Arn"] == f"arn:aws:iam::000000000000:user/{name}"
    key = iam.create_access_key(UserName=name)["AccessKey"]
    assert iam.list_access_keys(UserName=name)["AccessKeyMetadata"][0]["AccessKeyId"] == key["AccessKeyId"]
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


@pytest.mark.parametrize(
    ("operation", "params", "status", "code", "text"),
    [
        ("get_role", {"RoleName": "nobody"}, 404, "NoSuchEntity", "The role with name nobody cannot be found."),
        (
            "create_policy",
            {"PolicyName": "p", "PolicyDocument": "{"},
            400,
            "MalformedPolicyDocument",
            "This policy contains invalid Json",
        ),
        (
            "create_user",
            {"UserName": "a b"},
            400,
            "ValidationError",
            "1 validation error detected: Value 'a b' at 'userName' failed to satisfy constraint: Member must satisfy"
            " regular expression pattern: [\\w+=,.@-]+",
        ),
    ],
)
def test_refusals(iam: Any, operation: str, params: dict[str, str], status: int, code: str, text: str) -> None:
    with pytest.raises(ClientError) as raised:
        getattr(iam, operation)(**params)
    answer = raised.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == (code, text)

"""Secrets Manager with boto3: kept through `kill -9`-proof writes, sealed on the disk, guarded by policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import Server


@pytest.fixture
def secrets(server: Server) -> Any:
    return server.client("secretsmanager")


@pytest.fixture
def stranger(server: Server) -> Iterator[Any]:
    """Secrets Manager as a user sees it who may do nothing but what policies of secrets say."""
    iam = server.client("iam")
    iam.create_user(UserName="stranger")
    key = iam.create_access_key(UserName="stranger")["AccessKey"]
    yield server.client(
        "secretsmanager", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    iam.delete_access_key(UserName="stranger", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="stranger")


def test_a_life_on_the_wire(server: Server, secrets: Any) -> None:
    made = secrets.create_secret(Name="api/one", SecretString="open sesame", Tags=[{"Key": "a", "Value": "b"}])
    put = secrets.put_secret_value(SecretId=made["ARN"], SecretBinary=b"\x00open sesame\xff")
    found = secrets.get_secret_value(SecretId="api/one")
    assert (found["SecretBinary"], found["VersionId"]) == (b"\x00open sesame\xff", put["VersionId"])
    assert secrets.get_secret_value(SecretId="api/one", VersionStage="AWSPREVIOUS")["SecretString"] == "open sesame"
    assert [each["Name"] for each in secrets.list_secrets()["SecretList"]] == ["api/one"]
    assert not [file for file in server.data.glob("*.db*") if b"sesame" in file.read_bytes()]
    with pytest.raises(ClientError, match="UnknownOperation"):
        secrets.rotate_secret(SecretId="api/one")
    secrets.delete_secret(SecretId="api/one", ForceDeleteWithoutRecovery=True)
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.describe_secret(SecretId="api/one")


def test_policies_decide(secrets: Any, stranger: Any) -> None:
    arn = secrets.create_secret(Name="api/two", SecretString="x")["ARN"]
    secrets.create_secret(Name="api/three", SecretString="x")
    with pytest.raises(
        ClientError, match="not authorized to perform: secretsmanager:GetSecretValue on resource: " + arn
    ):
        stranger.get_secret_value(SecretId="api/two")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:user/stranger"},
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=policy)
    assert stranger.get_secret_value(SecretId="api/two")["SecretString"] == "x"
    batch = secrets.batch_get_secret_value(SecretIdList=["api/two", "api/none"])
    assert [each["SecretString"] for each in batch["SecretValues"]] == ["x"]
    assert [each["ErrorCode"] for each in batch["Errors"]] == ["ResourceNotFoundException"]
    for name in ("api/two", "api/three"):
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)

"""KMS through boto3, by the account's root and by a user with a key policy or a grant."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.api.conftest import ACCOUNT


def test_a_key_and_who_may_use_it(server: Any, name: str) -> None:
    kms, iam = server.client("kms"), server.client("iam")
    user = iam.create_user(UserName=name)["User"]["Arn"]
    given = iam.create_access_key(UserName=name)["AccessKey"]
    ann = server.client("kms", aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"])
    key = kms.create_key(Description=name)["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
    blob = kms.encrypt(KeyId=f"alias/{name}", Plaintext=b"secret", EncryptionContext={"a": "b"})["CiphertextBlob"]
    asked = {"CiphertextBlob": blob, "EncryptionContext": {"a": "b"}}
    assert kms.decrypt(**asked)["Plaintext"] == b"secret"
    with pytest.raises(ClientError) as raised:
        ann.decrypt(**asked)
    assert raised.value.response["Error"]["Message"] == (
        f"User: {user} is not authorized to perform: kms:Decrypt on resource: {key} because no identity-based policy"
        " allows the kms:Decrypt action"
    )
    grant = kms.create_grant(KeyId=key, GranteePrincipal=user, Operations=["Decrypt"])["GrantId"]
    assert ann.decrypt(**asked)["Plaintext"] == b"secret"
    kms.revoke_grant(KeyId=key, GrantId=grant)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        ann.decrypt(**asked)
    statement = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    kms.put_key_policy(KeyId=key, Policy=policy, BypassPolicyLockoutSafetyCheck=True)
    assert ann.decrypt(**asked)["Plaintext"] == b"secret"
    with pytest.raises(ClientError) as raised:
        kms.decrypt(**asked)  # not even the root: the key's policy does not name the account
    assert f"arn:aws:iam::{ACCOUNT}:root is not authorized" in raised.value.response["Error"]["Message"]

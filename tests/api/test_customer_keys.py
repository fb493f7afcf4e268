"""Functions whose environment variables are encrypted with a key of KMS, through boto3 and over cold starts."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambent.cli.roles import TRUST
from tests.api.conftest import ROLE, parameters

SECRET = "s3cret-0f-the-customer"
SHOW = """
import os

def handler(event, context):
    return os.environ.get("SECRET")
"""

SEEN = """
def handler(event, context):
    print("SEEN", *[record["body"] for record in event["Records"]])
"""


def refusal(call: Callable[..., Any], **params: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_a_key_is_needed_at_every_cold_start(server: Any, aws: Any, create: Any, name: str) -> None:
    kms = server.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]

    def cold() -> None:
        """What runs ends with its revision: the next invocation starts another environment."""
        aws.update_function_configuration(FunctionName=name, Description="again")
        aws.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})

    def answer() -> Any:
        return json.load(aws.invoke(FunctionName=name)["Payload"])

    made = create(name, SHOW, Environment={"Variables": {"SECRET": SECRET}}, KMSKeyArn=key)
    assert (made["KMSKeyArn"], made["Environment"]) == (key, {"Variables": {"SECRET": SECRET}})
    assert answer() == SECRET
    (grant,) = kms.list_grants(KeyId=key)["Grants"]
    assert (grant["GranteePrincipal"], grant["Operations"]) == (ROLE, ["Decrypt"])
    assert grant["Constraints"] == {"EncryptionContextEquals": {"aws:lambda:FunctionArn": made["FunctionArn"]}}

    unable = "Lambda was unable to decrypt the environment variables because "
    check = "Please check the function's KMS key settings. KMS Exception: "
    kms.disable_key(KeyId=key)
    assert answer() == SECRET  # it runs already
    cold()
    assert refusal(aws.invoke, FunctionName=name) == (
        502,
        "KMSDisabledException",
        f"{unable}the KMS key used is disabled. {check}DisabledException KMS Message: {key} is disabled.",
    )
    error = aws.get_function_configuration(FunctionName=name)["Environment"]["Error"]
    assert error["ErrorCode"] == "DisabledException"
    kms.enable_key(KeyId=key)
    assert answer() == SECRET

    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    cold()
    assert refusal(aws.invoke, FunctionName=name) == (
        502,
        "KMSInvalidStateException",
        f"{unable}the KMS key used is in an invalid state for Decrypt."
        f" {check}KMSInvalidStateException KMS Message: {key} is pending deletion.",
    )
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)

    kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    status, code, text = refusal(aws.invoke, FunctionName=name)
    assert (status, code) == (502, "KMSAccessDeniedException")
    assert text.startswith(f"{unable}KMS access was denied. {check}AccessDeniedException KMS Message: User: ")
    aws.update_function_configuration(FunctionName=name, Environment={"Variables": {"SECRET": SECRET * 2}})
    aws.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    assert answer() == SECRET * 2  # with a new grant


def test_who_may_set_and_see_them(server: Any, aws: Any, create: Any, name: str) -> None:
    kms, iam = server.client("kms"), server.client("iam")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    user = iam.create_user(UserName=name)["User"]["Arn"]
    given = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"]}
    ann = server.client(**keys)

    def allow(*actions: str) -> None:
        statement = {"Effect": "Allow", "Action": ["lambda:*", "iam:PassRole", *actions], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document)

    asked = parameters(f"{name}-2", SHOW, Environment={"Variables": {"SECRET": SECRET}}, KMSKeyArn=key)
    may = (
        "because the KMS access was denied. Please check your KMS permissions. KMS Exception: AccessDeniedException KMS"
    )
    for allowed, verb, action in (
        ([], "configure access to", "CreateGrant"),
        (["kms:CreateGrant"], "encrypt", "Encrypt"),
    ):
        allow(*allowed)
        assert refusal(ann.create_function, **asked) == (
            400,
            "InvalidParameterValueException",
            f"Lambda was unable to {verb} your environment variables {may} Message: User: {user} is not authorized to"
            f" perform: kms:{action} on resource: {key} because no identity-based policy allows the"
            f" kms:{action} action",
        )
    create(name, SHOW, Environment={"Variables": {"SECRET": SECRET}}, KMSKeyArn=key)
    for configuration in (
        ann.get_function_configuration(FunctionName=name),
        ann.get_function(FunctionName=name)["Configuration"],
        next(each for each in ann.list_functions()["Functions"] if each["FunctionName"] == name),
        ann.list_versions_by_function(FunctionName=name)["Versions"][0],
    ):
        assert configuration["Environment"]["Error"] == {
            "ErrorCode": "AccessDeniedException",
            "Message": f"Lambda was unable to decrypt your environment variables {may} Message: User: {user} is not"
            f" authorized to perform: kms:Decrypt on resource: {key} because no identity-based policy allows the"
            " kms:Decrypt action",
        }
    allow("kms:Decrypt")
    shown = ann.get_function_configuration(FunctionName=name)["Environment"]
    assert shown == {"Variables": {"SECRET": SECRET}}
    nowhere = key[:-12] + "0" * 12
    status, code, text = refusal(aws.update_function_configuration, FunctionName=name, KMSKeyArn=nowhere)
    assert (status, code) == (400, "InvalidParameterValueException")
    assert "because the KMS key is invalid for CreateGrant. Please check your KMS key settings." in text
    back = aws.update_function_configuration(FunctionName=name, KMSKeyArn="")
    assert "KMSKeyArn" not in back
    assert back["Environment"] == {"Variables": {"SECRET": SECRET}}
    files = [file for file in server.data.rglob("*") if file.is_file()]
    assert files
    assert [file.name for file in files if SECRET.encode() in file.read_bytes()] == []


def test_filters_under_a_key_of_which_lambda_has_a_part(server: Any, aws: Any, create: Any, name: str) -> None:
    kms, iam, sqs = server.client("kms"), server.client("iam"), server.client("sqs")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    own = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=allowing("sqs:*", "logs:*"))
    function = create(name, SEEN, Role=role)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    criteria = {"Filters": [{"Pattern": json.dumps({"body": {"word": [SECRET]}})}]}
    mapping = aws.create_event_source_mapping(
        FunctionName=name, EventSourceArn=queue, FilterCriteria=criteria, KMSKeyArn=key
    )
    uuid = mapping["UUID"]
    assert (mapping["FilterCriteria"], mapping["KMSKeyArn"]) == (criteria, key)
    for word in ("other", SECRET):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"word": word}))
    wait(lambda: aws.get_event_source_mapping(UUID=uuid)["State"] == "Enabled")

    part = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {
            "StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": function["FunctionArn"]},
            "ArnEquals": {"aws:SourceArn": mapping["EventSourceMappingArn"]},
        },
    }
    policy = json.dumps(own | {"Statement": [*own["Statement"], part]})
    kms.put_key_policy(KeyId=key, Policy=policy)
    aws.update_event_source_mapping(UUID=uuid, BatchSize=5)  # begins to read anew, not after some seconds
    logs = server.client("logs")
    seen = {"logGroupName": f"/aws/lambda/{name}", "filterPattern": "SEEN"}
    wait(lambda: told(logs, seen) == [f'SEEN {{"word": "{SECRET}"}}'])

    iam.create_user(UserName=name)
    given = iam.create_access_key(UserName=name)["AccessKey"]
    ann = server.client(aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"])
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=allowing("lambda:*"))
    shown = ann.get_event_source_mapping(UUID=uuid)
    assert "FilterCriteria" not in shown
    assert shown["FilterCriteriaError"]["ErrorCode"] == "AccessDeniedException"
    text = "Lambda was unable to decrypt your filter criteria because the KMS access was denied."
    assert shown["FilterCriteriaError"]["Message"].startswith(text)
    (listed,) = aws.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert "FilterCriteria" not in listed
    assert aws.delete_event_source_mapping(UUID=uuid)["FilterCriteria"] == criteria


def test_a_package_under_a_key_of_which_lambda_has_a_part(server: Any, aws: Any, create: Any, name: str) -> None:
    kms, iam = server.client("kms"), server.client("iam")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    own = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    word = f"word-of-{name}"
    asked = parameters(name, f"def handler(event, context):\n    return '{word}'\n")
    asked["Code"]["SourceKMSKeyArn"] = key
    status, code, text = refusal(aws.create_function, **asked)
    assert (status, code) == (400, "InvalidParameterValueException")
    assert text.startswith("Lambda was unable to encrypt your deployment package because the KMS access was denied.")

    part = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": "*",
        "Condition": {"StringLike": {"kms:EncryptionContext:aws:lambda:FunctionArn": "arn:aws:lambda:*:function:*"}},
    }
    kms.put_key_policy(KeyId=key, Policy=json.dumps(own | {"Statement": [*own["Statement"], part]}))
    made = create(name, Code=asked["Code"])
    assert json.load(aws.invoke(FunctionName=name)["Payload"]) == word
    shown = aws.get_function(FunctionName=name)["Code"]
    assert shown["SourceKMSKeyArn"] == key
    with urllib.request.urlopen(shown["Location"]) as response:
        assert response.read() == asked["Code"]["ZipFile"]
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(asked["Code"]["ZipFile"]).digest()).decode()
    blobs = [file for file in (server.data / "blobs").rglob("*") if file.is_file()]
    assert [file.name for file in blobs if file.read_bytes() == asked["Code"]["ZipFile"]] == []

    iam.create_user(UserName=name)
    given = iam.create_access_key(UserName=name)["AccessKey"]
    ann = server.client(aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"])
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=allowing("lambda:*"))
    denied = ann.get_function(FunctionName=name)["Code"]
    assert "Location" not in denied
    assert denied["Error"]["ErrorCode"] == "AccessDeniedException"


def test_executions_under_a_key(server: Any, aws: Any, create: Any, name: str) -> None:
    kms, iam = server.client("kms"), server.client("iam")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    own = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    source = "def handler(event, context):\n    return {'Status': 'SUCCEEDED', 'Result': '\"done\"'}\n"
    config = {"ExecutionTimeout": 60, "RetentionPeriodInDays": 1, "KMSKeyArn": key}
    status, code, text = refusal(aws.create_function, **parameters(name, source, DurableConfig=config))
    assert (status, code) == (400, "InvalidParameterValueException")
    assert text.startswith(
        "Lambda was unable to encrypt your durable execution data because the KMS access was denied."
    )
    part = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": "*",
    }
    kms.put_key_policy(KeyId=key, Policy=json.dumps(own | {"Statement": [*own["Statement"], part]}))
    assert create(name, source, DurableConfig=config)["DurableConfig"] == config
    answer = aws.invoke(FunctionName=name, Qualifier="$LATEST", Payload=json.dumps(SECRET))
    assert json.load(answer["Payload"]) == "done"
    arn = answer["DurableExecutionArn"]
    shown = aws.get_durable_execution(DurableExecutionArn=arn)
    assert (shown["InputPayload"], shown["Result"], shown["DurableConfig"]) == (json.dumps(SECRET), '"done"', config)
    (listed,) = aws.list_durable_executions_by_function(FunctionName=name)["DurableExecutions"]
    assert listed["KMSKeyArn"] == key
    iam.create_user(UserName=name)
    given = iam.create_access_key(UserName=name)["AccessKey"]
    ann = server.client(aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"])
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=allowing("lambda:*"))
    status, code, _ = refusal(ann.get_durable_execution, DurableExecutionArn=arn)
    assert (status, code) == (502, "KMSAccessDeniedException")
    assert "InputPayload" not in ann.get_durable_execution(DurableExecutionArn=arn, IncludeExecutionData=False)


def allowing(*actions: str) -> str:
    """A policy that allows these actions."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def told(logs: Any, asked: dict[str, str]) -> list[str]:
    try:
        return [event["message"].strip() for event in logs.filter_log_events(**asked)["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []


def wait(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError

"""SQS through boto3 (whose client checks every MD5), in both protocols, by root and by others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.api.conftest import ACCOUNT


def test_there_and_back(server: Any, name: str) -> None:
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    assert url == f"{server.endpoint}/{ACCOUNT}/{name}"
    attributes = {"n": {"DataType": "Number", "StringValue": "1"}, "b": {"DataType": "Binary", "BinaryValue": b"\xff"}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=attributes)
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], WaitTimeSeconds=5)["Messages"]
    assert (message["MessageId"], message["Body"]) == (sent["MessageId"], "hello")
    assert message["MessageAttributes"] == attributes
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(10)]
    assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 10
    assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 10
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as raised:
        sqs.get_queue_url(QueueName=name)
    assert raised.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_stranger_needs_the_queues_word(server: Any, name: str) -> None:
    iam, sqs = server.client("iam"), server.client("sqs")
    user = iam.create_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    theirs = server.client("sqs", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    with pytest.raises(
        ClientError, match=f"not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:.*{name}"
    ):
        theirs.send_message(QueueUrl=url, MessageBody="x")
    statement = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    theirs.send_message(QueueUrl=url, MessageBody="x")
    with pytest.raises(ClientError, match="sqs:ReceiveMessage"):
        theirs.receive_message(QueueUrl=url)


def test_a_queue_under_a_key_of_kms(server: Any) -> None:
    sqs, kms = server.client("sqs"), server.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    attributes = {"KmsMasterKeyId": key, "KmsDataKeyReusePeriodSeconds": "60"}
    url = sqs.create_queue(QueueName="keyed", Attributes=attributes)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a secret in sqs")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "a secret in sqs"
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["KmsMasterKeyId"] == key
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=other)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": other})
    with pytest.raises(ClientError) as refused:
        sqs.send_message(QueueUrl=url, MessageBody="two")
    assert refused.value.response["Error"]["Code"].endswith("KmsDisabled")
    sqs.delete_queue(QueueUrl=url)

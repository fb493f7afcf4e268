"""SNS through boto3 against a real server: to functions, queues and a real address, by whom it may, over a crash."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lambent.cli.local_server import LocalServer
from tests.api.conftest import ACCOUNT, Server

SOURCE = """
import boto3, json, os

def handler(event, context):
    record = event["Records"][0]
    if record["Sns"]["Subject"] == "back":
        raise SystemExit(1)
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(record))
"""


def queue(server: Server, name: str, topic: str) -> tuple[str, str]:
    """A queue that takes what a topic sends; URL and ARN."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url = server.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def received(sqs: Any, url: str, **more: Any) -> Any:
    """The next message of a queue."""
    found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"], **more)
    (message,) = found["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return message


@pytest.fixture
def hook() -> Iterator[tuple[str, Queue[Any]]]:
    """A real address, and what was posted there: (headers, body)."""
    posted: Queue[Any] = Queue()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            posted.put((dict(self.headers), json.loads(body)))

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}/hook", posted
        web.shutdown()
        thread.join()


def verify(message: dict[str, Any], *names: str) -> None:
    """Hold a message's signature against the certificate that it names."""
    with urllib.request.urlopen(message["SigningCertURL"], timeout=10) as answer:
        key = x509.load_pem_x509_certificate(answer.read()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    algorithm = hashes.SHA256() if message["SignatureVersion"] == "2" else hashes.SHA1()
    key.verify(b64decode(message["Signature"]), text.encode(), padding.PKCS1v15(), algorithm)


def test_a_function_needs_to_say_yes_and_what_it_is_not_given_goes_to_dead_letters(
    server: Server, aws: Any, name: str, create: Any
) -> None:
    sns, sqs = server.client("sns"), server.client("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    dead, dead_arn = queue(server, f"{name}-dead", topic)
    create(name, "def handler(event, context):\n    print(event)\n")
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    redrive = json.dumps({"deadLetterTargetArn": dead_arn})
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn, Attributes={"RedrivePolicy": redrive})
    sns.publish(TopicArn=topic, Message="refused", Subject="S")
    assert json.loads(received(sqs, dead)["Body"])["Message"] == "refused"
    aws.add_permission(
        FunctionName=name,
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    url, destination = queue(server, f"{name}-done", topic)
    aws.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": destination}}
    )
    grant = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": destination}
    document = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    server.client("iam").put_role_policy(RoleName="worker", PolicyName=name, PolicyDocument=document)
    sent = sns.publish(TopicArn=topic, Message="taken")
    (record,) = json.loads(received(sqs, url)["Body"])["requestPayload"]["Records"]
    assert (record["EventSource"], record["Sns"]["MessageId"]) == ("aws:sns", sent["MessageId"])
    assert record["Sns"]["Message"] == "taken"


def test_a_queue_reads_raw_what_its_filter_lets_through(server: Server, name: str) -> None:
    sns, sqs = server.client("sns"), server.client("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    url, arn = queue(server, name, topic)
    policy = json.dumps({"size": [{"numeric": [">", 10]}]})
    given = {"FilterPolicy": policy, "RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=given)
    entries = [
        {
            "Id": str(size),
            "Message": str(size),
            "MessageAttributes": {"size": {"DataType": "Number", "StringValue": str(size)}},
        }
        for size in (5, 15)
    ]
    assert len(sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)["Successful"]) == 2
    message = received(sqs, url)
    assert (message["Body"], message["MessageAttributes"]) == ("15", entries[1]["MessageAttributes"])


def test_an_address_confirms_is_told_and_leaves_by_links_alone(
    server: Server, name: str, hook: tuple[str, Queue[Any]]
) -> None:
    address, posted = hook
    sns = server.client("sns")
    topic = sns.create_topic(Name=name, Attributes={"SignatureVersion": "2"})["TopicArn"]
    told = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address)
    assert told["SubscriptionArn"] == "pending confirmation"
    headers, message = posted.get(timeout=20)
    assert headers["x-amz-sns-message-type"] == message["Type"] == "SubscriptionConfirmation"
    verify(message, "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    with urllib.request.urlopen(message["SubscribeURL"], timeout=10) as answer:
        assert b"<ConfirmSubscriptionResult><SubscriptionArn>arn:aws:sns:" in answer.read()
    sns.publish(TopicArn=topic, Message="grüß", Subject="S")
    headers, message = posted.get(timeout=20)
    assert headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert (message["Message"], headers["x-amz-sns-message-id"]) == ("grüß", message["MessageId"])
    verify(message, "Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    with urllib.request.urlopen(message["UnsubscribeURL"], timeout=10) as answer:
        assert answer.status == 200
    assert posted.get(timeout=20)[1]["Type"] == "UnsubscribeConfirmation"
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(message["UnsubscribeURL"].replace("Unsubscribe", "Publish", 1), timeout=10)
    assert raised.value.code == 403
    raised.value.close()


def test_a_stranger_needs_the_topics_word(server: Server, name: str) -> None:
    iam, sns = server.client("iam"), server.client("sns")
    user = iam.create_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    theirs = server.client("sns", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    topic = sns.create_topic(Name=name)["TopicArn"]
    with pytest.raises(ClientError, match=f"not authorized to perform: sns:Publish on resource: {topic}"):
        theirs.publish(TopicArn=topic, Message="m")
    statement = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "SNS:Publish", "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    theirs.publish(TopicArn=topic, Message="m")
    with pytest.raises(ClientError, match="sns:Subscribe"):
        theirs.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")
    with pytest.raises(ClientError, match="is not supported by Lambent yet"):
        sns.list_platform_applications()


def test_an_alarm_needs_no_policy_of_its_own(server: Server, name: str) -> None:
    sns, alarms = server.client("sns"), server.client("cloudwatch")
    topic = sns.create_topic(Name=name)["TopicArn"]
    url, arn = queue(server, name, topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    alarms.put_metric_alarm(
        AlarmName=name,
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    alarms.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")
    told = json.loads(received(server.client("sqs"), url)["Body"])
    assert (told["AlarmName"], told["NewStateValue"]) == (name, "ALARM")
    alarms.delete_alarms(AlarmNames=[name])
    sns.delete_topic(TopicArn=topic)


def test_what_was_taken_survives_kill_9(directory: Path) -> None:
    taken: list[str] = []
    with LocalServer(directory) as process:
        server = Server(process)
        clients = [server.client("sns") for _ in range(4)]
        topic = clients[0].create_topic(Name="t")["TopicArn"]
        fifo = clients[0].create_topic(Name="t.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
        _, arn = queue(server, "q", f"{topic}*")
        for each in (topic, fifo):
            clients[0].subscribe(TopicArn=each, Protocol="sqs", Endpoint=arn)

        def publish(number: int) -> None:
            for turn in range(10_000):
                message = f"{number}-{turn}"
                more = {"MessageGroupId": str(number), "MessageDeduplicationId": message} if number % 2 else {}
                try:
                    clients[number].publish(TopicArn=fifo if number % 2 else topic, Message=message, **more)
                except Exception:
                    return
                taken.append(message)

        threads = [threading.Thread(target=publish, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        while len(taken) < 200:
            time.sleep(0.005)
        process.crash()
        for thread in threads:
            thread.join()
        server.close()
    with LocalServer(directory) as process:
        server = Server(process)
        sqs, found = server.client("sqs"), list[str]()
        url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
        while not set(taken) <= set(found):
            messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=10)["Messages"]
            found += [json.loads(message["Body"])["Message"] for message in messages]
        server.close()
    for group in "13":
        turns = [int(message[2:]) for message in dict.fromkeys(found) if message[0] == group]
        assert turns == sorted(turns)

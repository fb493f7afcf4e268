"""A queue that feeds a function: a real server, a real function, and a small SQS at an endpoint of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambent.cli.local_server import LocalServer
from lambent.cli.roles import TRUST
from lambent.clock import MovableClock
from lambent.http.server import Server as HttpServer
from lambent.http.sockets import bind_tcp
from tests.api.conftest import Server, parameters
from tests.queues import Queues

QUEUE = "arn:aws:sqs:us-east-1:000000000000:work"
SOURCE = """
def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    if "poison" in bodies:
        raise ValueError("poison")
    print("bodies:", " ".join(bodies))
"""


class Elsewhere:
    """The small SQS on a loop of its own."""

    def __init__(self) -> None:
        self.queues = Queues(MovableClock())
        self.address = ""
        self._loop = asyncio.new_event_loop()
        self._stop: asyncio.Event
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    def __enter__(self) -> Elsewhere:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    def run(self, call: Callable[..., Any], *args: Any) -> Any:
        async def called() -> Any:
            return call(*args)

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(10)

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self.queues.changed()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until a message was sent, deleted or shown that makes it so."""
        asyncio.run_coroutine_threadsafe(self.until(condition), self._loop).result(30)

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        async with HttpServer(self.queues.handle) as server:
            (sock, *_) = await bind_tcp("127.0.0.1", 0)
            await server.listen_socket(sock, None)
            self.address = f"http://127.0.0.1:{sock.getsockname()[1]}"
            self._ready.set()
            await self._stop.wait()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """Servers that are started now call it."""
    with Elsewhere() as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", made.address)
        yield made


def state(aws: Any, uuid: str, wanted: str) -> None:
    """Wait until a mapping is there."""
    for _ in range(400):
        if aws.get_event_source_mapping(UUID=uuid)["State"] == wanted:
            return
        time.sleep(0.02)
    raise AssertionError(wanted)


def bodies(logs: Path, name: str) -> list[str]:
    """What the function has seen, in the order in which it did."""
    lines = sorted(line for file in logs.rglob("*.log") if name in str(file) for line in file.read_text().splitlines())
    return " ".join(line.partition("bodies: ")[2].partition('"')[0].replace("\\n", "") for line in lines).split()


def test_a_queue_feeds_a_function(directory: Path, elsewhere: Elsewhere) -> None:
    queues = elsewhere.queues
    with LocalServer(directory) as process:
        server = Server(process)
        aws = server.client()
        aws.create_function(**parameters("f", SOURCE))
        aws.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 0.05})
        given = {"FunctionName": "f", "EventSourceArn": QUEUE}
        with pytest.raises(ClientError, match=r"SQS Error Code: AWS\.SimpleQueueService\.NonExistentQueue"):
            aws.create_event_source_mapping(**given)
        elsewhere.run(queues.send, "work")
        made = aws.create_event_source_mapping(
            **given,
            BatchSize=1,
            FilterCriteria={"Filters": [{"Pattern": '{"body": [{"anything-but": {"prefix": "not "}}]}'}]},
        )
        assert (made["ResponseMetadata"]["HTTPStatusCode"], made["State"]) == (202, "Creating")
        state(aws, made["UUID"], "Enabled")
        elsewhere.run(queues.send, "work", "a", "not b", "poison", "c")
        elsewhere.wait(lambda: queues.left("work") == ["poison"])
        assert sorted(queues.deleted) == ["a", "c", "not b"]

        aws.update_event_source_mapping(UUID=made["UUID"], Enabled=False)
        state(aws, made["UUID"], "Disabled")
        calls = queues.calls["ReceiveMessage"]
        elsewhere.run(queues.send, "work", "d")
        aws.update_event_source_mapping(UUID=made["UUID"], Enabled=True, BatchSize=10)
        state(aws, made["UUID"], "Enabled")
        elsewhere.wait(lambda: queues.left("work") == ["poison"])
        assert queues.calls["ReceiveMessage"] > calls
        process.crash()

    elsewhere.run(queues.send, "work", "e")
    with LocalServer(directory) as process:
        elsewhere.wait(lambda: queues.left("work") == ["poison"])
        aws = Server(process).client()
        aws.delete_event_source_mapping(UUID=made["UUID"])
        for _ in range(400):
            if not aws.list_event_source_mappings()["EventSourceMappings"]:
                break
            time.sleep(0.02)
        elsewhere.wait(lambda: not queues.polling)


def test_a_queue_of_our_own_under_the_execution_role(server: Server, aws: Any, create: Any, name: str) -> None:
    iam, sqs = server.client("iam"), server.client("sqs")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    create(name, SOURCE, Role=role)
    url = sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    with pytest.raises(ClientError, match="role does not have permissions to call ReceiveMessage on SQS"):
        aws.create_event_source_mapping(FunctionName=name, EventSourceArn=arn)
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
    iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    counted = {"MetricsConfig": {"Metrics": ["EventCount"]}}
    made = aws.create_event_source_mapping(FunctionName=name, EventSourceArn=arn, BatchSize=3, **counted)
    assert made["MetricsConfig"] == counted["MetricsConfig"]
    uuid = made["UUID"]
    state(aws, uuid, "Enabled")
    for number in range(6):
        sqs.send_message(QueueUrl=url, MessageBody=str(number), MessageGroupId="g", MessageDeduplicationId=str(number))
    wanted = [str(number) for number in range(6)]
    for _ in range(400):
        if (done := bodies(server.data / "logs", name)) == wanted:
            break
        time.sleep(0.02)
    assert done == wanted
    watch, now = server.client("cloudwatch"), datetime.now(UTC)
    for _ in range(400):
        found = watch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="DeletedEventCount",
            Dimensions=[{"Name": "EventSourceMappingUUID", "Value": uuid}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=7200,
            Statistics=["Sum"],
        )
        if (deleted := sum(each["Sum"] for each in found["Datapoints"])) == 6:
            break
        time.sleep(0.02)
    assert deleted == 6
    aws.delete_event_source_mapping(UUID=uuid)

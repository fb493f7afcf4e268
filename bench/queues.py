"""SQS: how many messages a second are sent, received and deleted durably, one by one and in tens, beside what the raw
store takes from as many writers; how fast a queue feeds a function; and what a thousand idle mappings cost.
"""

from __future__ import annotations

import asyncio
import json
import select
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice, repeat
from pathlib import Path
from typing import Any

import boto3

from bench.cpu import cpu_ns
from bench.load import Connection
from bench.report import Row
from bench.target import REGION, ROLE, Target, signed
from bench.warm import RUNTIME
from lambent.cli.client import root_key
from lambent.cli.local_server import LocalServer
from lambent.gateway.signing import Key
from lambent.services.sqs.mailbox import Mailbox
from lambent.services.sqs.records import Letter
from lambent.settings import Settings

CALLERS = 64
MAPPINGS = 1000
ONE_MARK, TENS_MARK, FEED_MARK, IDLE_MARK = 3000, 10_000, 3000, 2.0
_BODY = "x" * 200
_READER = {"lambda_function.py": "def lambda_handler(event, context):\n    return None\n"}
_ALLOWED = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}


def queues(data: Path, scale: int, mappings: int) -> list[Row]:
    """On a server of its own."""
    count = 2500 * scale
    raw = max(asyncio.run(_raw(data.with_name(f"raw-queue-{turn}.db"), count)) for turn in range(2))
    with LocalServer(data) as running:
        scene = _Scene(Target(running), root_key(Settings(data=data)))
        rows = [*scene.traffic(count, raw, 1, ONE_MARK), *scene.traffic(count * 4, raw, 10, TENS_MARK)]
        scene.deploy()
        return [*rows, scene.feed(count * 2), scene.idle(mappings)]


class _Scene:
    """A server, and ready-made requests to its queues."""

    def __init__(self, target: Target, key: Key) -> None:
        self._target = target
        self._key = key
        keys = {"aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key}
        given: dict[str, Any] = {"region_name": REGION, "endpoint_url": target.server.endpoint, **keys}
        self._sqs: Any = boto3.client("sqs", **given)
        self._iam: Any = boto3.client("iam", **given)

    def traffic(self, count: int, raw: float, at_once: int, mark: int) -> Iterator[Row]:
        """So many messages through a queue, in calls of `at_once`."""
        url = self._sqs.create_queue(QueueName=f"traffic-{at_once}", Attributes={"VisibilityTimeout": "600"})[
            "QueueUrl"
        ]
        calls, suffix = count // at_once, "" if at_once == 1 else f", {at_once} a call"
        bodies = [{"Id": str(number), "MessageBody": _BODY} for number in range(at_once)]
        send = self._call("SendMessage", QueueUrl=url, MessageBody=_BODY)
        if at_once > 1:
            send = self._call("SendMessageBatch", QueueUrl=url, Entries=bodies)
        receive = self._call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=at_once)

        def row(name: str, requests: Iterable[bytes]) -> tuple[Row, list[bytes]]:
            cpu = cpu_ns(self._target.server.pid)
            answers, seconds = _worked(self._target, requests)
            cpu_us = (cpu_ns(self._target.server.pid) - cpu) / 1000 / count
            rate = count / seconds
            named = f"messages {name}{suffix} ({cpu_us:.0f} us of CPU each)"
            return Row(named, rate, "/s", rate / raw, of="the raw store", mark=mark, at_least=True), answers

        yield row("sent", repeat(send, calls))[0]
        received, answers = row("received", repeat(receive, calls))
        yield received
        handles = [each["ReceiptHandle"] for answer in answers for each in json.loads(answer).get("Messages", ())]
        yield row("deleted", list(self._deletions(url, handles, at_once)))[0]

    def deploy(self) -> None:
        """A function that reads, and may."""
        document = json.dumps({"Version": "2012-10-17", "Statement": [_ALLOWED]})
        self._iam.put_role_policy(RoleName=ROLE.rpartition("/")[2], PolicyName="queues", PolicyDocument=document)
        self._target.deploy("reader", RUNTIME, _READER)

    def feed(self, count: int) -> Row:
        """A full queue, and a mapping that is switched on: until the last message is deleted."""
        url = self._sqs.create_queue(QueueName="feed", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
        entries = [{"Id": str(number), "MessageBody": _BODY} for number in range(10)]
        _worked(self._target, repeat(self._call("SendMessageBatch", QueueUrl=url, Entries=entries), count // 10))
        start, cpu = time.perf_counter(), cpu_ns(self._target.server.pid)
        self._map("feed")
        asked = {
            "QueueUrl": url,
            "AttributeNames": ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        }
        while any(int(left) for left in self._sqs.get_queue_attributes(**asked)["Attributes"].values()):
            time.sleep(0.02)
        rate = count / (time.perf_counter() - start)
        cpu_us = (cpu_ns(self._target.server.pid) - cpu) / 1000 / count
        name = f"messages from a queue through a function, batches of 10 ({cpu_us:.0f} us of CPU each)"
        return Row(name, rate, "/s", mark=FEED_MARK, at_least=True)

    def idle(self, count: int) -> Row:
        """As many mappings of empty queues."""
        for number in range(count):
            self._sqs.create_queue(QueueName=f"idle-{number}", Attributes={"VisibilityTimeout": "600"})
            self._map(f"idle-{number}")
        time.sleep(21)  # until each has begun a long wait of twenty seconds
        before, start = cpu_ns(self._target.server.pid), time.perf_counter()
        time.sleep(20)
        share = (cpu_ns(self._target.server.pid) - before) / 1e9 / (time.perf_counter() - start) * 100
        return Row(f"{count:,} idle mappings of queues: of a core", share, "%", mark=IDLE_MARK)

    def _map(self, queue: str) -> None:
        arn = f"arn:aws:sqs:{REGION}:000000000000:{queue}"
        self._target.api.create_event_source_mapping(FunctionName="reader", EventSourceArn=arn, BatchSize=10)

    def _deletions(self, url: str, handles: list[str], at_once: int) -> Iterator[bytes]:
        for first in range(0, len(handles), at_once):
            some = handles[first : first + at_once]
            if at_once == 1:
                yield self._call("DeleteMessage", QueueUrl=url, ReceiptHandle=some[0])
            else:
                entries = [{"Id": str(number), "ReceiptHandle": each} for number, each in enumerate(some)]
                yield self._call("DeleteMessageBatch", QueueUrl=url, Entries=entries)

    def _call(self, operation: str, **params: Any) -> bytes:
        kind = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{operation}"}
        body = json.dumps(params).encode()
        return signed(self._target.server.endpoint, self._key, "POST", "/", body, kind, service="sqs")


def _worked(target: Target, requests: Iterable[bytes]) -> tuple[list[bytes], float]:
    """Work requests off over `CALLERS` connections: the answers' bodies, and the seconds that it took."""
    waiting, answers = iter(requests), []
    connections = {each.socket.fileno(): each for each in (Connection(target.address) for _ in range(CALLERS))}
    with closing(select.epoll()) as poll:
        for descriptor in connections:
            poll.register(descriptor, select.EPOLLIN)
        start = time.perf_counter()
        busy = 0
        for connection, request in zip(connections.values(), islice(waiting, CALLERS), strict=False):
            connection.socket.sendall(request)
            busy += 1
        while busy:
            for descriptor, _ in poll.poll(10):
                connection = connections[descriptor]
                if not connection.receive():
                    continue
                answers.append(connection.body)
                request = next(waiting, b"")
                connection.socket.sendall(request)
                busy -= not request
        seconds = time.perf_counter() - start
    for connection in connections.values():
        connection.close()
    return answers, seconds


async def _raw(path: Path, count: int) -> float:
    """Messages a second that the mailbox takes by itself, from as many writers."""
    now = time.time()
    letter = Letter(content=_BODY.encode(), sent=now, visible_at=now, expires=now + 1e6)
    async with Mailbox(path) as mailbox:

        async def writer(number: int) -> None:
            for _ in range(number, count, CALLERS):
                await mailbox.put("bench", [letter], remember_seconds=0)

        start = time.perf_counter()
        await asyncio.gather(*(writer(number) for number in range(CALLERS)))
        return count / (time.perf_counter() - start)

"""SNS: how many messages a second are published durably, beside what the raw store takes from as many writers; and how
fast one message reaches the queues of a large audience.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

from bench.load import Connection, Drivers, burst
from bench.report import Row
from bench.target import REGION, Target, signed
from lambent.cli.client import root_key
from lambent.cli.local_server import LocalServer
from lambent.gateway.signing import Key
from lambent.queue.sqlite import SqliteQueue
from lambent.settings import Settings

AUDIENCE = 10_000
CALLERS = 128
PUBLISH_MARK, DELIVERY_MARK = 1000, 1000
_AT_ONCE = 200
_TOPIC = f"arn:aws:sns:{REGION}:000000000000:bench"
_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": "*",
            }
        ],
    }
)


def topics(data: Path, scale: int, audience: int) -> list[Row]:
    """On a server of its own."""
    with LocalServer(data) as running:
        target, key = Target(running), root_key(Settings(data=data))
        _send(target, [_sns(running.endpoint, key, Action="CreateTopic", Name="bench")])
        rows = [_fanout(target, key, data, audience)]
        _send(target, [_sns(running.endpoint, key, Action="CreateTopic", Name="lone")])
        _listen(target, key, _TOPIC.replace("bench", "lone"), 1)
        publish = _publication(target, key, "lone")
        drivers = Drivers(target.address, publish, CALLERS)
        drivers.run(0.5)
        taken = max(replies / seconds for replies, seconds in (drivers.run(0.5) for _ in range(2 * scale)))
        drivers.close()
    raw = asyncio.run(_raw(data.with_name("raw-topics.db")))
    name = f"messages published durably, {CALLERS} callers"
    return [Row(name, taken, "/s", taken / raw, of="the raw store", mark=PUBLISH_MARK, at_least=True), *rows]


def _fanout(target: Target, key: Key, data: Path, audience: int) -> Row:
    """From one message until the last queue has it. The first message makes the audience known to the server."""
    _listen(target, key, _TOPIC, audience)
    best = 0.0
    with closing(sqlite3.connect(f"file:{data / 'sqs.db'}?mode=ro", uri=True)) as queues:
        for turn in range(1, 4):
            start = time.perf_counter()
            _send(target, [_publication(target, key, "bench")])
            while queues.execute("SELECT count(*) FROM messages").fetchone()[0] < turn * audience:
                time.sleep(0.02)
            best = max(best, audience / (time.perf_counter() - start))
    name = f"deliveries of a message to {audience:,} queues"
    return Row(name, best, "/s", mark=DELIVERY_MARK, at_least=True)


def _listen(target: Target, key: Key, topic: str, audience: int) -> None:
    """As many queues, each subscribed."""
    endpoint, name = target.server.endpoint, topic.rpartition(":")[2]
    _send(target, (_queue(endpoint, key, f"{name}-{number}") for number in range(audience)))
    _send(
        target,
        (
            _sns(
                endpoint,
                key,
                Action="Subscribe",
                TopicArn=topic,
                Protocol="sqs",
                Endpoint=f"arn:aws:sqs:{REGION}:000000000000:{name}-{number}",
            )
            for number in range(audience)
        ),
    )


def _publication(target: Target, key: Key, topic: str) -> bytes:
    arn = _TOPIC.replace("bench", topic)
    return _sns(target.server.endpoint, key, Action="Publish", TopicArn=arn, Message="x" * 200)


def _send(target: Target, requests: Iterator[bytes] | list[bytes]) -> None:
    """Requests that must succeed, many at once."""
    waiting = list(requests)
    if len(waiting) == 1:
        with closing(Connection(target.address)) as connection:
            connection.exchange(waiting[0])
        return
    for first in range(0, len(waiting), _AT_ONCE):
        chunk = waiting[first : first + _AT_ONCE]
        if len(burst(target.address, chunk, 30)) != len(chunk):
            raise RuntimeError("the server did not answer in time")


def _sns(endpoint: str, key: Key, **form: str) -> bytes:
    body = urlencode({**form, "Version": "2010-03-31"}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return signed(endpoint, key, "POST", "/", body, kind, service="sns")


def _queue(endpoint: str, key: Key, name: str) -> bytes:
    body = json.dumps({"QueueName": name, "Attributes": {"Policy": _POLICY}}).encode()
    kind = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.CreateQueue"}
    return signed(endpoint, key, "POST", "/", body, kind, service="sqs")


async def _raw(path: Path) -> float:
    """Bodies a second that the store takes, durably, from as many writers."""
    body, writes = bytes(600), 0
    async with SqliteQueue(path) as queue:
        end = time.perf_counter() + 1.0

        async def write() -> None:
            nonlocal writes
            while time.perf_counter() < end:
                await queue.put("line", [body], now=0.0)
                writes += 1

        start = time.perf_counter()
        await asyncio.gather(*(write() for _ in range(CALLERS)))
        return writes / (time.perf_counter() - start)

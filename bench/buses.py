"""EventBridge: how many events a second find their rules among a thousand, beside asking every rule; and how many are
taken durably over HTTP for a queue, beside what the raw store takes from as many writers.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

from bench.load import Drivers
from bench.report import Row
from bench.target import REGION, Target, signed
from lambent.cli.client import root_key
from lambent.cli.local_server import LocalServer
from lambent.patterns.dialects import EVENTBRIDGE
from lambent.patterns.index import Index
from lambent.patterns.pattern import Pattern
from lambent.queue.sqlite import SqliteQueue
from lambent.settings import Settings

RULES = 1000
MATCH_MARK = 50_000
CALLERS, ENTRIES = 32, 10
_QUEUE = f"arn:aws:sqs:{REGION}:000000000000:bench"
_KINDS: tuple[Callable[[int], dict[str, Any]], ...] = (
    lambda n: {"state": ["paid", "sent"], "id": [f"o-{n}"]},
    lambda n: {"amount": [{"numeric": [">", n, "<=", n + 20]}]},
    lambda n: {"country": [{"prefix": f"c{n % 50}"}]},
    lambda n: {"file": [{"suffix": f".{n}"}]},
    lambda n: {"ip": [{"cidr": f"10.{n % 250}.0.0/16"}]},
    lambda n: {"name": [{"equals-ignore-case": f"Name{n}"}]},
    lambda n: {"path": [{"wildcard": f"/d{n}/*.png"}]},
    lambda n: {"state": [{"anything-but": ["lost"]}], "customer": {"id": [n]}},
)
"""One of every operator, so that no single table serves."""


def buses(data: Path, scale: int) -> list[Row]:
    """In this process, then on a server of its own."""
    return [*_matching(scale), *_accepts(data, scale)]


def _matching(scale: int) -> list[Row]:
    patterns = [Pattern(json.dumps(_rule(number)), EVENTBRIDGE) for number in range(RULES)]
    index, events = Index(enumerate(patterns)), [_event(random.Random(seed)) for seed in range(2000)]

    def scan(event: Any) -> list[int]:
        return [number for number, pattern in enumerate(patterns) if pattern.matches(event)]

    if any(index.matching(event) != scan(event) for event in events[:100]):
        raise RuntimeError("the index finds other rules than asking every one")
    asked = max(_rate(scan, events[:100]) for _ in range(scale))
    found = max(_rate(index.matching, events) for _ in range(4 * scale))
    name = f"events that find their rules among {RULES:,}, a second of CPU"
    return [Row(name, found, "/s", found / asked, of="asking every rule", mark=MATCH_MARK, at_least=True)]


def _rate(find: Callable[[Any], object], events: list[Any]) -> float:
    """Of a second of CPU: there is nothing to wait for, and other work on the machine does not count."""
    start = time.process_time()
    for event in events:
        find(event)
    return len(events) / (time.process_time() - start)


def _rule(number: int) -> dict[str, Any]:
    detail = _KINDS[number % len(_KINDS)](number)
    return {"source": [f"shop.{number % 20}"], "detail-type": ["order", "refund"], "detail": detail}


def _event(chance: random.Random) -> dict[str, Any]:
    n = chance.randrange(RULES)
    detail = {"state": "paid", "id": f"o-{n}", "amount": n + 5, "country": f"c{n % 50}x", "file": f"a.{n}"}
    detail |= {"ip": f"10.{n % 250}.3.4", "name": f"NAME{n}", "path": f"/d{n}/x.png", "customer": {"id": n}}
    return {
        "version": "0",
        "id": str(n),
        "detail-type": "order",
        "source": f"shop.{n % 20}",
        "account": "000000000000",
        "time": "2026-11-28T17:35:00Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
    }


def _accepts(data: Path, scale: int) -> list[Row]:
    entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"state": "paid", "id": "o-1"})}
    with LocalServer(data) as running:
        target = Target(running)
        _prepare(target)
        request = signed(
            running.endpoint,
            root_key(Settings(data=data)),
            "POST",
            "/",
            json.dumps({"Entries": [entry] * ENTRIES}).encode(),
            {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSEvents.PutEvents"},
            service="events",
        )
        drivers = Drivers(target.address, request, CALLERS)
        drivers.run(0.5)
        taken = max(ENTRIES * replies / seconds for replies, seconds in (drivers.run(0.5) for _ in range(2 * scale)))
        drivers.close()
    raw = asyncio.run(_raw(data.with_name("raw.db")))
    name = f"events taken durably for a queue, {CALLERS} callers of {ENTRIES}"
    return [Row(name, taken, "/s", taken / raw, of="the raw store")]


def _prepare(target: Target) -> None:
    """A rule that sends everything of the shop to a queue, which lets it."""
    key = root_key(Settings(data=target.server.data))
    where: dict[str, Any] = {"region_name": REGION, "endpoint_url": target.server.endpoint}
    where |= {"aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key}
    sqs, events = boto3.client("sqs", **where), boto3.client("events", **where)
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": _QUEUE}]})
    sqs.create_queue(QueueName="bench", Attributes={"Policy": policy})
    events.put_rule(Name="bench", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="bench", Targets=[{"Id": "1", "Arn": _QUEUE}])


async def _raw(path: Path) -> float:
    """Bodies a second that the store takes, durably, from as many writers, one body a write."""
    body, writes = bytes(600), 0
    async with SqliteQueue(path) as queue:
        end = time.perf_counter() + 1.0

        async def write() -> None:
            nonlocal writes
            while time.perf_counter() < end:
                await queue.put("line", [body], now=0.0)
                writes += 1

        start = time.perf_counter()
        await asyncio.gather(*(write() for _ in range(CALLERS * ENTRIES)))
        return writes / (time.perf_counter() - start)

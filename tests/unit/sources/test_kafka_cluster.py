"""A consumer over librdkafka, against a cluster of librdkafka's own."""

from __future__ import annotations

import asyncio

import pytest

from lambent.sources.kafka_cluster import Cluster, ClusterError
from lambent.sources.kafka_config import consumer
from tests.unit.sources.test_kafka_events import mapping

kafka = pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")


class Reading:
    """A mapping's consumer, and what it hears."""

    def __init__(self, servers: str, group: str, position: str) -> None:
        self.partitions: list[int] = []
        self.cluster = Cluster(
            mapping(StartingPosition=position),
            consumer({"bootstrap.servers": servers, "log_level": 0}, group),
            self.partitions.extend,
            lambda lost: [self.partitions.remove(each) for each in lost] and None,
            0.1,
        )

    async def values(self, count: int) -> list[bytes | None]:
        found: list[bytes | None] = []
        while len(found) < count:
            found += [each.value for each in await self.cluster.receive()]
        return found

    async def begun(self) -> None:
        while not self.partitions:
            assert await self.cluster.receive() == []


async def test_where_a_group_begins_and_goes_on() -> None:
    from tests.kafka import MockCluster

    mock = MockCluster()
    mock.send("t", "a", "b", "c", headers=[("h", b"x")])
    first, late = Reading(mock.servers, "first", "TRIM_HORIZON"), Reading(mock.servers, "late", "LATEST")
    async with first.cluster, late.cluster:
        values, _ = await asyncio.gather(first.values(3), late.begun())
        assert values == [b"a", b"b", b"c"]
        assert sorted(first.partitions) == [0, 1, 2, 3]
        first.cluster.pause(0)
        assert sum(await first.cluster.lags()) == 3
        first.cluster.settled(0, 2)
        await first.cluster.receive()
        assert (first.cluster.commits(), first.cluster.commits()) == ((2, 0), (0, 0))
        assert mock.committed("first", "t") == 2
        mock.send("t", "d")
        assert sum(await first.cluster.lags()) == 2
        assert await late.values(1) == [b"d"]
        first.cluster.settled(0, 3)
        first.cluster.resume(0)
        assert await first.values(1) == [b"d"]
        assert await first.cluster.oldest(0) == 0
        await first.cluster.produce("dead", b"dead")
        assert mock.read("dead", 1) == [b"dead"]
    assert mock.committed("first", "t") == 3
    assert mock.committed("late", "t") == 3
    assert first.partitions == []


async def test_what_librdkafka_does_not_take() -> None:
    config = {"bootstrap.servers": "x", "group.id": "g", "security.protocol": "SSL", "ssl.certificate.pem": "no"}
    with pytest.raises(ClusterError) as raised:
        async with Cluster(mapping(), config, print, print):
            pass
    assert raised.value.result == "PROBLEM: Certificate and/or private key must be in PEM format."

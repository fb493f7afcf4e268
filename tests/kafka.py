"""A Kafka cluster of librdkafka's own: it lives as long as the producer that made it."""

from __future__ import annotations

from typing import Any

import confluent_kafka as kafka


class MockCluster:
    """Topics are made when they are first written to; `servers` is where it is."""

    def __init__(self) -> None:
        self._producer = kafka.Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "x", "log_level": 0})
        brokers = self._producer.list_topics(timeout=10).brokers.values()
        self.servers = ",".join(f"{each.host}:{each.port}" for each in brokers)

    def send(self, topic: str, *values: str, **more: Any) -> None:
        """Write records, and return when they are there."""
        for value in values:
            self._producer.produce(topic, value=value, **({"partition": 0} | more))
        assert self._producer.flush(10) == 0

    def read(self, topic: str, count: int) -> list[bytes]:
        """The first records of a topic, of all its partitions."""
        consumer = kafka.Consumer({"bootstrap.servers": self.servers, "group.id": "reader", "log_level": 0})
        partitions = consumer.list_topics(topic, 10).topics[topic].partitions
        consumer.assign([kafka.TopicPartition(topic, number, 0) for number in partitions])
        found = [message.value() for message in consumer.consume(count, 10)]
        consumer.close()
        return found

    def committed(self, group: str, topic: str) -> int:
        """Where a group stands in a topic's first partition; negative: nowhere."""
        consumer = kafka.Consumer({"bootstrap.servers": self.servers, "group.id": group, "log_level": 0})
        (found,) = consumer.committed([kafka.TopicPartition(topic, 0)], 10)
        consumer.close()
        return int(found.offset)

"""An event source mapping as it is stored: which source feeds which function, and how."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from lambent.model.sealed import Sealed


class SourceKind(StrEnum):
    """What a mapping reads from."""

    SQS = "Amazon SQS"
    KINESIS = "Amazon Kinesis"
    DYNAMODB = "Amazon DynamoDB Streams"
    MSK = "Amazon MSK"
    KAFKA = "self-managed Apache Kafka"
    MQ = "Amazon MQ"
    DOCUMENTDB = "Amazon DocumentDB"


_BROKERS = (SourceKind.MSK, SourceKind.KAFKA, SourceKind.MQ, SourceKind.DOCUMENTDB)


class MappingState(StrEnum):
    """Where a mapping stands; what ends in -ing ends by itself."""

    CREATING = "Creating"
    ENABLING = "Enabling"
    ENABLED = "Enabled"
    DISABLING = "Disabling"
    DISABLED = "Disabled"
    UPDATING = "Updating"
    DELETING = "Deleting"


class EventSourceMapping(msgspec.Struct, frozen=True):
    """One mapping.

    `qualifier` is empty for the function as a whole. `source_arn` is empty for a self-managed source. `options` are
    the members of AWS's shape that say how to read, defaults filled in, timestamps as seconds since the epoch; a
    poller reads them through the properties. `modified` in seconds since the epoch. `generation` grows with
    every change that a user asks for. With a `kms_key` (an ARN) `sealed_filters` hold what would be among the options
    as `FilterCriteria`.
    """

    uuid: str
    account: str
    region: str
    kind: SourceKind
    function_name: str
    qualifier: str
    source_arn: str
    enabled: bool
    state: MappingState
    modified: float
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    generation: int = 0
    kms_key: str = ""
    sealed_filters: Sealed | None = None

    @property
    def arn(self) -> str:
        """The mapping's own ARN."""
        return f"arn:aws:lambda:{self.region}:{self.account}:event-source-mapping:{self.uuid}"

    @property
    def function_arn(self) -> str:
        """What is invoked."""
        arn = f"arn:aws:lambda:{self.region}:{self.account}:function:{self.function_name}"
        return f"{arn}:{self.qualifier}" if self.qualifier else arn

    @property
    def is_fifo(self) -> bool:
        """Whether the source is an SQS queue with order."""
        return self.kind is SourceKind.SQS and self.source_arn.endswith(".fifo")

    @property
    def batch_size(self) -> int:
        """Records of an invocation at most."""
        return int(self.options["BatchSize"])

    @property
    def window_seconds(self) -> float:
        """How long to wait for a full batch: for brokers half a second, unless something else is said."""
        usual = 0.5 if self.kind in _BROKERS else 0.0
        return float(self.options.get("MaximumBatchingWindowInSeconds", usual))

    @property
    def filters(self) -> list[str]:
        """Event patterns, one of which must match; empty: everything passes."""
        filters = self.options.get("FilterCriteria", {}).get("Filters", [])
        return [each["Pattern"] for each in filters if "Pattern" in each]

    @property
    def reports_failures(self) -> bool:
        """Whether the function may name the records that failed."""
        return "ReportBatchItemFailures" in self.options.get("FunctionResponseTypes", [])

    @property
    def metrics(self) -> list[str]:
        """Which groups of metrics are kept of it."""
        return list(self.options.get("MetricsConfig", {}).get("Metrics") or ())

    @property
    def system_log_level(self) -> str:
        """From which level on its poller tells what it does; empty: it does not."""
        return str(self.options.get("LoggingConfig", {}).get("SystemLogLevel", ""))

    @property
    def maximum_concurrency(self) -> int | None:
        """Invocations at once, where that is limited."""
        found = self.options.get("ScalingConfig", {}).get("MaximumConcurrency")
        return None if found is None else int(found)

    @property
    def provisioned_pollers(self) -> tuple[int, int] | None:
        """The least and the most pollers, where they are provisioned."""
        found = self.options.get("ProvisionedPollerConfig")
        return (int(found["MinimumPollers"]), int(found["MaximumPollers"])) if found else None

    @property
    def access(self) -> dict[str, str]:
        """How to sign in: the ARN of a secret, or another word, by the type of what it is for."""
        return {each["Type"]: each.get("URI", "") for each in self.options.get("SourceAccessConfigurations", [])}

    @property
    def topic(self) -> str:
        """The Kafka topic."""
        return str(self.options["Topics"][0])

    @property
    def queue(self) -> str:
        """The queue of a message broker."""
        return str(self.options["Queues"][0])

    @property
    def bootstrap_servers(self) -> str:
        """Where a self-managed cluster is, `host:port,host:port`; empty for others."""
        return ",".join(
            self.options.get("SelfManagedEventSource", {}).get("Endpoints", {}).get("KAFKA_BOOTSTRAP_SERVERS", ())
        )

    @property
    def consumer_group(self) -> str:
        """The consumer group as which a topic is read."""
        for name in ("AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig"):
            if found := self.options.get(name, {}).get("ConsumerGroupId"):
                return str(found)
        return self.uuid

    @property
    def on_failure(self) -> str:
        """Where records go that failed for good; empty: nowhere."""
        return str(self.options.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", ""))

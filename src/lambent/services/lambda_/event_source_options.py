"""Which options an event source mapping of which kind takes, with which values, and what they are by default. Pure.

Every check passes or raises ApiError. The model's own constraints have been checked before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambent.model.event_source import SourceKind
from lambent.patterns.dialects import LAMBDA
from lambent.patterns.operators import BadPattern
from lambent.patterns.pattern import Pattern
from lambent.services.lambda_ import event_source_errors as errors
from lambent.services.lambda_ import limits
from lambent.services.operation import Params

SQS, KINESIS, DYNAMODB = SourceKind.SQS, SourceKind.KINESIS, SourceKind.DYNAMODB
MSK, KAFKA, MQ, DOCUMENTDB = SourceKind.MSK, SourceKind.KAFKA, SourceKind.MQ, SourceKind.DOCUMENTDB
STREAMS = (KINESIS, DYNAMODB)
_KAFKAS = (MSK, KAFKA)
_RETRYING = (*STREAMS, *_KAFKAS)

TAKEN: Mapping[str, tuple[SourceKind, ...]] = {
    "BatchSize": tuple(SourceKind),
    "MaximumBatchingWindowInSeconds": tuple(SourceKind),
    "FilterCriteria": (SQS, *STREAMS, *_KAFKAS, MQ),
    "ScalingConfig": (SQS,),
    "ParallelizationFactor": STREAMS,
    "TumblingWindowInSeconds": STREAMS,
    "StartingPosition": (*_RETRYING, DOCUMENTDB),
    "StartingPositionTimestamp": (*_RETRYING, DOCUMENTDB),
    "DestinationConfig": _RETRYING,
    "MaximumRecordAgeInSeconds": _RETRYING,
    "MaximumRetryAttempts": _RETRYING,
    "BisectBatchOnFunctionError": _RETRYING,
    "FunctionResponseTypes": (SQS, *_RETRYING),
    "Topics": _KAFKAS,
    "Queues": (MQ,),
    "SourceAccessConfigurations": (*_KAFKAS, MQ, DOCUMENTDB),
    "SelfManagedEventSource": (KAFKA,),
    "AmazonManagedKafkaEventSourceConfig": (MSK,),
    "SelfManagedKafkaEventSourceConfig": (KAFKA,),
    "DocumentDBEventSourceConfig": (DOCUMENTDB,),
    "ProvisionedPollerConfig": (SQS, *_KAFKAS),
    "MetricsConfig": (SQS, *_RETRYING),
    "LoggingConfig": _KAFKAS,
}
"""Option -> the kinds of sources that have it."""

_NEEDED: Mapping[SourceKind, tuple[str, ...]] = {
    KAFKA: ("Topics",),
    MSK: ("Topics",),
    MQ: ("Queues", "SourceAccessConfigurations"),
    DOCUMENTDB: ("SourceAccessConfigurations", "DocumentDBEventSourceConfig"),
}
_ONLY_PROVISIONED = (
    "FunctionResponseTypes",
    "BisectBatchOnFunctionError",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "LoggingConfig",
)
_ACCESS: Mapping[SourceKind, re.Pattern[str]] = {
    MSK: re.compile("SASL_SCRAM_512_AUTH|CLIENT_CERTIFICATE_TLS_AUTH|IAM_AUTH|IAM_OAUTHBEARER_AUTH"),
    KAFKA: re.compile("(?!VIRTUAL_HOST|IAM_).*"),
    MQ: re.compile("BASIC_AUTH|VIRTUAL_HOST"),
    DOCUMENTDB: re.compile("BASIC_AUTH"),
}
UNSERVED_ACCESS: Mapping[str, str] = {
    "VPC_SUBNET": "sources are reached by the server's own network",
    "VPC_SECURITY_GROUP": "sources are reached by the server's own network",
    "IAM_AUTH": "its mechanism AWS_MSK_IAM is not spoken",
    "IAM_OAUTHBEARER_AUTH": "tokens of IAM are not made for brokers",
    **{
        f"OAUTHBEARER_{part}": "no tokens are fetched from authorization servers"
        for part in ("AUTH", "SCOPE", "AUDIENCE", "LOGICAL_CLUSTER", "IDENTITY_POOL")
    },
}
"""Types of SourceAccessConfigurations that AWS has and Lambent does not, and why."""

_GROUPS: Mapping[SourceKind, str] = {
    MSK: "AmazonManagedKafkaEventSourceConfig",
    KAFKA: "SelfManagedKafkaEventSourceConfig",
}
"""Which option has the consumer group."""

_ARNS: tuple[tuple[re.Pattern[str], SourceKind], ...] = (
    (re.compile(r"arn:aws[\w-]*:sqs:[^:]+:\d{12}:[\w-]{1,80}(\.fifo)?"), SQS),
    (re.compile(r"arn:aws[\w-]*:kinesis:[^:]+:\d{12}:stream/[\w.-]+(/consumer/[\w.-]+:\d+)?"), KINESIS),
    (re.compile(r"arn:aws[\w-]*:dynamodb:[^:]+:\d{12}:table/[\w.-]+/stream/.+"), DYNAMODB),
    (re.compile(r"arn:aws[\w-]*:kafka:[^:]+:\d{12}:(cluster|vpc-connection)/.+"), MSK),
    (re.compile(r"arn:aws[\w-]*:mq:[^:]+:\d{12}:broker:[^:]+:.+"), MQ),
    (re.compile(r"arn:aws[\w-]*:rds:[^:]+:\d{12}:cluster:.+"), DOCUMENTDB),
)
_DESTINATIONS = re.compile(r"arn:aws[\w-]*:(sqs|sns):.+|arn:aws[\w-]*:s3:::.+|(?P<kafka>kafka://.+)|")
_POLLERS: Mapping[SourceKind, tuple[int, int, int, int]] = {
    SQS: (2, 2000, 2, 200),
    MSK: (1, 2000, 1, 200),
    KAFKA: (1, 2000, 1, 200),
}
"""The least, the most, and both by default."""


def kind_of(params: Params, region: str) -> SourceKind:
    """What kind of source the request names. Raises ApiError."""
    arn = params.get("EventSourceArn")
    if params.get("SelfManagedEventSource"):
        if arn:
            raise errors.two_sources()
        return KAFKA
    if not arn:
        raise errors.unrecognized()
    for pattern, kind in _ARNS:
        if pattern.fullmatch(arn):
            if arn.split(":")[3] != region:
                raise errors.other_region(arn)
            return kind
    raise errors.unsupported_arn(arn)


def given(params: Params) -> dict[str, Any]:
    """The options that a request names, as they are stored."""
    return {
        name: value.timestamp() if isinstance(value, datetime) else value
        for name, value in params.items()
        if name in TAKEN and value is not None
    }


def defaults(kind: SourceKind) -> dict[str, Any]:
    """What holds for a source of this kind when nothing is said."""
    found: dict[str, Any] = {"BatchSize": 10 if kind is SQS else 100}
    if kind in (SQS, *STREAMS):
        found["MaximumBatchingWindowInSeconds"] = 0  # the others' half a second cannot be said in whole ones
    if kind in STREAMS:
        found |= {
            "BisectBatchOnFunctionError": False,
            "DestinationConfig": {"OnFailure": {}},
            "MaximumRecordAgeInSeconds": -1,
            "MaximumRetryAttempts": -1,
            "ParallelizationFactor": 1,
            "TumblingWindowInSeconds": 0,
        }
    if kind in (SQS, *STREAMS):
        found["FunctionResponseTypes"] = []
    return found


def completed(kind: SourceKind, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with their defaults, after every check that needs no clock. Raises ApiError."""
    for name, value in options.items():
        if kind not in TAKEN[name] and not _empty(value):
            raise errors.foreign(name)
    for name in _NEEDED.get(kind, ()):
        if not options.get(name):
            raise errors.needed(name, kind)
    found = defaults(kind) | {name: value for name, value in options.items() if kind in TAKEN[name]}
    _check_filters(found)
    _check_failures(kind, found)
    _check_access(kind, found)
    _check_metrics(kind, found)
    if kind in _POLLERS:
        _check_pollers(kind, found)
    if kind is DOCUMENTDB and not found["DocumentDBEventSourceConfig"].get("DatabaseName"):
        raise errors.needed("DocumentDBEventSourceConfig.DatabaseName", kind)
    return found


def group_of(kind: SourceKind, found: Mapping[str, Any]) -> str:
    """The consumer group that a mapping of a Kafka topic reads as; empty for other kinds."""
    return str(found.get(_GROUPS.get(kind, ""), {}).get("ConsumerGroupId", ""))


def with_group(kind: SourceKind, found: dict[str, Any], group: str) -> dict[str, Any]:
    """The options with the consumer group `group` where they say none."""
    name = _GROUPS.get(kind)
    if name is None:
        return found
    return found | {name: {"ConsumerGroupId": group} | found.get(name, {})}


def check_queue(found: Mapping[str, Any], *, fifo: bool) -> None:
    """Batches of an SQS queue. Raises ApiError."""
    size, window = found["BatchSize"], found["MaximumBatchingWindowInSeconds"]
    if fifo and size > limits.FIFO_BATCH:
        raise errors.fifo_batch()
    if fifo and window:
        raise errors.fifo_window()
    if size > limits.BATCH_WITHOUT_WINDOW and not window:
        raise errors.window_needed()


def check_position(kind: SourceKind, found: Mapping[str, Any], source: str, now: float) -> None:
    """Where a new mapping starts to read. Raises ApiError."""
    if kind not in TAKEN["StartingPosition"]:
        return
    position, at = found.get("StartingPosition"), found.get("StartingPositionTimestamp")
    if found.get("SelfManagedKafkaEventSourceConfig", {}).get("ConsumptionMode") == "Queue":
        if position is not None:
            raise errors.foreign("StartingPosition")
        return
    if position is None:
        raise errors.position_needed()
    if position != "AT_TIMESTAMP":
        if at is not None:
            raise errors.timestamp_alone()
        return
    if kind is DYNAMODB:
        raise errors.position_unsupported(source)
    if at is None:
        raise errors.timestamp_needed()
    if at > now:
        raise errors.timestamp_in_future()


def _check_filters(found: Mapping[str, Any]) -> None:
    filters = found.get("FilterCriteria", {}).get("Filters") or []
    if len(filters) > limits.FILTERS:
        raise errors.too_many_filters(limits.FILTERS)
    for each in filters:
        try:
            Pattern(each.get("Pattern", ""), LAMBDA)
        except BadPattern:
            raise errors.bad_filter() from None


def _check_failures(kind: SourceKind, found: Mapping[str, Any]) -> None:
    """What becomes of records that fail."""
    if kind in _KAFKAS and not found.get("ProvisionedPollerConfig"):
        for name in _ONLY_PROVISIONED:
            if found.get(name):
                raise errors.only_provisioned(name)
    if -1 < found.get("MaximumRecordAgeInSeconds", -1) < limits.RECORD_AGE_SECONDS:
        raise errors.record_age()
    destinations = found.get("DestinationConfig", {})
    if destinations.get("OnSuccess", {}).get("Destination"):
        raise errors.foreign("DestinationConfig")
    failure = destinations.get("OnFailure", {}).get("Destination", "")
    match = _DESTINATIONS.fullmatch(failure)
    if match is None or (match["kafka"] and kind not in _KAFKAS):
        raise errors.bad_destination(failure)
    if match["kafka"] and failure.removeprefix("kafka://") in found.get("Topics", ()):
        raise errors.same_topic(failure.removeprefix("kafka://"))


def _check_access(kind: SourceKind, found: Mapping[str, Any]) -> None:
    for each in found.get("SourceAccessConfigurations", []):
        name = each.get("Type", "")
        if not _ACCESS[kind].fullmatch(name):
            raise errors.access_type(name, kind)
        if name in UNSERVED_ACCESS:
            raise errors.access_unserved(name, UNSERVED_ACCESS[name])


def _check_metrics(kind: SourceKind, found: Mapping[str, Any]) -> None:
    for name in found.get("MetricsConfig", {}).get("Metrics") or ():
        if name != "EventCount" and kind not in _KAFKAS:
            raise errors.foreign(f"MetricsConfig.Metrics {name}")


def _check_pollers(kind: SourceKind, found: dict[str, Any]) -> None:
    """Provisioned pollers: how many at least and at most, filled in where not said."""
    asked = found.get("ProvisionedPollerConfig")
    if not asked:
        found.pop("ProvisionedPollerConfig", None)
        return
    if found.get("ScalingConfig", {}).get("MaximumConcurrency"):
        raise errors.pollers_and_concurrency()
    if kind is SQS and asked.get("PollerGroupName"):
        raise errors.foreign("ProvisionedPollerConfig.PollerGroupName")
    least, most, usual_least, usual_most = _POLLERS[kind]
    low = asked.get("MinimumPollers", usual_least)
    high = asked.get("MaximumPollers", max(usual_most, low))
    if not least <= low <= high <= most:
        raise errors.poller_range(least, most)
    found["ProvisionedPollerConfig"] = {**asked, "MinimumPollers": low, "MaximumPollers": high}


def _empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_empty(member) for member in value.values())
    return value in ([], "", False) or value is None

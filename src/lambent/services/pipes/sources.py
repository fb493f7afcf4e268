"""What a pipe reads from, as the pollers of event sources see it, and their events taken apart into records. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.services.pipes import limits
from lambent.services.pipes.records import RUNNING, Pipe
from lambent.sources.base import Outcome, Result

MEMBERS: Mapping[SourceKind, str] = {
    SourceKind.SQS: "SqsQueueParameters",
    SourceKind.MQ: "RabbitMQBrokerParameters",
    SourceKind.MSK: "ManagedStreamingKafkaParameters",
    SourceKind.KAFKA: "SelfManagedKafkaParameters",
}
"""Which parameters belong to which kind of source."""

SELF_MANAGED = "smk://"

_ARNS: Mapping[str, SourceKind] = {"sqs": SourceKind.SQS, "mq": SourceKind.MQ, "kafka": SourceKind.MSK}
_CREDENTIALS: Mapping[str, str] = {
    "BasicAuth": "BASIC_AUTH",
    "SaslScram512Auth": "SASL_SCRAM_512_AUTH",
    "SaslScram256Auth": "SASL_SCRAM_256_AUTH",
    "ClientCertificateTlsAuth": "CLIENT_CERTIFICATE_TLS_AUTH",
}
_CHANGEABLE = frozenset(
    {"BatchSize", "MaximumBatchingWindowInSeconds", "Credentials", "ServerRootCaCertificate", "Vpc"}
)
"""What of a source's parameters an update replaces; the rest stays as the pipe was made."""


def kind_of(source: str) -> SourceKind | None:
    """What a source is, by its ARN or URL; None if pipes cannot read it."""
    if source.startswith(SELF_MANAGED):
        return SourceKind.KAFKA
    parts = source.split(":")
    return _ARNS.get(parts[2]) if len(parts) > 5 else None


def parameters(pipe: Pipe) -> Mapping[str, Any]:
    """The parameters of the pipe's kind of source."""
    kind = kind_of(pipe.source)
    return {} if kind is None else pipe.source_parameters.get(MEMBERS[kind]) or {}


def updated(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Source parameters after an update: each structure that is given is replaced, but for what cannot change."""
    made = dict(before)
    for member, value in given.items():
        kept = before.get(member) if member.endswith("Parameters") else None
        made[member] = {name: each for name, each in (kept or {}).items() if name not in _CHANGEABLE} | value
    return made


def batch_size(pipe: Pipe, most: int | None) -> int:
    """Records of a batch: as the pipe says, else what is usual, if the target takes so many."""
    usual = limits.BATCH if kind_of(pipe.source) is SourceKind.SQS else limits.BATCH_OF_BROKERS
    return int(parameters(pipe).get("BatchSize") or min(usual, most or usual))


def mapping_of(pipe: Pipe, most: int | None) -> EventSourceMapping:
    """How pollers see a pipe whose target takes `most` records in a call (None: as many as fit)."""
    kind, given = kind_of(pipe.source) or SourceKind.SQS, parameters(pipe)
    options: dict[str, Any] = {
        "BatchSize": batch_size(pipe, most),
        "FilterCriteria": pipe.source_parameters.get("FilterCriteria") or {},
        "SourceAccessConfigurations": _access(given),
    }
    if "MaximumBatchingWindowInSeconds" in given:
        options["MaximumBatchingWindowInSeconds"] = given["MaximumBatchingWindowInSeconds"]
    if kind is SourceKind.SQS:
        options["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
    elif kind is SourceKind.MQ:
        options["Queues"] = [given["QueueName"]]
    else:
        options |= {"Topics": [given["TopicName"]], "StartingPosition": given.get("StartingPosition") or "LATEST"}
        if group := given.get("ConsumerGroupID"):
            options["SelfManagedKafkaEventSourceConfig"] = {"ConsumerGroupId": group}
        if kind is SourceKind.KAFKA:
            servers = [pipe.source.removeprefix(SELF_MANAGED), *(given.get("AdditionalBootstrapServers") or ())]
            options["SelfManagedEventSource"] = {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": servers}}
    running = pipe.desired == RUNNING and not pipe.current.endswith("_FAILED")
    return EventSourceMapping(
        uuid=pipe.arn,
        account=pipe.account,
        region=pipe.region,
        kind=kind,
        function_name=pipe.name,
        qualifier="",
        source_arn="" if kind is SourceKind.KAFKA else pipe.source,
        enabled=running,
        state=MappingState.ENABLED if running else MappingState.DISABLED,
        modified=pipe.modified,
        options=options,
    )


def records_of(payload: bytes) -> list[dict[str, Any]]:
    """The records of an event, each with what the event says of all of them."""
    event = msgspec.json.decode(payload)
    if "Records" in event:
        return list(event["Records"])
    groups = event.pop("rmqMessagesByQueue", None) or event.pop("records", {})
    return [event | {"eventSourceKey": key} | record for key, records in groups.items() for record in records]


def outcome(kind: SourceKind, records: Sequence[Mapping[str, Any]], failed: frozenset[int]) -> Outcome:
    """What pollers hear of a batch of which some records were not taken: only queues of SQS get them back alone."""
    if kind is not SourceKind.SQS:
        return Outcome(Result.FAILED if failed else Result.DONE)
    named = [{"itemIdentifier": records[position]["messageId"]} for position in sorted(failed)]
    return Outcome(Result.DONE, msgspec.json.encode({"batchItemFailures": named}))


def _access(given: Mapping[str, Any]) -> list[dict[str, str]]:
    """How to sign in at a broker, as mappings say it."""
    found = [
        {"Type": _CREDENTIALS[name], "URI": secret}
        for name, secret in (given.get("Credentials") or {}).items()
        if name in _CREDENTIALS
    ]
    if authority := given.get("ServerRootCaCertificate"):
        found.append({"Type": "SERVER_ROOT_CA_CERTIFICATE", "URI": authority})
    if host := given.get("VirtualHost"):
        found.append({"Type": "VIRTUAL_HOST", "URI": host})
    return found

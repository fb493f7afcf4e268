"""Options of EventBridge that Lambent refuses by name, and why. COMPATIBILITY.md is made from this list."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.services.events import errors
from lambent.services.operation import Params

CLOUDTRAIL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
"""A state of rules that is about another service's events."""

KINDS = ("lambda", "sqs", "sns", "events", "logs")
"""The services whose resources can be targets; of EventBridge's own, buses."""

_KEYS = "what lies on disk is not encrypted with keys of KMS"
_LOGS = "buses write no logs; lambent events tail --bus NAME shows what happens to their events"

REFUSED: Mapping[str, Mapping[str, str]] = {
    "CreateEventBus": {
        "EventSourceName": "there are no partner event sources",
        "KmsKeyIdentifier": _KEYS,
        "LogConfig.Level": _LOGS,
    },
    "UpdateEventBus": {"KmsKeyIdentifier": _KEYS, "LogConfig.Level": _LOGS},
    "PutRule": {f"State={CLOUDTRAIL}": "there are no management events of CloudTrail"},
    "PutTargets": {
        "Arn": f"rules send to {', '.join(KINDS)} (buses)",
        "KinesisParameters": "there are no streams of Kinesis",
        "RunCommandParameters": "there is no Run Command of Systems Manager",
        "EcsParameters": "there are no tasks of ECS",
        "BatchParameters": "there are no jobs of Batch",
        "HttpParameters": "there are no API destinations and gateways",
        "RedshiftDataParameters": "there is no Redshift",
        "SageMakerPipelineParameters": "there are no pipelines of SageMaker",
        "AppSyncParameters": "there is no AppSync",
    },
    "PutEvents": {"EndpointId": "there are no global endpoints"},
    "CreateArchive": {"KmsKeyIdentifier": _KEYS},
    "UpdateArchive": {"KmsKeyIdentifier": _KEYS},
}
"""Operation -> option -> why."""


def check(operation: str, given: Params) -> None:
    """Refuse what asks for an option that is not there. `LogConfig.Level` OFF asks for nothing. Raises ApiError."""
    for option, why in REFUSED[operation].items():
        name, _, inner = option.partition(".")
        value, wanted = given.get(name.partition("=")[0]), name.partition("=")[2]
        if inner:
            value = (value or {}).get(inner)
            value = None if value == "OFF" else value
        if option != "Arn" and value and wanted in ("", value):
            raise errors.unsupported(option, why)

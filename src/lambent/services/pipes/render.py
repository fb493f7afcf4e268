"""What Pipes answers."""

from __future__ import annotations

from typing import Any

from lambent.services.pipes.records import Pipe


def change(pipe: Pipe) -> dict[str, Any]:
    """What whoever changes a pipe hears."""
    return {
        "Arn": pipe.arn,
        "Name": pipe.name,
        "DesiredState": pipe.desired,
        "CurrentState": pipe.current,
        "CreationTime": pipe.created,
        "LastModifiedTime": pipe.modified,
    }


def summary(pipe: Pipe) -> dict[str, Any]:
    """A pipe in a listing."""
    shown = change(pipe) | {"Source": pipe.source, "Target": pipe.target}
    for member, value in (("StateReason", pipe.reason), ("Enrichment", pipe.enrichment)):
        if value:
            shown[member] = value
    return shown


def pipe(found: Pipe) -> dict[str, Any]:
    """A pipe, whole."""
    shown = summary(found) | {"RoleArn": found.role, "SourceParameters": found.source_parameters}
    for member, value in (
        ("Description", found.description),
        ("EnrichmentParameters", found.enrichment_parameters),
        ("TargetParameters", found.target_parameters),
        ("Tags", found.tags),
    ):
        if value:
            shown[member] = value
    return shown

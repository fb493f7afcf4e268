"""The rules that archives make on their bus: events that match them are kept. Pure."""

from __future__ import annotations

import msgspec

from lambent.services.events.names import Named
from lambent.services.events.records import Archive, Rule, Target

ARCHIVING = "prod.vhs.events.aws.internal"
"""Who manages them, as AWS tells it."""

_PREFIX = "Events-Archive-"
_TEMPLATE = (
    '{"archive-arn": "%s", "event": <aws.events.event.json>, "ingestion-time": <aws.events.event.ingestion-time>}'
)


def archiving_rule(archive: Archive, bus: Named) -> Rule:
    """The rule by which an archive gets its events: those of its pattern, and none that was replayed."""
    pattern = msgspec.json.decode(archive.pattern) if archive.pattern is not None else {}
    name = _PREFIX + archive.name
    target = Target(id=name, arn=f"arn:aws:events:{archive.region}:::", template=_TEMPLATE % archive.arn)
    return Rule(
        name=name,
        bus=bus.name,
        account=bus.at.account,
        region=bus.at.region,
        created_by=archive.account,
        pattern=msgspec.json.encode({**pattern, "replay-name": [{"exists": False}]}).decode(),
        managed_by=ARCHIVING,
        targets=(target,),
        archive=shelved(archive),
    )


def shelved(archive: Archive) -> str:
    """Under what name the shelf keeps an archive's events."""
    return f"{archive.account}/{archive.region}/{archive.name}/{archive.generation}"

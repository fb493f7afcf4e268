"""Staging labels: each is attached to one version of a secret at most. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lambent.services.secretsmanager import errors, limits
from lambent.services.secretsmanager.records import Version

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"

Versions = tuple[Version, ...]


def added(versions: Versions, version_id: str, stages: Iterable[str], now: float) -> Versions:
    """A new version with its labels, which others lose. Raises ApiError.

    Of more versions than a secret may have the oldest without labels go.
    """
    made = moved((*versions, Version(version_id, now, ())), version_id, stages)
    for old in [each for each in made if not each.stages]:
        if len(made) <= limits.VERSIONS:
            break
        made = tuple(each for each in made if each.id != old.id)
    if len(made) > limits.VERSIONS:
        raise errors.too_many("versions with staging labels", limits.VERSIONS)
    return made


def moved(versions: Versions, to: str, stages: Iterable[str]) -> Versions:
    """Labels attached to the version `to`. What loses AWSCURRENT becomes AWSPREVIOUS. Raises ApiError."""
    stages = list(dict.fromkeys(stages))
    for stage in stages:
        before = next((each for each in versions if stage in each.stages), None)
        versions = _attached(_detached(versions, stage), to, stage)
        if stage == CURRENT and before is not None and before.id != to and PREVIOUS not in stages:
            versions = _attached(_detached(versions, PREVIOUS), before.id, PREVIOUS)
    for version in versions:
        if len(version.stages) > limits.LABELS_PER_VERSION:
            raise errors.too_many("staging labels on a version", limits.LABELS_PER_VERSION)
    return versions


def removed(versions: Versions, stage: str) -> Versions:
    """The label attached to nothing."""
    return _detached(versions, stage)


def _detached(versions: Versions, stage: str) -> Versions:
    return tuple(
        msgspec.structs.replace(each, stages=tuple(one for one in each.stages if one != stage))
        if stage in each.stages
        else each
        for each in versions
    )


def _attached(versions: Versions, to: str, stage: str) -> Versions:
    return tuple(
        msgspec.structs.replace(each, stages=(*each.stages, stage)) if each.id == to else each for each in versions
    )

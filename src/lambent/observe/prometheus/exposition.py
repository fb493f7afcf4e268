"""Prometheus' text format, version 0.0.4. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]

Sample = tuple[str, Labels, float]
"""(what the family's name is followed by, labels, value)."""


class Family(msgspec.Struct, frozen=True):
    """Samples of one name; `kind` is counter, gauge or histogram."""

    name: str
    kind: str
    help: str
    samples: Iterable[Sample]


def rendered(families: Iterable[Family]) -> str:
    """The text."""
    lines: list[str] = []
    for family in families:
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        lines += [
            f"{family.name}{suffix}{_labels(labels)} {_number(value)}" for suffix, labels, value in family.samples
        ]
    return "\n".join(lines) + "\n"


def histogram(labels: Labels, bounds: Iterable[float], counts: Iterable[int], total: float) -> list[Sample]:
    """Samples of a histogram: how many values there are up to each bound, one more count for those beyond the last."""
    samples: list[Sample] = []
    below = 0
    for bound, count in zip([*map(_number, bounds), "+Inf"], counts, strict=True):
        below += count
        samples.append(("_bucket", {**labels, "le": bound}, below))
    return [*samples, ("_sum", labels, total), ("_count", labels, below)]


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)

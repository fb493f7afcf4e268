"""The service graph: who calls whom in some traces, how often, how long it takes, and what goes wrong. Pure.

A segment is a node; a subsegment of a call to something that sent no segment of its own stands for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from lambent.observe.traces.segments import Segment, within
from lambent.services.xray import limits
from lambent.services.xray.summary import CLIENT, Node, Traced, node, parts

CALLER = Node("clients", CLIENT)
"""Whoever is outside."""


class _Sum(msgspec.Struct):
    """Requests to a node, or over an edge."""

    total: int = 0
    faults: int = 0
    errors: int = 0
    throttles: int = 0
    seconds: float = 0.0
    start: float = math.inf
    end: float = -math.inf
    times: dict[float, int] = {}

    def add(self, fields: Mapping[str, Any]) -> None:
        start = float(fields["start_time"])
        end = float(fields["end_time"]) if isinstance(fields.get("end_time"), int | float) else start
        self.total += 1
        fault, throttle = fields.get("fault") is True, fields.get("throttle") is True
        self.faults += fault
        self.throttles += throttle and not fault
        self.errors += fields.get("error") is True and not fault and not throttle
        self.seconds += end - start
        self.start, self.end = min(self.start, start), max(self.end, end)
        rounded = float(f"{end - start:.2g}")
        self.times[rounded] = self.times.get(rounded, 0) + 1

    def shown(self) -> dict[str, Any]:
        return {
            "OkCount": self.total - self.faults - self.errors - self.throttles,
            "ErrorStatistics": {
                "ThrottleCount": self.throttles,
                "OtherCount": self.errors,
                "TotalCount": self.errors + self.throttles,
            },
            "FaultStatistics": {"OtherCount": self.faults, "TotalCount": self.faults},
            "TotalCount": self.total,
            "TotalResponseTime": self.seconds,
        }

    def histogram(self) -> list[dict[str, Any]]:
        most = sorted(self.times.items(), key=lambda pair: -pair[1])[: limits.HISTOGRAM]
        return [{"Value": value, "Count": count} for value, count in sorted(most)]


class Graph:
    """Of some traces."""

    def __init__(self, traces: Iterable[Traced]) -> None:
        self._nodes: dict[Node, _Sum] = {}
        self._edges: dict[tuple[Node, Node], _Sum] = {}
        for traced in traces:
            self._add(traced)

    def services(self) -> list[dict[str, Any]]:
        """As GetServiceGraph tells them; each refers to others by number."""
        numbers = {found: number for number, found in enumerate(self._nodes)}
        roots = {target for source, target in self._edges if source == CALLER}
        return [self._shown(found, numbers, root=found in roots) for found in self._nodes]

    def totals(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Of all nodes together: statistics and a histogram of response times."""
        total = _Sum(times={})
        for found, each in self._nodes.items():
            if found != CALLER:
                total.total += each.total
                total.faults += each.faults
                total.errors += each.errors
                total.throttles += each.throttles
                total.seconds += each.seconds
                for value, count in each.times.items():
                    total.times[value] = total.times.get(value, 0) + count
        return total.shown(), total.histogram()

    def _add(self, traced: Traced) -> None:
        owner = {str(part.get("id")): segment for segment in traced.segments for part in parts(segment)}
        called = {segment.parent for segment in traced.segments if not segment.separate}
        for segment in traced.segments:
            if segment.separate:
                continue
            here = node(segment)
            self._count(self._nodes, here, segment.fields)
            caller = owner.get(segment.parent) if segment.parent is not None else None
            if caller is None:
                self._count(self._nodes, CALLER, segment.fields)
                self._count(self._edges, (CALLER, here), segment.fields)
            elif node(caller) != here:
                self._count(self._edges, (node(caller), here), segment.fields)
        for segment, part in _calls(traced.segments, owner):
            if part["id"] not in called:
                there = Node(str(part["name"]), _kind(part))
                self._count(self._nodes, there, part)
                self._count(self._edges, (node(segment), there), part)

    def _count(self, where: dict[Any, _Sum], key: object, fields: Mapping[str, Any]) -> None:
        if key not in where:
            where[key] = _Sum(times={})
        where[key].add(fields)

    def _shown(self, found: Node, numbers: Mapping[Node, int], *, root: bool) -> dict[str, Any]:
        each = self._nodes[found]
        shown: dict[str, Any] = {
            "ReferenceId": numbers[found],
            "Name": found.name,
            "Names": [found.name],
            "Root": root,
            "Type": found.kind or "AWS::Service",
            "State": "active",
            "StartTime": each.start,
            "EndTime": each.end,
            "Edges": [
                {
                    "ReferenceId": numbers[target],
                    "StartTime": edge.start,
                    "EndTime": edge.end,
                    "SummaryStatistics": edge.shown(),
                    "ResponseTimeHistogram": edge.histogram(),
                    "Aliases": [],
                }
                for (source, target), edge in self._edges.items()
                if source == found
            ],
        }
        if found != CALLER:
            shown |= {"SummaryStatistics": each.shown(), "ResponseTimeHistogram": each.histogram()}
            shown["DurationHistogram"] = each.histogram()
        return shown | ({"AccountId": found.account} if found.account else {})


def _calls(segments: Iterable[Segment], owner: Mapping[str, Segment]) -> Iterator[tuple[Segment, Mapping[str, Any]]]:
    """Subsegments that are calls to others, with the segments that they are of."""
    for segment in segments:
        of = segment
        if segment.separate:
            of = owner.get(segment.parent or "", segment)
        for part in (segment.fields, *within(segment.fields)) if segment.separate else within(segment.fields):
            if part.get("namespace") in ("aws", "remote"):
                yield of, part


def _kind(part: Mapping[str, Any]) -> str:
    return f"AWS::{part['name']}" if part.get("namespace") == "aws" else "remote"

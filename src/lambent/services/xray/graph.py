"""The service graph: who calls whom in some traces, how often, how long it takes, and what goes wrong. Pure.

Every party of a trace is a node, and every call of one by another an edge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lambent.services.xray import limits
from lambent.services.xray.calls import owners
from lambent.services.xray.summary import CLIENT, Node, Traced, node

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

    def __init__(self, traces: Sequence[Traced]) -> None:
        self._nodes: dict[Node, _Sum] = {}
        self._edges: dict[tuple[Node, Node], _Sum] = {}
        for traced in traces:
            self._add(traced)
        self._link(traces)

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
        for party in traced.parties:
            here, fields = node(party.segment), party.segment.fields
            self._count(self._nodes, here, fields)
            if party.caller is None:
                self._count(self._nodes, CALLER, fields)
                self._count(self._edges, (CALLER, here), fields)
            elif node(party.caller) != here:
                self._count(self._edges, (node(party.caller), here), fields)

    def _link(self, traces: Sequence[Traced]) -> None:
        """Requests that were dealt with in one go with others' are calls of those that sent them, too."""
        inferred = {party.segment.id: party.segment for traced in traces for party in traced.parties}
        senders = owners(segment for traced in traces for segment in traced.segments) | inferred
        for traced in traces:
            for segment in traced.segments:
                links = segment.fields.get("links")
                for link in links if isinstance(links, list) else ():
                    sender = senders.get(str(link.get("id"))) if isinstance(link, dict) else None
                    if sender is not None and node(sender) != node(segment):
                        self._count(self._edges, (node(sender), node(segment)), segment.fields)

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

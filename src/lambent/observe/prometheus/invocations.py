"""What functions did since the server started, as counters and a histogram. Costs an invocation one look-up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from lambent.model.function import FunctionVersion
from lambent.model.invocation import Ended
from lambent.observe.prometheus.exposition import Family, Labels, Sample, histogram

SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
"""The bounds of the histogram of durations."""

FUNCTIONS = 10_000
"""Functions that are told apart; all others are one with an empty name."""

_Key = tuple[str, str, str]


class _Totals:
    __slots__ = ("buckets", "cold", "errors", "seconds", "throttles")

    def __init__(self) -> None:
        self.buckets = [0] * (len(SECONDS) + 1)
        self.seconds = 0.0
        self.errors = self.throttles = self.cold = 0


class InvocationTotals:
    """The `invoke.witness.Witness` of Prometheus."""

    def __init__(self) -> None:
        self._totals: dict[_Key, _Totals] = {}

    def ended(self, ended: Ended) -> None:
        """An invocation is over."""
        totals, report = self._of(ended.function), ended.report
        seconds = report.duration_ms / 1000
        totals.buckets[bisect_left(SECONDS, seconds)] += 1
        totals.seconds += seconds
        totals.errors += report.status != "success"
        totals.cold += report.init_ms is not None

    def throttled(self, function: FunctionVersion, invoked_arn: str, trace_id: str | None = None) -> None:
        """An invocation was refused."""
        self._of(function).throttles += 1

    def provisioned(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """Environments are told of as they are."""

    def families(self) -> Iterator[Family]:
        """All of it."""
        known = [({"account": a, "region": r, "function": f}, each) for (a, r, f), each in self._totals.items()]
        for name, text, field in (
            ("errors", "Invocations whose function failed.", "errors"),
            ("throttles", "Invocations refused for want of concurrency.", "throttles"),
            ("cold_starts", "Invocations that waited for an environment to be initialized.", "cold"),
        ):
            counts: list[Sample] = [("", labels, getattr(each, field)) for labels, each in known]
            yield Family(f"lambent_{name}_total", "counter", text, counts)
        runs: list[Sample] = [("", labels, sum(each.buckets)) for labels, each in known]
        yield Family("lambent_invocations_total", "counter", "Invocations that have ended.", runs)
        durations: list[Sample] = []
        for labels, each in known:
            durations += histogram(labels, SECONDS, each.buckets, each.seconds)
        yield Family("lambent_duration_seconds", "histogram", "How long handlers ran.", durations)

    def _of(self, function: FunctionVersion) -> _Totals:
        key = (function.account, function.region, function.name)
        totals = self._totals.get(key)
        if totals is None:
            if len(self._totals) >= FUNCTIONS:
                key = (function.account, function.region, "")
            totals = self._totals.setdefault(key, _Totals())
        return totals


def labels_of(line: str) -> Labels:
    """Of `ACCOUNT/REGION/NAME`."""
    account, region, name = line.split("/", 2)
    return {"account": account, "region": region, "function": name}

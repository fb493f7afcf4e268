"""`AWS/Lambda`: every invocation counted, by function, by version or alias, and for the whole account.

An invocation costs two look-ups and a few additions; what was counted is handed to the store every few seconds,
under all sets of dimensions at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Self

from lambent.context import Clock
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Ended, InitType, Load
from lambent.observe.flusher import Flusher
from lambent.observe.metrics.ages import MINUTE, start_of
from lambent.observe.metrics.series import Dimensions, Series
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.summary import Summary

NAMESPACE = "AWS/Lambda"
SPILL_SECONDS = 2.0
COUNT, MILLISECONDS = "Count", "Milliseconds"
_TIMES = frozenset({"Duration", "PostRuntimeExtensionsDuration"})

Loads = Callable[[], Iterable[Load]]
"""What ran at once since the last time."""

News = Callable[[], Iterable[tuple[str, Mapping[str, float], Summary | None]]]
"""What became of asynchronous events since then: (`ACCOUNT/REGION/NAME`, metric -> how often, ages in milliseconds)."""


class _Tally:
    """One address of one version in one minute: metric name -> summary."""

    __slots__ = ("minute", "sums", "throttles")

    def __init__(self, minute: int) -> None:
        self.minute = minute
        self.throttles = 0
        self.sums: defaultdict[str, Summary] = defaultdict(Summary)


class FunctionMetrics:
    """The `invoke.witness.Witness` of metrics. Open it with `async with`, inside the store's."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._tallies: dict[tuple[str, str], _Tally] = {}
        self._of: dict[tuple[str, str], FunctionVersion] = {}
        self._flusher = Flusher(self.spill, SPILL_SECONDS, "metrics of functions")
        self._provisioned: set[str] = set()
        self._loads: Loads = list
        self._news: News = list

    def open_to(self, loads: Loads, news: News) -> None:
        """From now on concurrency and events are known, too: the data plane is made after this."""
        self._loads, self._news = loads, news

    async def __aenter__(self) -> Self:
        await self._flusher.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._flusher.__aexit__(*exc)

    def ended(self, ended: Ended) -> None:
        """An invocation is over."""
        report = ended.report
        sums = self._tally(ended.function, ended.invocation.invoked_arn).sums
        sums["Duration"].add(report.duration_ms)
        sums["Errors"].add(0.0 if report.status == "success" else 1.0)
        if ended.extensions_ms is not None:
            sums["PostRuntimeExtensionsDuration"].add(ended.extensions_ms)
        if ended.init_type is InitType.PROVISIONED:
            sums["ProvisionedConcurrencyInvocations"].add(1.0)
        elif ended.invocation.invoked_arn in self._provisioned:
            sums["ProvisionedConcurrencySpilloverInvocations"].add(1.0)

    def throttled(self, function: FunctionVersion, invoked_arn: str, trace_id: str | None = None) -> None:
        """An invocation was refused."""
        self._tally(function, invoked_arn).throttles += 1

    def provisioned(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """From now on what runs for that address elsewhere has spilled over."""
        (self._provisioned.add if shares else self._provisioned.discard)(arn)

    async def spill(self) -> None:
        """Hand what was counted to the store."""
        tallies, self._tallies = self._tallies, {}
        for (arn, invoked_arn), tally in tallies.items():
            self._hand_over(self._of[arn, invoked_arn], invoked_arn, tally)
        self._of.clear()
        now = self._clock.now()
        for line, counts, ages in self._news():
            for metric, count in counts.items():
                told = Summary()
                told.add(1.0, count)
                self._event(line, metric, told, now, COUNT)
            if ages is not None:
                self._event(line, "AsyncEventAge", ages, now, MILLISECONDS)
        for load in self._loads():
            for name, peak in load.peaks.items():
                self._put(load, "ConcurrentExecutions", peak, now, (("FunctionName", name),))
            if load.peaks:
                self._put(load, "ConcurrentExecutions", load.total, now)
                self._put(load, "UnreservedConcurrentExecutions", load.unreserved, now)
                self._put(load, "ClaimedAccountConcurrency", load.claimed + load.unreserved, now)
            for arn, (ran, there) in load.provisioned.items():
                name, _, qualifier = arn.split(":", 6)[6].partition(":")
                by = (("FunctionName", name),), (("FunctionName", name), ("Resource", f"{name}:{qualifier}"))
                for dimensions in by:
                    self._put(load, "ProvisionedConcurrentExecutions", ran, now, dimensions)
                self._put(load, "ProvisionedConcurrencyUtilization", ran / there, now, by[1])

    def _event(self, line: str, metric: str, summary: Summary, now: float, unit: str) -> None:
        account, region, name = line.split("/", 2)
        for dimensions in ((("FunctionName", name),), ()):
            self._store.add(Series(account, region, NAMESPACE, metric, dimensions), summary, at=now, unit=unit)

    def _put(self, load: Load, name: str, value: float, now: float, dimensions: Dimensions = ()) -> None:
        series = Series(load.account, load.region, NAMESPACE, name, dimensions)
        self._store.add(series, Summary.of(value), at=now, unit=COUNT)

    def _tally(self, function: FunctionVersion, invoked_arn: str) -> _Tally:
        key = (function.arn, invoked_arn)
        minute = start_of(self._clock.now(), MINUTE)
        tally = self._tallies.get(key)
        if tally is None or tally.minute != minute:
            if tally is not None:
                self._hand_over(function, invoked_arn, tally)
            tally = self._tallies[key] = _Tally(minute)
            self._of[key] = function
            self._flusher.wake()
        return tally

    def _hand_over(self, function: FunctionVersion, invoked_arn: str, tally: _Tally) -> None:
        for name, summary, unit in _metrics(tally):
            for dimensions in _dimension_sets(function, invoked_arn):
                series = Series(function.account, function.region, NAMESPACE, name, dimensions)
                self._store.add(series, summary, at=tally.minute, unit=unit)


def _metrics(tally: _Tally) -> Iterator[tuple[str, Summary, str]]:
    """(name, values, unit). Where something ran, that nothing was refused is told, too, and the other way round."""
    sums: Mapping[str, Summary] = tally.sums
    if (errors := sums.get("Errors")) is not None:
        runs = Summary()
        runs.add(1.0, errors.count)
        yield "Invocations", runs, COUNT
    throttles = Summary()
    ran = 0.0 if errors is None else errors.count
    for value, often in ((0.0, ran), (1.0, float(tally.throttles))):
        if often:
            throttles.add(value, often)
    yield "Throttles", throttles, COUNT
    for name, summary in sums.items():
        yield name, summary, MILLISECONDS if name in _TIMES else COUNT


def _dimension_sets(function: FunctionVersion, invoked_arn: str) -> Iterator[Dimensions]:
    """AWS's: the account, the function, the version or alias that was addressed, and what an alias led to."""
    yield ()
    name = ("FunctionName", function.name)
    yield (name,)
    parts = invoked_arn.split(":", 7)
    if len(parts) == 8:
        resource = ("Resource", f"{function.name}:{parts[7]}")
        yield (name, resource)
        if parts[7] != function.version:
            yield (("ExecutedVersion", function.version), name, resource)

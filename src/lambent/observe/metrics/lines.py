"""Metrics that log lines carry, of functions and of whoever puts events: taken as lines are written, counted behind.

A flood of them is cut, not waited for; and a log group may name only so many different metrics a day, so that nobody
fills the store for others. Lines that cannot be read are told of in `AWS/Logs`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Self

from lambent.context import Clock
from lambent.observe.log_names import Group
from lambent.observe.metrics.ages import DAY, MINUTE
from lambent.observe.metrics.embedded import Drawn, Invalid, Unreadable, drawn
from lambent.observe.metrics.series import NO_UNIT, Series
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.summary import Summary

WAITING_CHARACTERS = 16 * 1024 * 1024
"""Lines that wait to be read, all together; more are dropped."""

WAITING_OF_GROUP = 2 * 1024 * 1024
"""And those of one group, so that others find room."""

SERIES_OF_GROUP = 5000
"""Different metrics that one group may name in a day."""

INSIGHTS, SERIES_OF_INSIGHTS = "/aws/lambda-insights", 50_000
"""The one group of all functions under Lambda Insights: 16 metrics for each version of each."""

_LOG = logging.getLogger(__name__)


class EmbeddedMetrics:
    """`take` is for `LogStore.tap`. Open it with `async with`, inside the store's; leaving it counts what waits."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting: deque[tuple[Group, str]] = deque()
        self._size = 0
        self._sizes: defaultdict[Group, int] = defaultdict(int)
        self._named: dict[Group, set[int]] = {}
        self._day = self._told = 0.0
        self._reported = 0
        self._wake = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self.dropped = 0
        """Lines, and metrics of lines, that were cut."""

    async def __aenter__(self) -> Self:
        self._work = asyncio.create_task(self._go_on(), name="embedded metrics")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._work is not None:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work
        while self._waiting:
            self._next()

    def take(self, group: Group, lines: Sequence[tuple[int, str]]) -> None:
        """Lines that may have metrics; at once."""
        for _, text in lines:
            size = len(text)
            if self._size + size > WAITING_CHARACTERS or self._sizes[group] + size > WAITING_OF_GROUP:
                self.dropped += 1
                continue
            self._size += size
            self._sizes[group] += size
            self._waiting.append((group, text))
        self._wake.set()

    async def _go_on(self) -> None:
        """One line a turn of the loop: whatever a function writes, others get their turns."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                self._next()
                await asyncio.sleep(0)
            self._tell()

    def _tell(self) -> None:
        """Of what was cut, once a minute: a function must not fill the server's own log either."""
        if self.dropped > self._reported and self._clock.now() - self._told >= MINUTE:
            _LOG.warning("%d metrics of log lines were dropped: there are too many", self.dropped - self._reported)
            self._reported, self._told = self.dropped, self._clock.now()

    def _next(self) -> None:
        group, text = self._waiting.popleft()
        self._size -= len(text)
        self._sizes[group] -= len(text)
        if not self._sizes[group]:
            del self._sizes[group]
        try:
            found = drawn(text, self._clock.now())
        except Unreadable:
            self._fault(group, "EMFParsingErrors")
        except Invalid as error:
            self._fault(group, "EMFValidationErrors")
            _LOG.debug("%s: %s", group.name, error)
        else:
            for each in found:
                self._add(group, each)

    def _add(self, group: Group, each: Drawn) -> None:
        series = Series(group.account, group.region, each.namespace, each.name, each.dimensions)
        if not self._may(group, series):
            self.dropped += 1
        elif each.values:
            self._store.add(series, Summary.of(*each.values), at=each.at, unit=each.unit, step=each.step)

    def _may(self, group: Group, series: Series) -> bool:
        """Whether a group has named this metric today, or may name one more."""
        if self._clock.now() - self._day >= DAY:
            self._day = self._clock.now()
            self._named.clear()
        named = self._named.setdefault(group, set())
        if len(named) < (SERIES_OF_INSIGHTS if group.name == INSIGHTS else SERIES_OF_GROUP):
            named.add(hash(series))
            return True
        return hash(series) in named

    def _fault(self, group: Group, metric: str) -> None:
        series = Series(group.account, group.region, "AWS/Logs", metric, (("LogGroupName", group.name),))
        self._store.add(series, Summary.of(1.0), at=self._clock.now(), unit=NO_UNIT)

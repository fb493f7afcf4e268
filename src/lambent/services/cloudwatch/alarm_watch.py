"""Looks at every alarm when it is due, and at composite ones when what they look at has changed."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
from collections.abc import Mapping
from typing import Any, Self

import msgspec

from lambent.context import Clock
from lambent.model.errors import ApiError, PlatformError
from lambent.observe.metrics.ages import start_of
from lambent.observe.metrics.store import MetricStore
from lambent.services.access import Place
from lambent.services.cloudwatch import alarm_checks, limits, queries
from lambent.services.cloudwatch.alarm_actions import AlarmActions
from lambent.services.cloudwatch.alarm_rule import ParsedRule
from lambent.services.cloudwatch.alarm_shown import changed
from lambent.services.cloudwatch.alarm_states import EXTRA, Verdict, judge
from lambent.services.cloudwatch.math_values import Line
from lambent.services.cloudwatch.records import Alarm, AlarmState
from lambent.services.cloudwatch.repository import Repository

OFTEN_SECONDS = 60
"""An alarm is looked at once in each of its periods, and so often if they are longer."""

_Key = tuple[str, str, str]
"""(account, region, name)"""

_LOG = logging.getLogger(__name__)


class AlarmWatch:
    """Open it with `async with`. One task for all alarms: it sleeps until the next one is due."""

    def __init__(self, repository: Repository, store: MetricStore, actions: AlarmActions, clock: Clock) -> None:
        self._repository = repository
        self._store = store
        self._actions = actions
        self._clock = clock
        self._due: list[tuple[float, _Key]] = []
        self._next: dict[_Key, float] = {}
        """When each is due; what else `_due` says of it is stale."""
        self._every: dict[_Key, float] = {}
        self._composites: set[_Key] = set()
        self._changed = asyncio.Event()
        self._changing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        for alarm in await self._repository.everybodys():
            self.watch(alarm)
        self._task = asyncio.create_task(self._look_when_due(), name="watch alarms")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def watch(self, alarm: Alarm) -> None:
        """From now on look at an alarm, as it is now; first at once."""
        key = _key(alarm)
        if alarm.rule is not None:
            self._composites.add(key)
            every = float("inf")
        else:
            query = alarm_checks.watched(Place(alarm.account, alarm.region), alarm.settings)
            every = float(min(queries.period_of(query), OFTEN_SECONDS))
        self._every[key] = every
        self._plan(key, self._clock.now())

    def forget(self, alarm: Alarm) -> None:
        """Look at an alarm no more."""
        self._every.pop(_key(alarm), None)
        self._next.pop(_key(alarm), None)
        self._composites.discard(_key(alarm))

    async def set(self, alarm: Alarm, state: AlarmState, reason: str, data: str = "") -> None:
        """Bring an alarm to a state, whatever its values say; if that is another one, its actions follow."""
        async with self._changing:
            current = await self._repository.alarm(Place(alarm.account, alarm.region), alarm.name)
            if current is None:
                return
            now = self._clock.now()
            if current.state is state:
                if (current.reason, current.reason_data) != (reason, data):
                    await self._repository.keep(msgspec.structs.replace(current, reason=reason, reason_data=data))
                return
            after = msgspec.structs.replace(
                current, state=state, reason=reason, reason_data=data, updated=now, transitioned=now
            )
            await self._repository.keep(after, changed(after, current))
        await self._actions.changed(after, current)
        for key in self._composites:
            if key[:2] == _key(alarm)[:2] and key != _key(alarm):
                self._plan(key, now)

    def _plan(self, key: _Key, at: float) -> None:
        self._next[key] = at
        heapq.heappush(self._due, (at, key))
        self._changed.set()

    async def _look_when_due(self) -> None:
        while True:
            self._changed.clear()
            now = self._clock.now()
            while self._due and self._due[0][0] <= now:
                due, key = heapq.heappop(self._due)
                if self._next.get(key) == due:
                    await self._look(key, now)
            await self._until(self._due[0][0] if self._due else None)

    async def _until(self, due: float | None) -> None:
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._changed.wait())]
        if due is not None:
            waits.append(asyncio.ensure_future(self._clock.sleep(max(0.0, due - self._clock.now()))))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _look(self, key: _Key, now: float) -> None:
        if (every := self._every[key]) < float("inf"):
            self._plan(key, start_of(now, int(every)) + every)
        at = Place(key[0], key[1])
        try:
            alarm = await self._repository.alarm(at, key[2])
            if alarm is None:
                return
            await self._repository.forget(at, alarm.name, now - limits.HISTORY_DAYS * 86_400)
            verdict = await self._verdict(at, alarm, now)
            if verdict.state is not None:
                await self.set(alarm, verdict.state, verdict.reason, _reason_data(alarm, verdict, now))
        except (ApiError, PlatformError):
            _LOG.exception("the alarm %s could not be looked at", key)

    async def _verdict(self, at: Place, alarm: Alarm, now: float) -> Verdict:
        if alarm.rule is not None:
            return await self._of_others(at, alarm.rule)
        query = alarm_checks.watched(at, alarm.settings)
        terms, period = alarm_checks.terms(alarm.settings), queries.period_of(query)
        end = start_of(now, period)
        ends = range(end - period * (terms.periods + EXTRA), end, period)
        found = (await queries.results(self._store, at, query, ends[0], end))[query[-1].id]
        values: Mapping[int, float] = found.values if isinstance(found, Line) else {}
        return judge(terms, values, ends)

    async def _of_others(self, at: Place, rule: str) -> Verdict:
        parsed = ParsedRule(rule)
        states: dict[str, AlarmState] = {}
        for name in parsed.names:
            if (other := await self._repository.alarm(at, name)) is not None:
                states[name] = other.state
        holds = parsed.holds(states)
        names = ", ".join(f"{name} is {states[name].value}" for name in sorted(states))
        return Verdict(AlarmState.ALARM if holds else AlarmState.OK, f"{rule} is {holds}: {names}"[:1023])


def _key(alarm: Alarm) -> _Key:
    return alarm.account, alarm.region, alarm.name


def _reason_data(alarm: Alarm, verdict: Verdict, now: float) -> str:
    if alarm.rule is not None or not verdict.counted:
        return ""
    data = {
        "version": "1.0",
        "queryDate": now,
        "statistic": alarm.settings.get("Statistic", alarm.settings.get("ExtendedStatistic")),
        "period": alarm.settings.get("Period"),
        "recentDatapoints": [value for _, value in verdict.counted],
        "threshold": alarm.settings["Threshold"],
        "evaluatedDatapoints": [{"timestamp": at, "value": value} for at, value in reversed(verdict.counted)],
    }
    return msgspec.json.encode(data).decode()[:4000]

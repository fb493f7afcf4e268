"""Sends spans, metrics and log lines to a collector, behind everybody's back: bounded, and what it does not take is
lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Self

import msgspec

from lambent.context import Clock
from lambent.http.client import ClientError, HttpClient
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Ended
from lambent.observe.flusher import Flusher
from lambent.observe.log_files import Group
from lambent.observe.otlp import cloudwatch, figures, spans
from lambent.observe.otlp.cloudwatch import GRACE_SECONDS, Minutes
from lambent.observe.otlp.log_records import Reader, Written
from lambent.observe.prometheus.exposition import Family
from lambent.observe.traces.segments import Segment

SPANS_SECONDS, METRICS_SECONDS = 2.0, 30.0
WAITING = 5000
"""Segments that wait at most; more are dropped."""
WAITING_BYTES = 32 * 1024 * 1024
"""Of their documents likewise: one may have 64 KB."""
AT_ONCE = 200
POINTS_AT_ONCE = 1000
LOG_BYTES = 8 * 1024 * 1024
"""Of log lines that wait at most; more are dropped."""
LINE_COST = 64
"""What a line that waits is taken to cost besides its characters."""

LOG_LINES_AT_ONCE, LOG_BYTES_AT_ONCE = 500, 512 * 1024
ANSWER_BYTES, ANSWER_SECONDS = 64 * 1024, 10.0

_LOG = logging.getLogger(__name__)


class Exporter:
    """To `endpoint`, `http://host:4318`. Open it with `async with`; leaving it sends once more.

    It is an `invoke.witness.Witness`, so that log lines get the ids of the traces that their invocations were part of.
    """

    def __init__(self, endpoint: str, clock: Clock) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._clock = clock
        self._begun = clock.now()
        self._http = HttpClient()
        self._waiting: list[tuple[str, str, Segment]] = []
        self._waiting_bytes = 0
        self._reader = Reader()
        self._services = spans.Services()
        self._minutes = Minutes()
        self.copy_metrics = self._minutes.copy
        """Takes what CloudWatch's metrics have written."""
        self._lines: deque[Written] = deque()
        self._line_bytes = self._lost_lines = 0
        self._flusher = Flusher(self.flush, SPANS_SECONDS, "spans")
        self._measure: Callable[[], Awaitable[Sequence[Family]]] | None = None
        self._measuring: asyncio.Task[None] | None = None
        self._troubled = False

    def open_to(self, measure: Callable[[], Awaitable[Sequence[Family]]]) -> None:
        """From now on there are metrics, too."""
        self._measure = measure

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        await self._flusher.__aenter__()
        self._measuring = asyncio.create_task(self._go_on(), name="export metrics")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._measuring is not None:
            self._measuring.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._measuring
        await self._flusher.__aexit__(*exc)
        await self._send_points(math.inf)
        await self._http.__aexit__(*exc)

    def add(self, account: str, region: str, segment: Segment) -> None:
        """A segment; one that is in progress comes again when it has ended."""
        size = self._waiting_bytes + len(segment.document)
        if segment.end is not None and len(self._waiting) < WAITING and size <= WAITING_BYTES:
            self._waiting_bytes = size
            self._waiting.append((account, region, segment))
            self._flusher.wake()

    def ended(self, ended: Ended) -> None:
        """An invocation is over."""
        self._reader.ended(ended)

    def throttled(self, function: FunctionVersion, invoked_arn: str, trace_id: str | None = None) -> None:
        """What never ran has written nothing."""

    def provisioned(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """No matter of what is sent."""

    def copy(self, group: Group, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Lines of a log; what is too much is lost, and told once the others have been sent."""
        for timestamp_ms, text in lines:
            if self._line_bytes + len(text) + LINE_COST > LOG_BYTES:
                self._lost_lines += 1
                continue
            self._line_bytes += len(text) + LINE_COST
            self._lines.append((group, stream, timestamp_ms, text))
        self._flusher.wake()

    async def flush(self) -> None:
        """Send what waits, until some is not taken: a collector that is away holds nobody up at the end."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        for start in range(0, len(waiting), AT_ONCE):
            if not await self._post("traces", spans.request(waiting[start : start + AT_ONCE], self._services)):
                return
        await self._send_lines()

    async def _send_lines(self) -> None:
        for portion in self._portions():
            if not await self._post("logs", self._reader.request(portion, self._clock.now())):
                self._lines.clear()
                self._line_bytes = 0
                break
        if self._lost_lines:
            lost, self._lost_lines = self._lost_lines, 0
            _LOG.warning("%s lost %d log lines: more came than could be sent", self._endpoint, lost)

    def _portions(self) -> Iterator[list[Written]]:
        """What waits now, taken bit by bit; what comes meanwhile is for the next time."""
        left = len(self._lines)
        while left:
            portion: list[Written] = []
            size = 0
            while left and len(portion) < LOG_LINES_AT_ONCE and size < LOG_BYTES_AT_ONCE:
                portion.append(self._lines.popleft())
                size += len(portion[-1][3])
                left -= 1
            self._line_bytes -= size + LINE_COST * len(portion)
            yield portion

    async def measured(self) -> None:
        """Send the metrics as of now."""
        if self._measure is not None:
            await self._post("metrics", figures.request(await self._measure(), self._begun, self._clock.now()))
        await self._send_points(self._clock.now() - GRACE_SECONDS)

    async def _send_points(self, before: float) -> None:
        points = self._minutes.take(before)
        if self._minutes.dropped:
            lost, self._minutes.dropped = self._minutes.dropped, 0
            _LOG.warning("%s lost %d points of metrics: there are too many", self._endpoint, lost)
        for start in range(0, len(points), POINTS_AT_ONCE):
            if not await self._post("metrics", cloudwatch.request(points[start : start + POINTS_AT_ONCE])):
                return

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(METRICS_SECONDS)
            try:
                await self.measured()
            except Exception:
                _LOG.exception("metrics could not be exported")

    async def _post(self, what: str, tree: spans.Tree) -> bool:
        """Whether they were taken. Trouble is told once, until it is over."""
        try:
            answer = await self._http.request(
                "POST",
                f"{self._endpoint}/v1/{what}",
                {"Content-Type": "application/json"},
                msgspec.json.encode(tree),
                limit=ANSWER_BYTES,
                within=ANSWER_SECONDS,
            )
            trouble = "" if answer.status < 300 else f"status {answer.status}"
        except ClientError as error:
            trouble = str(error)
        if trouble and not self._troubled:
            _LOG.warning("%s does not take %s, which are lost: %s", self._endpoint, what, trouble)
        self._troubled = bool(trouble)
        return not trouble

"""CloudWatch's metrics as OTLP's summaries, in the form of AWS's metric streams: a point a minute, once it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lambent.observe.metrics.ages import MINUTE, start_of
from lambent.observe.metrics.series import NO_UNIT, Series
from lambent.observe.metrics.store import Row
from lambent.observe.metrics.summary import Summary
from lambent.observe.otlp.spans import Tree, attributes

WAITING = 50_000
"""Points that wait for the end of their minute at most; more are dropped."""

GRACE_SECONDS = 10.0
"""So much later values of a minute are put to its point; even later ones make another."""

Point = tuple[Series, int, str, Summary]
"""What was measured in the minute from `start` (epoch seconds), with its unit."""


class Minutes:
    """Sums up what the store has written."""

    def __init__(self) -> None:
        self._open: dict[tuple[Series, int, str], Summary] = {}
        self.dropped = 0
        """Points that were lost: too many metrics."""

    def copy(self, rows: Mapping[Row, Summary]) -> None:
        """Values that have come since the last time."""
        for (series, start, _, unit), summary in rows.items():
            key = (series, start_of(start, MINUTE), unit)
            found = self._open.get(key)
            if found is None:
                if len(self._open) >= WAITING:
                    self.dropped += 1
                    continue
                found = self._open[key] = Summary()
            found.merge(summary)

    def take(self, before: float) -> list[Point]:
        """The points of all minutes that were over `before` then, epoch seconds; they are not given again."""
        over = [key for key in self._open if key[1] + MINUTE <= before]
        return [(*key, self._open.pop(key)) for key in over]


def request(points: Sequence[Point]) -> Tree:
    """The body for `/v1/metrics`."""
    places: dict[tuple[str, str], dict[tuple[str, str, str], list[Tree]]] = {}
    for series, start, unit, summary in points:
        metrics = places.setdefault((series.account, series.region), {})
        metrics.setdefault((series.namespace, series.name, unit), []).append(_point(series, start, summary))
    return {
        "resourceMetrics": [
            {
                "resource": {
                    "attributes": attributes(
                        {"cloud.provider": "aws", "cloud.account.id": account, "cloud.region": region}
                    )
                },
                "scopeMetrics": [{"scope": {"name": "lambent"}, "metrics": _metrics(metrics.items())}],
            }
            for (account, region), metrics in places.items()
        ]
    }


def _metrics(metrics: Iterable[tuple[tuple[str, str, str], list[Tree]]]) -> list[Tree]:
    return [
        {
            "name": f"amazonaws.com/{namespace}/{name}",
            "unit": "" if unit == NO_UNIT else unit,
            "summary": {"dataPoints": points},
        }
        for (namespace, name, unit), points in metrics
    ]


def _point(series: Series, start: int, summary: Summary) -> Tree:
    named = {"Namespace": series.namespace, "MetricName": series.name}
    return {
        "startTimeUnixNano": str(start * 1_000_000_000),
        "timeUnixNano": str((start + MINUTE) * 1_000_000_000),
        "attributes": attributes({**named, **dict(series.dimensions)}),
        "count": str(round(summary.count)),
        "sum": summary.total,
        "quantileValues": [{"quantile": 0.0, "value": summary.least}, {"quantile": 1.0, "value": summary.most}],
    }

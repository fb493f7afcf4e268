"""Figures as OTLP's metrics."""

from __future__ import annotations

from lambent.observe.otlp.figures import request
from lambent.observe.prometheus.exposition import Family, histogram


def test_counters_gauges_and_histograms() -> None:
    families = [
        Family("a_total", "counter", "As.", [("", {"f": "g"}, 2.0)]),
        Family("b", "gauge", "Bs.", [("", {}, 3.0)]),
        Family("c", "histogram", "Cs.", histogram({"f": "g"}, (0.1, 1.0), [1, 2, 3], 9.5)),
    ]
    tree = request(families, 1.0, 2.0)
    counter, gauge, of_times = tree["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    labels = [{"key": "f", "value": {"stringValue": "g"}}]
    times = {"startTimeUnixNano": "1000000000", "timeUnixNano": "2000000000"}
    assert counter["sum"] == {
        "aggregationTemporality": 2,
        "isMonotonic": True,
        "dataPoints": [{**times, "attributes": labels, "asDouble": 2.0}],
    }
    assert gauge["gauge"]["dataPoints"] == [{**times, "attributes": [], "asDouble": 3.0}]
    (point,) = of_times["histogram"]["dataPoints"]
    assert point == {
        **times,
        "attributes": labels,
        "count": "6",
        "sum": 9.5,
        "bucketCounts": ["1", "2", "3"],
        "explicitBounds": [0.1, 1.0],
    }

"""Prometheus' text format."""

from __future__ import annotations

from lambent.observe.prometheus.exposition import Family, histogram, rendered


def test_families_are_told_line_by_line() -> None:
    family = Family("a_total", "counter", "As.", [("", {}, 2.0), ("", {"x": 'q"\\\n'}, 0.5)])
    assert rendered([family]) == '# HELP a_total As.\n# TYPE a_total counter\na_total 2\na_total{x="q\\"\\\\\\n"} 0.5\n'


def test_a_histogram_adds_up() -> None:
    assert histogram({"f": "g"}, (0.1, 1.0), [1, 2, 3], 9.5) == [
        ("_bucket", {"f": "g", "le": "0.1"}, 1),
        ("_bucket", {"f": "g", "le": "1"}, 3),
        ("_bucket", {"f": "g", "le": "+Inf"}, 6),
        ("_sum", {"f": "g"}, 9.5),
        ("_count", {"f": "g"}, 6),
    ]

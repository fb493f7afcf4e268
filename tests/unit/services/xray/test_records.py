"""What is kept."""

from __future__ import annotations

from lambent.services.xray.records import Group, Rule


def test_names() -> None:
    assert Group("1", "r", "g", "id").arn == "arn:aws:xray:r:1:group/g/id"
    rule = Rule("1", "r", "n", 0.0, 0.0)
    assert (rule.arn, rule.rate, rule.reservoir) == ("arn:aws:xray:r:1:sampling-rule/n", 0.05, 1)

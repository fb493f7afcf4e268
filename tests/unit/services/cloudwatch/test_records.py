"""What is kept."""

from __future__ import annotations

from lambent.services.cloudwatch.records import Alarm, Dashboard


def test_names() -> None:
    alarm = Alarm("1", "r", "a", {}, None, 0.0)
    assert (alarm.arn, alarm.kind) == ("arn:aws:cloudwatch:r:1:alarm:a", "MetricAlarm")
    assert Alarm("1", "r", "a", {}, "TRUE", 0.0).kind == "CompositeAlarm"
    assert Dashboard("1", "d", "{}", 0.0).arn == "arn:aws:cloudwatch::1:dashboard/d"

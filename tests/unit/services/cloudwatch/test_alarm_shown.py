"""Alarms as they are shown."""

from __future__ import annotations

import json

import msgspec

from lambent.services.cloudwatch import alarm_shown
from lambent.services.cloudwatch.records import Alarm, AlarmState

SETTINGS = {
    "AlarmName": "a",
    "Namespace": "Mine",
    "MetricName": "Cpu",
    "Dimensions": [{"Name": "Host", "Value": "h"}],
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 2,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "AlarmActions": ["arn:t"],
}
ALARM = Alarm("1", "xx-new-1", "a", SETTINGS, None, 0.0, state=AlarmState.ALARM, reason="hot", updated=1.5)
BEFORE = msgspec.structs.replace(ALARM, state=AlarmState.OK, reason="cool", updated=1.0)


def test_a_message_names_what_set_it_off() -> None:
    subject, text = alarm_shown.message(ALARM, AlarmState.OK)
    assert subject == 'ALARM: "a" in xx-new-1'
    body = json.loads(text)
    assert body["StateChangeTime"] == "1970-01-01T00:00:01.500+0000"
    assert body["Trigger"]["Dimensions"] == [{"value": "h", "name": "Host"}]
    assert (body["Trigger"]["Statistic"], body["Trigger"]["DatapointsToAlarm"]) == ("AVERAGE", 2)


def test_an_event_tells_both_states_and_the_metric() -> None:
    data = json.loads(alarm_shown.event(ALARM, BEFORE))["alarmData"]
    assert (data["state"]["value"], data["previousState"]["value"]) == ("ALARM", "OK")
    assert data["configuration"]["metrics"][0]["metricStat"]["metric"] == {
        "namespace": "Mine",
        "name": "Cpu",
        "dimensions": {"Host": "h"},
    }


def test_a_composite_tells_its_rule() -> None:
    composite = msgspec.structs.replace(ALARM, rule="ALARM(b)", settings={"AlarmName": "a", "AlarmRule": "ALARM(b)"})
    assert json.loads(alarm_shown.message(composite, AlarmState.OK)[1])["AlarmRule"] == "ALARM(b)"
    assert json.loads(alarm_shown.event(composite, BEFORE))["alarmData"]["configuration"] == {"alarmRule": "ALARM(b)"}


def test_actions_are_those_of_its_state() -> None:
    assert alarm_shown.actions(ALARM) == ["arn:t"]
    assert alarm_shown.actions(BEFORE) == []


def test_history() -> None:
    assert alarm_shown.changed(ALARM, BEFORE).summary == "Alarm updated from OK to ALARM"
    assert json.loads(alarm_shown.acted(1.0, "arn:t", "no").data)["error"] == "no"

"""Alarms put, told, switched, deleted."""

from __future__ import annotations

from typing import Any

from tests.unit.services.cloudwatch.conftest import TOPIC, World, moment


async def names(world: World, **params: Any) -> list[str]:
    told = await world.call("DescribeAlarms", **params)
    return [alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in told[kind]]


async def test_put_and_described(world: World) -> None:
    await world.alarm(Tags=[{"Key": "k", "Value": "v"}])
    ((alarm,), composites) = (await world.call("DescribeAlarms")).values()
    assert composites == []
    assert alarm["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a"
    assert (alarm["StateValue"], alarm["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    assert (alarm["ActionsEnabled"], alarm["AlarmActions"], alarm["OKActions"]) == (True, [TOPIC], [])
    assert "Tags" not in alarm


async def test_an_update_keeps_the_state(world: World) -> None:
    await world.alarm()
    await world.call("SetAlarmState", AlarmName="a", StateValue="ALARM", StateReason="x")
    await world.alarm(Threshold=7.0)
    ((alarm,), _) = (await world.call("DescribeAlarms")).values()
    assert (alarm["StateValue"], alarm["Threshold"]) == ("ALARM", 7.0)
    assert (await world.refused("PutCompositeAlarm", AlarmName="a", AlarmRule="TRUE"))[1] == (
        "An alarm of another type has the name a."
    )


async def test_found_by_what_they_are(world: World) -> None:
    for name in ("web-1", "web-2", "db"):
        await world.alarm(name)
    await world.call("PutCompositeAlarm", AlarmName="web", AlarmRule="ALARM(web-1) OR ALARM(web-2)")
    await world.call("SetAlarmState", AlarmName="db", StateValue="OK", StateReason="x")
    assert await names(world) == ["db", "web-1", "web-2"]
    assert await names(world, AlarmNamePrefix="web-") == ["web-1", "web-2"]
    assert await names(world, AlarmNames=["db", "gone"]) == ["db"]
    assert await names(world, StateValue="OK") == ["db"]
    assert await names(world, AlarmTypes=["CompositeAlarm"]) == ["web"]
    assert await names(world, ChildrenOfAlarmName="web") == ["web-1", "web-2"]
    assert await names(world, ParentsOfAlarmName="web-1") == ["web"]
    assert await names(world, ActionPrefix=TOPIC[:12]) == ["db", "web-1", "web-2"]
    assert await names(world, ActionPrefix="arn:aws:lambda") == []
    first = await world.call("DescribeAlarms", MaxRecords=2)
    assert await names(world, MaxRecords=2, NextToken=first["NextToken"]) == ["web-2"]
    assert (await world.refused("DescribeAlarms", AlarmNames=["a"], AlarmNamePrefix="a"))[0] == (
        "InvalidParameterCombinationException"
    )


async def test_by_metric(world: World) -> None:
    await world.alarm("a", Dimensions=[{"Name": "Host", "Value": "h"}])
    await world.alarm("b")
    found = await world.call("DescribeAlarmsForMetric", Namespace="Mine", MetricName="Cpu")
    assert [alarm["AlarmName"] for alarm in found["MetricAlarms"]] == ["b"]


async def test_composites_need_others_and_never_themselves(world: World) -> None:
    await world.alarm("leaf")
    refusals = {
        "ALARM(gone)": "AlarmRule is invalid: the alarm gone does not exist",
        "ALARM(": "AlarmRule is invalid: the name of an alarm is missing",
        "ALARM(loop)": "AlarmRule is invalid: it looks at itself through loop",
    }
    for rule, why in refusals.items():
        assert await world.refused("PutCompositeAlarm", AlarmName="loop", AlarmRule=rule) == (
            "ValidationException",
            why,
        )
    await world.call("PutCompositeAlarm", AlarmName="loop", AlarmRule="ALARM(leaf)")
    await world.call("PutCompositeAlarm", AlarmName="other", AlarmRule="ALARM(loop)")
    assert (await world.refused("PutCompositeAlarm", AlarmName="loop", AlarmRule="ALARM(other)"))[1] == (
        "AlarmRule is invalid: it looks at itself through other"
    )
    assert (await world.refused("PutCompositeAlarm", AlarmName="x", AlarmRule="TRUE", ActionsSuppressor="leaf"))[1] == (
        "ActionsSuppressor is not supported by Lambent: actions are not suppressed by other alarms."
    )


async def test_what_another_alarm_looks_at_stays(world: World) -> None:
    await world.alarm("leaf")
    await world.call("PutCompositeAlarm", AlarmName="top", AlarmRule="ALARM(leaf)")
    assert (await world.refused("DeleteAlarms", AlarmNames=["leaf"]))[1] == (
        "Cannot delete leaf as it is used by the composite alarm top"
    )
    await world.call("DeleteAlarms", AlarmNames=["leaf", "top", "gone"])
    assert await world.states() == {}


async def test_history(world: World) -> None:
    await world.alarm("a")
    await world.alarm("a/b")
    world.clock.at += 1
    await world.call("SetAlarmState", AlarmName="a", StateValue="OK", StateReason="x")

    async def told(**params: Any) -> list[tuple[str, str]]:
        items = (await world.call("DescribeAlarmHistory", **params))["AlarmHistoryItems"]
        return [(item["AlarmName"], item["HistorySummary"]) for item in items]

    made, changed = 'Alarm "a" created', "Alarm updated from INSUFFICIENT_DATA to OK"
    assert await told(AlarmName="a") == [("a", changed), ("a", made)]
    assert await told(AlarmName="a", ScanBy="TimestampAscending") == [("a", made), ("a", changed)]
    assert await told(HistoryItemType="StateUpdate") == [("a", changed)]
    assert len(await told()) == 3
    assert await told(StartDate=moment(world.clock.at), AlarmName="a") == [("a", changed)]
    assert await told(AlarmTypes=["CompositeAlarm"]) == []
    assert "alarms have no contributors" in (await world.refused("DescribeAlarmHistory", AlarmContributorId="c"))[1]


async def test_an_alarm_that_there_is_not(world: World) -> None:
    refused = await world.refused("SetAlarmState", AlarmName="x", StateValue="OK", StateReason="r")
    assert refused == ("ResourceNotFound", "Unknown alarm x.")

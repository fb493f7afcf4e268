"""Sampling rules and what clients are told to sample."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.xray import sampling_rules as module
from tests.unit.services.xray.conftest import World


def rule(name: str = "r", **more: Any) -> dict[str, Any]:
    given = {
        "RuleName": name,
        "ResourceARN": "*",
        "Priority": 1,
        "FixedRate": 0.5,
        "ReservoirSize": 10,
        "ServiceName": "*",
        "ServiceType": "*",
        "Host": "*",
        "HTTPMethod": "GET",
        "URLPath": "*",
        "Version": 1,
    }
    return given | more


async def names(world: World) -> list[str]:
    records = (await world.call("GetSamplingRules"))["SamplingRuleRecords"]
    return [record["SamplingRule"]["RuleName"] for record in records]


async def test_made_told_changed_deleted(world: World) -> None:
    made = (await world.call("CreateSamplingRule", SamplingRule=rule()))["SamplingRuleRecord"]
    assert made["SamplingRule"] == rule(RuleARN="arn:aws:xray:us-east-1:000000000000:sampling-rule/r", Attributes={})
    assert await names(world) == ["r", "Default"]
    update = {"RuleARN": made["SamplingRule"]["RuleARN"], "FixedRate": 0.1}
    changed = await world.call("UpdateSamplingRule", SamplingRuleUpdate=update)
    assert changed["SamplingRuleRecord"]["SamplingRule"]["FixedRate"] == 0.1
    await world.call("DeleteSamplingRule", RuleName="r")
    assert await names(world) == ["Default"]


async def test_what_is_refused(world: World) -> None:
    await world.call("CreateSamplingRule", SamplingRule=rule())
    refused = world.refused
    assert await refused("CreateSamplingRule", SamplingRule=rule()) == "Sampling rule r already exists."
    assert await refused("CreateSamplingRule", SamplingRule=rule("Default")) == "Sampling rule Default already exists."
    assert "between 0 and 1" in await refused("CreateSamplingRule", SamplingRule=rule("x", FixedRate=2))
    assert await refused("DeleteSamplingRule", RuleName="Default") == "The Default rule cannot be deleted."
    update = {"RuleName": "Default", "Host": "h"}
    assert "cannot be changed but for its rate" in await refused("UpdateSamplingRule", SamplingRuleUpdate=update)
    assert await refused("DeleteSamplingRule", RuleName="x") == "Sampling rule x does not exist."
    boost = {"MaxRate": 1.0, "CooldownWindowMinutes": 1}
    assert "rates stay as they are" in await refused(
        "CreateSamplingRule", SamplingRule=rule("b", SamplingRateBoost=boost)
    )


async def test_clients_share_the_reservoir(world: World) -> None:
    await world.call("CreateSamplingRule", SamplingRule=rule())

    def told(client: str) -> dict[str, Any]:
        counts = {"RequestCount": 5, "SampledCount": 2, "BorrowCount": 1}
        return {"RuleName": "r", "ClientID": client * 24, "Timestamp": world.clock.at, **counts}

    async def quota(client: str) -> int:
        answer = await world.call("GetSamplingTargets", SamplingStatisticsDocuments=[told(client)])
        (target,) = answer["SamplingTargetDocuments"]
        assert (target["FixedRate"], target["ReservoirQuotaTTL"]) == (0.5, world.clock.at + 10)
        return int(target["ReservoirQuota"])

    assert [await quota("a"), await quota("b"), await quota("a")] == [10, 5, 5]
    (summary,) = (await world.call("GetSamplingStatisticSummaries"))["SamplingStatisticSummaries"]
    assert (summary["RequestCount"], summary["SampledCount"], summary["BorrowCount"]) == (10, 4, 2)
    world.clock.at += 60
    assert await quota("a") == 10
    unknown = {**told("a"), "RuleName": "x"}
    answer = await world.call("GetSamplingTargets", SamplingStatisticsDocuments=[unknown])
    assert answer["UnprocessedStatistics"][0]["RuleName"] == "x"


async def test_shares_add_up_to_the_reservoir(world: World) -> None:
    await world.call("CreateSamplingRule", SamplingRule=rule(ReservoirSize=2))
    counts = {"RequestCount": 1, "SampledCount": 0, "Timestamp": world.clock.at}
    documents = [{"RuleName": "r", "ClientID": letter * 24, **counts} for letter in "abc"]
    await world.call("GetSamplingTargets", SamplingStatisticsDocuments=documents)
    answer = await world.call("GetSamplingTargets", SamplingStatisticsDocuments=documents)
    assert [target["ReservoirQuota"] for target in answer["SamplingTargetDocuments"]] == [1, 1, 0]


async def test_clients_that_have_gone_make_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CLIENTS", 1)
    counts = {"RequestCount": 1, "SampledCount": 0, "Timestamp": world.clock.at}

    async def quota(client: str) -> int:
        document = {"RuleName": "Default", "ClientID": client * 24, **counts}
        answer = await world.call("GetSamplingTargets", SamplingStatisticsDocuments=[document])
        return int(answer["SamplingTargetDocuments"][0]["ReservoirQuota"])

    assert [await quota("a"), await quota("b")] == [1, 0]
    world.clock.at += 60
    assert await quota("b") == 1

"""Filter criteria under a key of KMS: what is kept, who is asked, what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.services.lambda_.customer_keys import CustomerKeys
from lambent.services.lambda_.sealed_filters import FilterUnsealing, SealedFilters
from lambent.sources.base import SourceFailed
from tests.unit.services.lambda_.kms import DENIED, KEY, OTHER, DataKeys

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

HERE = ("000000000000", "us-east-1")
CRITERIA = {"Filters": [{"Pattern": '{"body": {"secret": [1]}}'}]}
PLAIN = EventSourceMapping(
    *("u1", *HERE, SourceKind.SQS, "f", "", "arn:q", True, MappingState.ENABLED, 1.0),
    options={"BatchSize": 1, "FilterCriteria": CRITERIA},
)
NEW, OLD = {"KMSKeyArn": KEY, "FilterCriteria": CRITERIA}, {"BatchSize": 1}


def why(verb: str) -> str:
    return (
        f"Lambda was unable to {verb} your filter criteria because the KMS access was denied. Please check your KMS"
        " permissions. KMS Exception: AccessDeniedException KMS Message: no"
    )


class Scene:
    def __init__(self, world: World) -> None:
        self.kms, self.ctx = DataKeys(), world.ctx()
        keys = CustomerKeys(self.kms)
        self.filters = SealedFilters(keys)
        self.unsealing = FilterUnsealing(keys, self.as_service)

    def as_service(self, service: str, source_arn: str) -> Context:
        assert source_arn.endswith(":event-source-mapping:u1")
        principal = Principal("000000000000", "", "", service=service, source_arn=source_arn)
        return msgspec.structs.replace(self.ctx, principal=principal)

    async def sealed(self) -> EventSourceMapping:
        made = await self.filters.sealed(self.ctx, NEW, PLAIN)
        self.kms.asked.clear()
        return made

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(operation, key) for operation, key, _ in self.kms.asked]


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


async def test_they_are_sealed_and_shown_in_the_callers_name(scene: Scene) -> None:
    made = await scene.filters.sealed(scene.ctx, NEW, PLAIN)
    assert (made.kms_key, made.options) == (KEY, OLD)
    assert b"secret" not in msgspec.msgpack.encode(made)
    assert await scene.filters.shown(scene.ctx, made, {"a": 1}) == {"a": 1, "FilterCriteria": CRITERIA}
    who = scene.ctx.principal.arn
    assert scene.kms.asked == [("GenerateDataKey", KEY, who), ("Decrypt", KEY, who)]
    scene.kms.refused["Decrypt"] = DENIED
    shown = await scene.filters.shown(scene.ctx, made, {"a": 1})
    error = {"ErrorCode": "AccessDeniedException", "Message": why("decrypt")}
    assert shown == {"a": 1, "FilterCriteriaError": error}


async def test_pollers_read_them_in_lambdas_name(scene: Scene) -> None:
    made = await scene.sealed()
    opened = await scene.unsealing.opened(made)
    assert opened.filters == PLAIN.filters
    assert scene.kms.asked == [("Decrypt", KEY, "lambda.amazonaws.com")]
    assert await scene.unsealing.opened(PLAIN) is PLAIN
    scene.kms.refused["Decrypt"] = DENIED
    with pytest.raises(SourceFailed) as raised:
        await scene.unsealing.opened(made)
    assert raised.value.result == f"PROBLEM: {why('decrypt')}"


async def test_nothing_is_asked_without_a_key_or_without_filters(scene: Scene) -> None:
    assert await scene.filters.sealed(scene.ctx, {"FilterCriteria": CRITERIA}, PLAIN) == PLAIN
    assert await scene.filters.shown(scene.ctx, PLAIN, {"a": 1}) == {"a": 1}
    bare = msgspec.structs.replace(PLAIN, options=OLD)
    made = await scene.filters.sealed(scene.ctx, {"KMSKeyArn": KEY}, bare)
    assert (made.kms_key, made.sealed_filters, scene.kms.asked) == (KEY, None, [])


MADE, READ = ("GenerateDataKey", KEY), ("Decrypt", KEY)


@pytest.mark.parametrize(
    ("params", "change", "asked"),
    [
        ({}, {}, []),
        ({"KMSKeyArn": KEY}, {}, []),
        ({"KMSKeyArn": OTHER}, {}, [READ, ("GenerateDataKey", OTHER)]),
        ({"KMSKeyArn": ""}, {}, [READ]),
        ({}, {"qualifier": "live"}, [READ, MADE]),
        ({"FilterCriteria": CRITERIA}, {"options": PLAIN.options}, [MADE]),
        ({"FilterCriteria": {}}, {"options": OLD | {"FilterCriteria": {}}}, []),
    ],
)
async def test_a_change_seals_again_only_what_it_must(
    scene: Scene, params: dict[str, Any], change: dict[str, Any], asked: list[tuple[str, str]]
) -> None:
    before = await scene.sealed()
    changed = msgspec.structs.replace(before, **change)
    made = await scene.filters.sealed(scene.ctx, params, changed, before)
    assert scene.asked == asked
    assert made.kms_key == params.get("KMSKeyArn", KEY)
    opened = await scene.unsealing.opened(made)
    assert opened.filters == ([] if params.get("FilterCriteria") == {} else PLAIN.filters)


async def test_who_may_not_use_the_key_changes_nothing(scene: Scene) -> None:
    scene.kms.refused["GenerateDataKey"] = DENIED
    with pytest.raises(ApiError) as raised:
        await scene.filters.sealed(scene.ctx, NEW, PLAIN)
    assert (raised.value.code, raised.value.message) == ("InvalidParameterValueException", why("encrypt"))
    scene.kms.refused.clear()
    before = await scene.sealed()
    scene.kms.refused["Decrypt"] = DENIED
    with pytest.raises(ApiError) as raised:
        await scene.filters.sealed(scene.ctx, {"KMSKeyArn": ""}, before, before)
    assert raised.value.message == why("decrypt")

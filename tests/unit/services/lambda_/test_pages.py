"""Page sizes, markers, and what a filter leaves."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import botocore.loaders
import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_ import pages
from tests.unit.services.lambda_.listings import COUNT, LISTED

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


@pytest.mark.parametrize(("params", "size"), [({}, 50), ({"MaxItems": 1}, 1), ({"MaxItems": 10_000}, 50)])
def test_size(params: dict[str, int], size: int) -> None:
    assert pages.size(params) == size


def test_a_marker_leads_back() -> None:
    assert pages.position_of({"Marker": pages.marker("f", "$LATEST")}, 2) == ("f", "$LATEST")
    assert pages.position_of({}, 2) == ()
    assert pages.position_of({"Marker": ""}, 2) == ()


@pytest.mark.parametrize(
    "marker",
    ["!", "é", "YQ", pages.marker("a", "b"), pages.marker(""), urlsafe_b64encode(b"\x91\x01").decode(), "////"],
)
def test_other_markers_are_refused(marker: str) -> None:
    with pytest.raises(ApiError, match="InvalidParameterValueException"):
        pages.position_of({"Marker": marker}, 1)


@pytest.mark.parametrize("count", [1, 3, 50, 334, 335, 400])
async def test_matching(count: int) -> None:
    everything = [f"{number:04d}" for number in range(1000)]
    asked = []

    async def more(after: str, limit: int) -> list[str]:
        asked.append(after)
        return [item for item in everything if item > after][:limit]

    found = await pages.matching(more, after="0003", key=str, matches=lambda item: int(item) % 3 == 0, count=count)
    assert found == [item for item in everything if item > "0003" and int(item) % 3 == 0][:count]
    assert len(asked) <= count // 66 + 1


PAGINATORS: dict[str, dict[str, Any]] = botocore.loaders.Loader().load_service_model("lambda", "paginators-1")[
    "pagination"
]
ELSEWHERE = "GetDurableExecutionState"
"""What a running execution alone may list: see tests/unit/services/lambda_/durable/test_executions.py."""


def test_these_are_all_of_them() -> None:
    assert {*LISTED, ELSEWHERE} == PAGINATORS.keys()
    assert len(PAGINATORS) == 16


@pytest.mark.parametrize("operation", LISTED)
async def test_pages_are_stable_under_change_and_worlds_are_separate(world: World, operation: str) -> None:
    listed, tokens = LISTED[operation], PAGINATORS[operation]
    member = tokens["result_key"] if isinstance(tokens["result_key"], str) else tokens["result_key"][0]
    for number in range(COUNT):
        await listed.make(world, number)

    async def items(**more: Any) -> tuple[list[Any], str | None]:
        found = await world.call(operation, **listed.params, **more)
        return list(found[member]), found.get(tokens["output_token"])

    def names(found: list[Any]) -> list[str]:
        return [str(each[listed.which]) if listed.which else each for each in found]

    whole = names((await items())[0])
    page, marker = await items(MaxItems=2)
    assert (names(page), bool(marker)) == (whole[:2], True)
    if listed.drop is not None:
        await listed.drop(world, page[-1])
        await listed.make(world, COUNT)
    rest: list[str] = []
    while marker:
        found, marker = await items(MaxItems=2, **{tokens["input_token"]: marker})
        rest += names(found)
    assert [each for each in rest if each in whole] == whole[2:]
    assert len(set(rest)) == len(rest)

    for elsewhere in (world.ctx(region="eu-west-1"), world.ctx(account="111111111111")):
        try:
            foreign = await world.call(operation, elsewhere, **listed.params)
        except ApiError as refused:
            assert refused.status in (403, 404) or refused.code in (
                "ResourceNotFoundException",
                "CodeSigningConfigNotFoundException",
            ), refused
        else:
            assert not foreign[member]

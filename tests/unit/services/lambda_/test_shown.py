"""What is remembered of a version is what would be rendered anew."""

from __future__ import annotations

import msgspec
import pytest

from lambent.model.function import State
from lambent.services.lambda_.interpreters import Interpreters
from lambent.services.lambda_.sealed_variables import SealedVariables
from lambent.services.lambda_.shown import Shown
from lambent.wire.tree import Fixed
from tests.unit.services.lambda_.conftest import PYTHON, World
from tests.unit.services.lambda_.test_render import VERSION
from tests.unit.services.lambda_.test_sealed_variables import KEY, Kms


@pytest.fixture
def kms() -> Kms:
    return Kms()


@pytest.fixture
def shown(kms: Kms) -> Shown:
    return Shown(SealedVariables(kms), Interpreters(lambda _: PYTHON))


@pytest.mark.parametrize("qualifier", [None, "1", "live"])
async def test_the_same_as_anew(world: World, shown: Shown, qualifier: str | None) -> None:
    kept = await shown.kept(world.ctx(), VERSION, qualifier)
    assert kept == await shown.anew(world.ctx(), VERSION, qualifier)
    assert await shown.kept(world.ctx(), VERSION, qualifier) is kept
    assert isinstance(kept, Fixed)


async def test_a_version_that_has_changed_is_rendered_anew(world: World, shown: Shown) -> None:
    await shown.kept(world.ctx(), VERSION)
    changed = msgspec.structs.replace(VERSION, state=State.INACTIVE)
    assert (await shown.kept(world.ctx(), changed))["State"] == "Inactive"
    assert (await shown.kept(world.ctx(), VERSION))["State"] == "Active"


async def test_variables_under_a_key_are_asked_for_each_time(world: World, shown: Shown, kms: Kms) -> None:
    await world.create()
    version = await world.repository.version(world.ctx(), "f", "$LATEST")
    assert version is not None
    version = msgspec.structs.replace(version, variables={}, kms_key=KEY, sealed_variables=b'}"lx":"A"{')
    for refused, environment in (("", {"Variables": {"A": "xl"}}), ("Decrypt", None)):
        kms.refused = refused
        told = await shown.kept(world.ctx(), version)
        assert not isinstance(told, Fixed)
        assert environment is None or told["Environment"] == environment
        assert (environment is None) == ("Error" in told["Environment"])
    assert [operation for operation, *_ in kms.asked] == ["Decrypt", "Decrypt"]


async def test_no_more_than_so_many_are_remembered(world: World, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambent.services.lambda_.shown._REMEMBERED", 2)
    first = await shown.kept(world.ctx(), VERSION)
    for qualifier in ("1", "live"):
        await shown.kept(world.ctx(), VERSION, qualifier)
    assert await shown.kept(world.ctx(), VERSION) is not first

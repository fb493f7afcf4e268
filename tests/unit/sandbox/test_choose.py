"""Which sandbox is used."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox import choose as module
from lambent.sandbox.base import Feature, Sandbox
from tests.unit.sandbox.worlds import World


@pytest.fixture
def walls(monkeypatch: pytest.MonkeyPatch) -> list[Feature]:
    found = [Feature("mount namespace", True, "works")]

    async def answer() -> list[Feature]:
        return found

    monkeypatch.setattr(module, "walls", answer)
    return found


async def chosen(wish: str, tmp_path: Path, network: str = "auto") -> Sandbox:
    """What `choose` gives."""
    world = World(tmp_path)
    return await module.choose(wish, data=world.data, library=world.library, endpoint_url="http://x", network=network)


@pytest.mark.parametrize("wish", ["auto", "isolated"])
async def test_where_every_wall_stands_functions_are_isolated(tmp_path: Path, walls: list[Feature], wish: str) -> None:
    assert (await chosen(wish, tmp_path)).name == "isolated"


async def test_auto_falls_back_with_the_reason(
    tmp_path: Path, walls: list[Feature], caplog: pytest.LogCaptureFixture
) -> None:
    walls.append(Feature("net namespace", False, "Operation not permitted"))
    with caplog.at_level(logging.WARNING):
        assert (await chosen("auto", tmp_path)).name == "process"
    assert "net namespace (Operation not permitted)" in caplog.text


async def test_isolated_is_refused_where_a_wall_is_missing(tmp_path: Path, walls: list[Feature]) -> None:
    walls.append(Feature("net namespace", False, "Operation not permitted"))
    with pytest.raises(PlatformError, match=r"cannot isolate functions: net namespace \(Operation not permitted\)"):
        await chosen("isolated", tmp_path)


async def test_process_asks_nothing_of_the_machine(tmp_path: Path, walls: list[Feature]) -> None:
    walls[:] = [Feature("everything", False, "broken")]
    assert (await chosen("process", tmp_path)).name == "process"


async def test_another_wish_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such sandbox: docker"):
        await chosen("docker", tmp_path)


@pytest.mark.parametrize("network", ["nat", "none"])
async def test_the_process_sandbox_has_no_network_of_its_own(tmp_path: Path, network: str) -> None:
    with pytest.raises(PlatformError, match=f"the process sandbox has no network `{network}`: it shares the machine's"):
        await chosen("process", tmp_path, network)


async def test_the_machines_network_is_said_loudly(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert (await chosen("process", tmp_path, "host")).name == "process"
    assert "functions share the machine's network (`host`)" in caplog.text


async def test_isolated_functions_do_not_get_the_machines_network(tmp_path: Path, walls: list[Feature]) -> None:
    with pytest.raises(PlatformError, match="the isolated sandbox has no network `host`"):
        await chosen("auto", tmp_path, "host")

"""Settling: to Active or Failed, once, and never over somebody else's change."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lambent.model.function import State
from lambent.services.lambda_.states import unsettled

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def test_the_code_is_unpacked_and_the_environments_of_other_revisions_end(world: World) -> None:
    made = await world.create()
    done = await world.settled()
    version = await world.repository.version(world.ctx(), "f", "$LATEST")
    assert version is not None
    assert world.code.tree(version.code.digest).joinpath("app.py").exists()
    assert not unsettled(version)
    assert world.invoker.retired == [(version.arn, done["RevisionId"])]
    assert done["RevisionId"] != made["RevisionId"]


async def test_a_new_function_for_which_nothing_has_to_be_waited_needs_one_write(world: World) -> None:
    commits: list[int] = []
    commit = world.repository.commit

    async def counted(*writes: Any) -> None:
        commits.append(len(writes))
        await commit(*writes)

    world.repository.commit = counted  # type: ignore[method-assign]
    made = await world.create(Publish=True)
    assert (made["State"], made["Version"]) == ("Pending", "1")
    await _idle(world)
    for number in ("$LATEST", "1"):
        version = await world.repository.version(world.ctx(), "f", number)
        assert version is not None
        assert version.state is State.ACTIVE
        assert version.revision_id != made["RevisionId"]
    assert commits == [4]
    assert [arn for arn, _ in world.invoker.retired] == [f"{made['FunctionArn']}:$LATEST", f"{made['FunctionArn']}:1"]


async def test_what_follows_from_a_new_function_cannot_fail_its_creation(
    world: World, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no more")

    monkeypatch.setattr(world.invoker, "retire", broken)
    assert (await world.create())["State"] == "Pending"
    assert (await world.settled())["State"] == "Active"
    assert "no more" in caplog.text


async def test_no_interpreter(world: World) -> None:
    world.runtimes.clear()
    await world.create()
    shown = await world.settled()
    assert shown["State"] == "Failed"
    assert shown["StateReasonCode"] == "InvalidRuntime"
    assert shown["StateReason"] == "No interpreter on this machine serves the runtime python3.12."
    assert world.invoker.retired == []


async def test_code_that_is_gone(world: World, monkeypatch: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def gone(digest: str) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr(world.code, "ensure_tree", gone)
    monkeypatch.setattr(world.code, "is_unpacked", lambda digest: False)
    await world.create()
    shown = await world.settled()
    assert (shown["State"], shown["StateReasonCode"]) == ("Failed", "InternalError")
    assert "no space left" in caplog.text


async def test_a_function_deleted_meanwhile_stays_deleted(world: World) -> None:
    world.gate.clear()
    await world.create()
    await world.call("DeleteFunction", FunctionName="f")
    world.gate.set()
    await _idle(world)
    assert (await world.call("ListFunctions"))["Functions"] == []


async def test_a_store_that_fails_hurts_one_function_only(
    world: World, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world.gate.clear()
    await world.create("f")
    await world.create("g")
    commit = world.repository.commit

    async def picky(*writes: Any) -> None:
        if "/f/" in writes[0].key:
            raise OSError("disk")
        await commit(*writes)

    monkeypatch.setattr(world.repository, "commit", picky)
    world.gate.set()
    assert (await world.settled("g"))["State"] == "Active"
    await _idle(world)
    version = await world.repository.version(world.ctx(), "f", "$LATEST")
    assert version is not None
    assert version.state is State.PENDING
    assert "could not be settled" in caplog.text


async def _idle(world: World) -> None:
    await asyncio.gather(*world.states._tasks)

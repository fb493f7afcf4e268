"""The isolated sandbox's own part: slots, plans, refusals. What it isolates is in tests/contract and tests/e2e."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox.cgroups.base import Limits
from lambent.sandbox.cgroups.none import NoGroup, NoGroups
from lambent.sandbox.disk import Disks
from lambent.sandbox.isolated import IsolatedSandbox
from tests.unit.sandbox.worlds import PROVIDED, World, running

root = [pytest.mark.root, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


class FullGroups(NoGroups):
    """Groups of which no more can be made."""

    def create(self, name: str, limits: Limits) -> NoGroup:
        raise OSError(28, "No space left on device")


async def test_it_must_be_open(world: World) -> None:
    sandbox = IsolatedSandbox(world.data, world.library)
    with pytest.raises(PlatformError, match="not open"):
        await sandbox.start(world.spec())
    assert sandbox.features()[0].name == "namespaces"


@pytest.mark.parametrize("_", [pytest.param("root", marks=root)])
async def test_a_group_that_cannot_be_made_fails_the_start_and_frees_the_slot(world: World, _: str) -> None:
    async with IsolatedSandbox(world.data, world.library, groups=FullGroups("")) as sandbox:
        with pytest.raises(PlatformError, match="No space left"):
            await sandbox.start(world.spec())
        assert sandbox._slots == set()
        assert sandbox._environments == set()


@pytest.mark.parametrize("_", [pytest.param("root", marks=root)])
async def test_two_environments_of_one_id_cannot_be(world: World, _: str) -> None:
    async with IsolatedSandbox(world.data, world.library) as sandbox:
        spec = world.spec()
        async with running(sandbox, spec) as inside:
            with pytest.raises(PlatformError, match="exists"):
                await sandbox.start(spec)
            assert await inside.run("answer = 1") == 1
        async with running(sandbox, spec) as inside:
            assert await inside.run("answer = 1") == 1


@pytest.mark.parametrize("_", [pytest.param("root", marks=root)])
async def test_host_uids_are_taken_while_an_environment_lives(world: World, _: str) -> None:
    async with IsolatedSandbox(world.data, world.library, first_uid=700_000, groups=NoGroups("")) as sandbox:
        one, two = await asyncio.gather(sandbox.start(world.spec()), sandbox.start(world.spec(PROVIDED)))
        assert sandbox._slots == {0, 1}
        await one.kill()
        assert len(sandbox._slots) == 1
        three = await sandbox.start(world.spec())
        assert sandbox._slots == {0, 1}
        await asyncio.gather(two.kill(), three.kill())
        assert sandbox._slots == set()


@pytest.mark.parametrize("_", [pytest.param("root", marks=root)])
async def test_without_a_disk_tmp_is_in_memory_sized_and_said_so(
    world: World, monkeypatch: pytest.MonkeyPatch, _: str
) -> None:
    async def broken(self: Disks, megabytes: int) -> None:
        raise PlatformError("no loop device is free")

    monkeypatch.setattr(Disks, "mount", broken)
    async with IsolatedSandbox(world.data, world.library) as sandbox:
        feature = next(feature for feature in sandbox.features() if feature.name.startswith("/tmp"))
        assert not feature.works
        assert "no loop device is free" in feature.detail
        async with running(sandbox, replace(world.spec(), ephemeral_mb=32)) as inside:
            size = await inside.run("import os; s = os.statvfs('/tmp'); answer = s.f_blocks * s.f_frsize")
            assert size == 32 << 20
            assert await inside.run("answer = oct(os.stat('/tmp').st_mode & 0o7777)") == "0o700"


@pytest.mark.parametrize("_", [pytest.param("root", marks=root)])
async def test_what_cannot_be_entered_is_not_kept_locked(world: World, _: str) -> None:
    class BrokenGroups(NoGroups):
        def sweep(self) -> int:
            raise OSError(5, "broken")

    with pytest.raises(OSError, match="broken"):
        async with IsolatedSandbox(world.data, world.library, groups=BrokenGroups("")):
            pass
    async with IsolatedSandbox(world.data, world.library):
        pass


async def test_what_does_not_work_is_said_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("lambent.sandbox.outbound.obstacle", lambda *, rootless: "because")
    world = World(tmp_path)
    async with IsolatedSandbox(world.data, world.library, network="auto"):
        pass
    assert "outbound network: none: functions reach Lambent only; nat is not possible: because" in caplog.text

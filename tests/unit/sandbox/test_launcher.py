"""Launchers as processes: what they are told, how they fail, how they end."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox.environment import readable
from lambent.sandbox.inside import messages
from lambent.sandbox.launcher import Launcher, Plan
from tests.unit.sandbox.worlds import PROVIDED, PYTHON, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_managed_runtimes_have_their_interpreter_and_programs_have_ours(world: World) -> None:
    managed = Plan.of(world.spec(log_format="JSON"), world.library)
    assert (managed.executable, managed.prefix) == (PYTHON.executable, PYTHON.prefix)
    assert (managed.library, managed.log_format) == (world.library_directory, "JSON")
    program = Plan.of(world.spec(PROVIDED, log_format="JSON"), world.library)
    assert program == Plan.of(world.spec(PROVIDED), world.library)  # one launcher whatever the log format
    assert program.library is None
    assert Path(program.executable).samefile(sys.executable)


def test_library_entries_are_resolved(world: World) -> None:
    (world.library_directory / "linked").symlink_to(world.code)
    assert Plan.of(world.spec(), world.library).message()["library"] == {
        "lambent_bootstrap.py": str(world.library_directory / "lambent_bootstrap.py"),
        "linked": str(world.code),
    }


def open_descriptors() -> int:
    """How many descriptors this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_an_interpreter_that_is_not_there_is_told(world: World) -> None:
    plan = replace(Plan.of(world.spec(), world.library), executable="/nowhere/python")
    with pytest.raises(PlatformError, match="cannot be started"):
        await Launcher.start(plan)


async def test_the_last_words_of_a_launcher_that_dies_are_told(world: World) -> None:
    source = "import os, sys; sys.stderr.write('goodbye'); sys.stderr.flush(); os._exit(1)"
    (world.library_directory / "lambent_bootstrap.py").write_text(source)
    with pytest.raises(PlatformError, match="goodbye"):
        await Launcher.start(Plan.of(world.spec(), world.library))


async def test_it_forks_while_it_lives_and_not_when_it_is_closed(world: World) -> None:
    before = open_descriptors()
    launcher = await Launcher.start(Plan.of(world.spec(), world.library))
    ours, theirs = messages.pair()
    with theirs:
        pidfd = await launcher.fork(theirs, [])
    assert launcher.alive
    ours.close()
    assert await readable(pidfd, 10)  # the supervisor ends with its link
    os.close(pidfd)
    await launcher.close()
    await launcher.close()
    assert not launcher.alive
    ours, theirs = messages.pair()
    with ours, theirs, pytest.raises(PlatformError, match="is gone"):
        await launcher.fork(theirs, [])
    assert open_descriptors() == before


async def test_its_death_is_noticed(world: World) -> None:
    launcher = await Launcher.start(Plan.of(world.spec(), world.library))
    os.kill(launcher._pid, signal.SIGKILL)
    ours, theirs = messages.pair()
    with ours, theirs, pytest.raises(PlatformError, match=r"is gone|cannot be asked"):
        await launcher.fork(theirs, [])
    assert not launcher.alive
    await launcher.close()


async def test_the_platforms_environment_does_not_reach_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    seen = world.data / "seen"
    source = f"import os, json; open({str(seen)!r}, 'w').write(json.dumps(sorted(os.environ)))\ndef preload(f): pass"
    (world.library_directory / "lambent_bootstrap.py").write_text(source)
    launcher = await Launcher.start(Plan.of(world.spec(), world.library))
    await launcher.close()
    assert "AWS_SECRET_ACCESS_KEY" not in seen.read_text()
    assert "PATH" in seen.read_text()

"""What works on this machine, found by trying."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lambent.sandbox import probe


async def test_walls_are_tried_one_by_one_with_reasons() -> None:
    found = {feature.name: feature for feature in await probe.walls()}
    assert {"mount namespace", "net namespace", "private mounts", "system call filter"} <= found.keys()
    assert all(feature.detail for feature in found.values())
    if not probe.is_rootless():
        assert all(feature.works for feature in found.values())


async def test_the_examination_tells_of_walls_limits_and_tmp_and_leaves_nothing() -> None:
    names = [feature.name for feature in await probe.examine()]
    assert {"user namespace", "/tmp of its own size", "memory limit", "freeze when idle", "outbound network"} <= set(
        names
    )
    assert not list(Path("/sys/fs/cgroup").glob(f"**/lambent/doctor-{os.getpid()}"))  # noqa: ASYNC240


@pytest.mark.parametrize("script", ["print('not json')", "raise SystemExit(3)", "print('{', end='')"])
async def test_an_attempt_that_breaks_is_a_wall_that_does_not_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    (tmp_path / "launcher.py").write_text(script)
    monkeypatch.setattr(probe, "INSIDE", tmp_path)
    (feature,) = await probe.walls()
    assert not feature.works
    assert "the attempt ended with" in feature.detail

"""Snapshots: sealed, lent to those that they fit, and gone once closed."""

from __future__ import annotations

import mmap
import os

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox import snapshot as snapshot_module
from lambent.sandbox.inside import image
from lambent.sandbox.snapshot import Snapshot, blank


class Launcher:
    alive = True


def test_nobody_writes_to_it_or_makes_it_longer() -> None:
    file = blank()
    os.pwrite(file, b"x" * 4096, 1 << 46)
    with pytest.raises(PermissionError):
        os.ftruncate(file, image.SIZE + 1)
    launcher = Launcher()
    snapshot = Snapshot(file, launcher)
    assert snapshot.size == 4096
    lent = snapshot.lend(launcher)
    with pytest.raises(PermissionError):
        os.pwrite(lent, b"y", 0)
    with pytest.raises(PermissionError):
        mmap.mmap(lent, 4096, mmap.MAP_SHARED)
    snapshot.close()
    snapshot.close()
    assert (snapshot.usable, snapshot.size) == (False, 0)


def test_it_fits_forks_of_its_launcher_alone_and_only_while_that_lives() -> None:
    launcher = Launcher()
    snapshot = Snapshot(blank(), launcher)
    for other in (None, Launcher()):
        with pytest.raises(PlatformError, match="lost"):
            snapshot.lend(other)
    launcher.alive = False
    assert not snapshot.usable
    with pytest.raises(PlatformError, match="lost"):
        snapshot.lend(launcher)
    snapshot.close()


def test_one_that_can_still_be_written_is_none() -> None:
    file = blank()
    with mmap.mmap(file, 4096, mmap.MAP_SHARED), pytest.raises(PlatformError, match="sealed"):
        Snapshot(file, Launcher())


def test_one_whose_holes_were_filled_by_looking_at_them_is_used_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_module, "_SPARE_BYTES", 8 * 4096)
    launcher = Launcher()
    snapshot = Snapshot(blank(), launcher)
    with mmap.mmap(snapshot.lend(launcher), 32 * 4096, mmap.MAP_PRIVATE, mmap.PROT_READ) as memory:
        assert snapshot.usable
        assert sum(memory[page * 4096] for page in range(32)) == 0
    assert not snapshot.usable
    with pytest.raises(PlatformError, match="lost"):
        snapshot.lend(launcher)
    snapshot.close()

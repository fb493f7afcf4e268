"""The image file of an environment: blank for a template, lent for who continues, none for the others."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox.base import EnvironmentSpec
from lambent.sandbox.film import Film
from lambent.sandbox.inside import process
from tests.unit.sandbox.test_snapshot import Launcher
from tests.unit.sandbox.worlds import PYTHON

SPEC = EnvironmentSpec("0" * 32, PYTHON, Path("/code"), None, 128, 512, "app.handler", {})


def test_a_template_gets_a_blank_one_that_becomes_a_snapshot() -> None:
    film, launcher = Film(), Launcher()
    [blank], how = film.load(replace(SPEC, is_template=True), launcher)
    os.pwrite(blank, b"memory", 0)
    snapshot = film.develop(launcher)
    assert how == process.WRITE_IMAGE
    film.close()
    follower, how = Film().load(replace(SPEC, snapshot=snapshot), launcher)
    assert how == process.READ_IMAGE
    assert os.pread(follower[0], 6, 0) == b"memory"
    snapshot.close()
    assert Film().load(replace(SPEC, snapshot=snapshot), launcher) == ([], None)


def test_others_get_none() -> None:
    film = Film()
    assert film.load(SPEC, Launcher()) == ([], None)
    with pytest.raises(PlatformError, match="nothing to take a snapshot of"):
        film.develop(Launcher())


def test_a_blank_one_that_nobody_wants_any_more_is_closed() -> None:
    film = Film()
    [blank], _ = film.load(replace(SPEC, is_template=True), Launcher())
    film.close()
    film.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(blank)

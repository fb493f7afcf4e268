"""Exact, else the nearest of the language, else nothing."""

from __future__ import annotations

import logging

import pytest

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes.choose import Chooser, Listed, nearest


def found(*names: str) -> dict[str, Runtime]:
    """Runtimes by name; `provided…` ones run programs."""
    return {
        name: Runtime(name, RuntimeKind.EXEC)
        if name.startswith("provided")
        else Runtime(name, RuntimeKind.PYTHON, name[6:] + ".1", "/bin/" + name, "/usr", "path")
        for name in names
    }


@pytest.mark.parametrize(
    ("wanted", "served_by"),
    [
        ("python3.14", "python3.13"),
        ("python3.9", "python3.11"),
        ("python3.12", "python3.13"),
        ("python2.7", "python3.11"),
        ("nodejs22.x", None),
        ("provided", None),
        ("nonsense", None),
    ],
)
def test_nearest_version_of_the_language(wanted: str, served_by: str | None) -> None:
    stand_in = nearest(wanted, found("python3.11", "python3.13", "provided.al2023"))
    assert (stand_in.name if stand_in else None) == served_by


@pytest.mark.parametrize(
    ("wanted", "here", "served_by"),
    [
        ("nodejs22.x", ("nodejs20.x", "nodejs24.x"), "nodejs24.x"),
        ("nodejs18.x", ("nodejs20.x", "nodejs24.x"), "nodejs20.x"),
        ("nodejs24.x", ("nodejs20.x", "nodejs23.x"), "nodejs23.x"),
        ("ruby3.4", ("ruby3.1",), "ruby3.1"),
        ("java11", ("java17", "java21"), "java17"),
        ("java25", ("java17", "java21"), None),
    ],
)
def test_other_languages(wanted: str, here: tuple[str, ...], served_by: str | None) -> None:
    stand_in = nearest(wanted, {name: Runtime(name, RuntimeKind.EXEC) for name in here})
    assert (stand_in.name if stand_in else None) == served_by


def test_exact_is_silent_and_a_stand_in_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    choose = Chooser(found("python3.11"))
    with caplog.at_level(logging.WARNING):
        assert choose("python3.11") == found("python3.11")["python3.11"]
        assert caplog.messages == []
        for _ in range(2):
            assert choose("python3.12") == found("python3.11")["python3.11"]
    assert caplog.messages == ["python3.12 is not on this machine: python3.11 (3.11.1) stands in"]


def test_strict_takes_no_stand_in() -> None:
    choose = Chooser(found("python3.11"), strict=True)
    assert choose("python3.12") is None
    assert choose("python3.11") is not None
    assert {line.status for line in choose.listing()} == {"installed", "missing"}


def test_listing_names_everything_that_lambent_can_serve() -> None:
    listing = {line.name: line for line in Chooser(found("python3.11", "provided.al2")).listing()}
    assert list(listing) == [
        *("python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14"),
        *("nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x"),
        *("java11", "java17", "java21", "java25"),
        *("ruby3.2", "ruby3.3", "ruby3.4"),
        *("provided.al2", "provided.al2023"),
    ]
    assert listing["python3.11"] == Listed("python3.11", "installed", "python3.11", "3.11.1", "/bin/python3.11", "path")
    assert (listing["python3.14"].status, listing["python3.14"].served_by) == ("stand-in", "python3.11")
    assert listing["provided.al2"].status == "installed"
    assert listing["provided.al2023"] == Listed("provided.al2023", "missing")

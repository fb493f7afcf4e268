"""What the names of runtimes say."""

from __future__ import annotations

import pytest

from lambent.runtimes import names


@pytest.mark.parametrize(
    ("name", "language", "version"),
    [
        ("python3.12", "python", (3, 12)),
        ("nodejs22.x", "nodejs", (22,)),
        ("nodejs", "nodejs", ()),
        ("nodejs4.3-edge", "nodejs", (4, 3)),
        ("provided.al2023", "provided", ()),
        ("java8.al2", "java", (8,)),
        ("dotnetcore3.1", "dotnetcore", (3, 1)),
        ("go1.x", "go", (1,)),
        ("", "", ()),
    ],
)
def test_language_and_version(name: str, language: str, version: tuple[int, ...]) -> None:
    assert names.language(name) == language
    assert names.version(name) == version


def test_nothing_that_is_served_is_retired() -> None:
    assert not names.RETIRED.intersection(names.SERVED)

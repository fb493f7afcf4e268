"""The names that AWS gives to runtimes: their language, their version, and which are retired.

Which names exist at all is the service model's business (the `Runtime` enum).
"""

from __future__ import annotations

import re

PYTHON = ("python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
"""The managed Python runtimes that Lambent serves."""

NODEJS = ("nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x")
"""The Node.js runtimes that Lambent serves, with a client of its own."""

JAVA = ("java11", "java17", "java21", "java25")
"""The Java runtimes that Lambent serves, with AWS's client."""

RUBY = ("ruby3.2", "ruby3.3", "ruby3.4")
"""The Ruby runtimes that Lambent serves, with a client of its own."""

PROVIDED = ("provided.al2", "provided.al2023")
"""The runtimes that run the package's own `bootstrap`."""

SERVED = (*PYTHON, *NODEJS, *JAVA, *RUBY, *PROVIDED)
"""Every runtime that Lambent can serve on a machine that has what it needs."""

RETIRED = frozenset(
    {
        "nodejs",
        "nodejs4.3",
        "nodejs4.3-edge",
        "nodejs6.10",
        "nodejs8.10",
        "nodejs10.x",
        "nodejs12.x",
        "nodejs14.x",
        "python2.7",
        "python3.6",
        "python3.7",
        "ruby2.5",
        "ruby2.7",
        "java8",
        "go1.x",
        "dotnetcore1.0",
        "dotnetcore2.0",
        "dotnetcore2.1",
        "dotnetcore3.1",
        "provided",
    }
)
"""Names of the model for which AWS refuses CreateFunction as of November 2026."""

_NAME = re.compile(r"([a-z]+?)(\d+(?:\.\d+)?)?(?:\..*|-.*)?")


def language(name: str) -> str:
    """The language of a runtime's name: `python` of `python3.12`, `nodejs` of `nodejs22.x`."""
    match = _NAME.fullmatch(name)
    return match[1] if match else name


def version(name: str) -> tuple[int, ...]:
    """The version in a runtime's name: (3, 12) of `python3.12`, (22,) of `nodejs22.x`; empty if it has none."""
    match = _NAME.fullmatch(name)
    return tuple(int(part) for part in match[2].split(".")) if match and match[2] else ()

"""Which interpreter serves a function's runtime: the one it names, else the nearest of its language."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import msgspec

from lambent.model.runtime import Runtime
from lambent.runtimes import names

_LOG = logging.getLogger(__name__)


class Listed(msgspec.Struct, frozen=True):
    """One line of `lambent runtimes`.

    `status` is `installed`, `stand-in` (served by `served_by`, another version of the language) or
    `missing`. `version`, `executable` and `source` are those of what serves it; empty if nothing does.
    """

    name: str
    status: str
    served_by: str = ""
    version: str = ""
    executable: str = ""
    source: str = ""


def nearest(name: str, found: Mapping[str, Runtime]) -> Runtime | None:
    """The runtime of the same language with the closest version, the newer of two; None if there is none.

    An older Java is none: it cannot read what a newer one's compiler wrote.
    """
    language, wanted = names.language(name), names.version(name)
    rivals = [runtime for runtime in found.values() if names.language(runtime.name) == language]
    if language == "java":
        rivals = [runtime for runtime in rivals if names.version(runtime.name) >= wanted]
    if not wanted or not rivals:
        return None
    return min(rivals, key=lambda runtime: _distance(wanted, names.version(runtime.name)))


def _distance(wanted: tuple[int, ...], offered: tuple[int, ...]) -> tuple[int, int, int, int]:
    major, minor = (*wanted, 0)[:2]
    other_major, other_minor = (*offered, 0, 0)[:2]
    return abs(major - other_major), abs(minor - other_minor), -other_major, -other_minor


class Chooser:
    """Chooses among the runtimes of this machine; each stand-in is logged once."""

    def __init__(self, found: Mapping[str, Runtime], *, strict: bool = False) -> None:
        self._found = found
        self._strict = strict
        self._chosen: dict[str, Runtime | None] = {}

    def __call__(self, name: str) -> Runtime | None:
        """What serves the runtime that AWS calls `name`; None if nothing does (or only a stand-in, when strict)."""
        if name not in self._chosen:
            self._chosen[name] = self._choose(name)
        return self._chosen[name]

    def listing(self) -> list[Listed]:
        """Every runtime that Lambent can serve somewhere, and what serves it here."""
        return [self._listed(name) for name in names.SERVED]

    def _choose(self, name: str) -> Runtime | None:
        if (exact := self._found.get(name)) is not None:
            return exact
        stand_in = None if self._strict else nearest(name, self._found)
        if stand_in is not None:
            _LOG.warning("%s is not on this machine: %s (%s) stands in", name, stand_in.name, stand_in.version)
        return stand_in

    def _listed(self, name: str) -> Listed:
        exact = self._found.get(name)
        runtime = exact or (None if self._strict else nearest(name, self._found))
        if runtime is None:
            return Listed(name, "missing")
        status = "installed" if exact else "stand-in"
        return Listed(name, status, runtime.name, runtime.version, runtime.executable, runtime.source)

"""What was worked out from functions' records, remembered until any of them changes."""

from __future__ import annotations

from typing import Generic, TypeVar

from lambent.services.lambda_.repository import Repository

REMEMBERED = 4096

K = TypeVar("K")
V = TypeVar("V")


class Derived(Generic[K, V]):
    """A memory of its values by what they were asked by. Note `changes` before anything is read for a value."""

    def __init__(self, repository: Repository) -> None:
        self._known: dict[K, V] = {}
        self.get = self._known.get
        """The value that is remembered, or None."""
        self.changes = 0
        """Grows with every change of any function."""
        repository.on_change(self._forget)

    def keep(self, key: K, value: V, changes: int) -> V:
        """Remember a value, unless what it came from may be older than a change since then."""
        if changes == self.changes:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = value
        return value

    def _forget(self, key: str) -> None:
        self.changes += 1
        self._known.clear()

"""What a key may be, and where the keys with a prefix end: shared by every backend, so that all agree."""

from __future__ import annotations

from collections.abc import Sequence

from lambent.store.base import Write

_HIGHEST = "\U0010ffff"


def check_writes(writes: Sequence[Write]) -> None:
    """Raise ValueError unless every key is non-empty text that UTF-8 can hold, and appears once."""
    keys = [write.key for write in writes]
    if len(set(keys)) != len(keys):
        raise ValueError("a key appears twice in one transaction")
    for key in keys:
        if not key:
            raise ValueError("a key may not be empty")
        key.encode()


def prefix_end(prefix: str) -> str | None:
    """The smallest text above every text that starts with `prefix`; None if there is no such text."""
    stem = prefix.rstrip(_HIGHEST)
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    # Surrogates are no characters: UTF-8 cannot hold them.
    return stem[:-1] + ("\ue000" if following == 0xD800 else chr(following))

"""How much of request bodies may wait in memory while they come in.

A body is read before its signature can be checked, so whoever knows a key's id (every function knows its own) could
fill our memory with bodies that never end. Sizes in bytes. It counts; it reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lambent.context import Principal
from lambent.model.errors import ApiError

_MIB = 1024 * 1024

ROOT_BYTES = 1024 * _MIB
"""What may come in with the root key at once."""

KEY_BYTES = 32 * _MIB
"""What may come in with one environment's key at once; one body is never too many."""

FUNCTIONS_BYTES = 512 * _MIB
"""What may come in with all environments' keys at once."""


class Bodies:
    """Counts what is coming in, by key."""

    def __init__(self) -> None:
        self._by_key: dict[str, int] = {}
        self._of_functions = 0

    @contextmanager
    def coming(self, principal: Principal, size: int) -> Iterator[None]:
        """While up to `size` bytes of a body come in. Raises ApiError when there is no room for them."""
        if not size:
            yield
            return
        key, root = principal.access_key_id, principal.is_root
        held = self._by_key.get(key, 0)
        if held and held + size > (ROOT_BYTES if root else KEY_BYTES):
            raise _too_much()
        if not root and self._of_functions and self._of_functions + size > FUNCTIONS_BYTES:
            raise _too_much()
        self._by_key[key] = held + size
        self._of_functions += 0 if root else size
        try:
            yield
        finally:
            self._of_functions -= 0 if root else size
            left = self._by_key[key] - size
            if left:
                self._by_key[key] = left
            else:
                del self._by_key[key]


def _too_much() -> ApiError:
    text = "Too much is being sent with this key at once."
    return ApiError("TooManyRequestsException", text, status=429, headers={"Retry-After": "1"})

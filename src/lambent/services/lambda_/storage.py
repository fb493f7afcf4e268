"""How much code an account keeps in a region: every version of every function and layer, whether stored once or not."""

from __future__ import annotations

from lambent.services.lambda_ import errors, limits
from lambent.services.lambda_.layer_repository import LayerRepository
from lambent.services.lambda_.names import Place
from lambent.services.lambda_.repository import Repository, World


class CodeStorage:
    """Counts it, and refuses what would exceed `limit` bytes.

    Counting reads every version. So each admission only adds to what was counted last, which deletions make too
    high, and counts again before it refuses anything.
    """

    def __init__(self, repository: Repository, layers: LayerRepository, limit: int = limits.TOTAL_CODE_BYTES) -> None:
        self._repository = repository
        self._layers = layers
        self._limit = limit
        self._at_most: dict[World, int] = {}

    async def used(self, at: Place) -> int:
        """Bytes of all packages as they were uploaded, counted now."""
        return await self._repository.code_bytes(at) + await self._layers.code_bytes(at)

    async def admit(self, at: Place, size: int) -> None:
        """A version of `size` bytes is about to be made. Raises ApiError."""
        world = World(at.account, at.region)
        known = self._at_most.get(world)
        if known is None or known + size > self._limit:
            known = await self.used(at)
        if known + size > self._limit:
            raise errors.code_storage_exceeded()
        self._at_most[world] = known + size

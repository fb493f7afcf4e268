"""Deployment packages on their way in: from the bytes of a request to a stored package, or AWS's refusal."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.model.function import CodePackage, LayerUse
from lambent.services.lambda_ import errors, layer_errors, limits
from lambent.services.lambda_.names import Place
from lambent.services.lambda_.storage import CodeStorage
from lambent.store.code import CodeStore
from lambent.store.package import BadPackage, Reason

LocateCode = Callable[[Context, str], str]
"""Gives the address from which a package (by its digest) can be downloaded for `limits.LOCATION_SECONDS`."""

_LOG = logging.getLogger(__name__)


class Packages:
    """The one way for code to enter. Every refusal of the code store becomes an ApiError here."""

    def __init__(self, code: CodeStore, storage: CodeStorage) -> None:
        self._code = code
        self._storage = storage

    async def add(
        self, at: Place, data: bytes | None, layers: Sequence[LayerUse] = (), *, versions: int = 1
    ) -> CodePackage:
        """Store and unpack a zip file, for so many `versions` with `layers`; durable on return. Raises ApiError."""
        data = _given(data)
        if layers:
            await self.try_out(data, layers)  # before anything is stored
        await self._storage.admit(at, len(data) * versions)
        try:
            return await self._code.add(data, limit=limits.UNZIPPED_BYTES)
        except BadPackage as bad:
            raise refused(bad) from bad

    async def try_out(self, data: bytes | None, layers: Sequence[LayerUse] = ()) -> CodePackage:
        """What `add` would return, with nothing stored (DryRun). Raises ApiError."""
        data = _given(data)
        try:
            unpacked_size = await self._code.inspect(data, limit=limits.UNZIPPED_BYTES)
        except BadPackage as bad:
            raise refused(bad) from bad
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        package = CodePackage(digest=digest, size=len(data), unpacked_size=unpacked_size)
        check_size(package, layers)
        return package


def check_size(code: CodePackage, layers: Sequence[LayerUse]) -> None:
    """A package and its layers must fit together. Raises ApiError."""
    of_layers = sum(layer.code.unpacked_size for layer in layers)
    if of_layers > limits.UNZIPPED_BYTES:
        raise layer_errors.too_large(limits.UNZIPPED_BYTES)
    if of_layers + code.unpacked_size > limits.UNZIPPED_BYTES:
        raise layer_errors.too_large_together(limits.UNZIPPED_BYTES, of_layers + code.unpacked_size)


def _given(data: bytes | None) -> bytes:
    if data is None:
        raise errors.no_source()
    if not data:
        raise errors.empty_zip()
    return data


def refused(bad: BadPackage) -> ApiError:
    """AWS's text for a package that the store refuses; the store's own reason goes to the log."""
    _LOG.info("package refused: %s", bad)
    match bad.reason:
        case Reason.EMPTY:
            return errors.empty_zip()
        case Reason.TOO_LARGE:
            return errors.unzipped_too_large(limits.UNZIPPED_BYTES)
        case _:
            return errors.not_a_zip()

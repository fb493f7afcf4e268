"""Deployment packages on their way in: from the bytes of a request to a stored package, or AWS's refusal."""

from __future__ import annotations

import hashlib
import logging

from lambent.model.errors import ApiError
from lambent.model.function import CodePackage
from lambent.services.lambda_ import errors, limits
from lambent.store.code import CodeStore
from lambent.store.package import BadPackage, Reason

_LOG = logging.getLogger(__name__)


class Packages:
    """The one way for code to enter. Every refusal of the code store becomes an ApiError here."""

    def __init__(self, code: CodeStore) -> None:
        self._code = code

    async def add(self, data: bytes | None) -> CodePackage:
        """Store and unpack a zip file; durable on return. Raises ApiError."""
        if data is None:
            raise errors.no_source()
        if not data:
            raise errors.empty_zip()
        try:
            return await self._code.add(data, limit=limits.UNZIPPED_BYTES)
        except BadPackage as bad:
            raise refused(bad) from bad

    async def try_out(self, data: bytes | None) -> CodePackage:
        """What `add` would return, with nothing stored (DryRun). Raises ApiError."""
        if data is None:
            raise errors.no_source()
        if not data:
            raise errors.empty_zip()
        try:
            unpacked_size = await self._code.inspect(data, limit=limits.UNZIPPED_BYTES)
        except BadPackage as bad:
            raise refused(bad) from bad
        return CodePackage(digest=hashlib.sha256(data).hexdigest(), size=len(data), unpacked_size=unpacked_size)


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

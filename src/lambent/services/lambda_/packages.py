"""Deployment packages on their way in: from the bytes of a request to a stored package, or AWS's refusal."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence

import msgspec

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.model.function import CodePackage, LayerUse, SealedCode
from lambent.neighbours.base import Neighbours
from lambent.neighbours.errors import TOO_LARGE
from lambent.services.lambda_ import errors, layer_errors, limits
from lambent.services.lambda_.code_admission import CodeAdmission
from lambent.services.lambda_.names import Place, function_arn
from lambent.services.lambda_.sealed_code import SealedPackages
from lambent.services.lambda_.storage import CodeStorage
from lambent.services.operation import Params
from lambent.store.code import CodeStore
from lambent.store.package import BadPackage, Reason

_READ_AT_ONCE = 2
"""Packages may be large, and each is held in memory."""

_LOG = logging.getLogger(__name__)


class Seal(msgspec.Struct, frozen=True):
    """That a package is to be encrypted with a key of KMS (by ARN), for a function (by its ARN without a version)."""

    kms_key: str
    function_arn: str

    @classmethod
    def of(cls, ctx: Context, code: Params, name: str) -> Seal | None:
        """What the members of a request that give code ask for."""
        key = code.get("SourceKMSKeyArn")
        return cls(key, function_arn(ctx, name)) if key else None


class Packages:
    """The one way for code to enter. Every refusal of the code store becomes an ApiError here."""

    def __init__(
        self,
        code: CodeStore,
        storage: CodeStorage,
        admission: CodeAdmission,
        neighbours: Neighbours,
        seals: SealedPackages,
    ) -> None:
        self._code = code
        self._seals = seals
        self._neighbours = neighbours
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)
        self._storage = storage
        self._admission = admission

    async def given(self, ctx: Context, code: Params) -> bytes | None:
        """The zip file of a request: the one that it holds, or the one that it names in S3. Raises ApiError.

        S3 is read in the caller's name, and no more of it than a package may unpack to.
        """
        bucket, key = code.get("S3Bucket"), code.get("S3Key")
        if not any(code.get(name) for name in ("S3Bucket", "S3Key", "S3ObjectVersion")):
            return code.get("ZipFile")
        if code.get("ZipFile") is not None:
            raise errors.two_sources()
        if not bucket or not key:
            raise errors.no_source()
        named = {"Bucket": bucket, "Key": key}
        if version := code.get("S3ObjectVersion"):
            named["VersionId"] = version
        async with self._reading:
            try:
                found = await self._neighbours.call(ctx, "s3", "GetObject", named, answer_bytes=limits.UNZIPPED_BYTES)
            except ApiError as refusal:
                if refusal.code == TOO_LARGE:
                    raise errors.unzipped_too_large(limits.UNZIPPED_BYTES) from None
                raise errors.not_read_from_s3(refusal.code, refusal.message) from None
        return bytes(found.get("Body", b""))

    async def add(
        self,
        at: Place,
        data: bytes | None,
        layers: Sequence[LayerUse] = (),
        *,
        versions: int = 1,
        signing: str = "",
        seal: Seal | None = None,
    ) -> CodePackage:
        """Store and unpack a zip file, for so many `versions` with `layers`; durable on return. Raises ApiError.

        `signing`, unless empty, is the code signing configuration that package and layers are held against. With a
        `seal` the package is stored encrypted.
        """
        data = _given(data)
        signed_by = ""
        if layers or signing:
            tried = await self.try_out(at, data, layers, signing=signing)  # before anything is stored
            signed_by = tried.signed_by
        await self._storage.admit(at, len(data) * versions)
        try:
            added = await (
                self._code.add(data, limit=limits.UNZIPPED_BYTES) if seal is None else self._sealed(data, seal)
            )
        except BadPackage as bad:
            raise refused(bad) from bad
        return msgspec.structs.replace(added, signed_by=signed_by)

    async def _sealed(self, data: bytes, seal: Seal) -> CodePackage:
        key = await self._seals.key(seal.kms_key, seal.function_arn)
        added, blob = await self._code.add_sealed(data, key.close, limit=limits.UNZIPPED_BYTES)
        sealed = SealedCode(blob, seal.kms_key, key.encrypted, seal.function_arn)
        return msgspec.structs.replace(added, sealed=sealed)

    async def check_layers(self, at: Place, code: CodePackage, layers: Sequence[LayerUse], signing: str) -> None:
        """Whether a package that is here already may have these layers. Raises ApiError."""
        check_size(code, layers)
        if signing:
            await self._admission.admit(at, signing, None, layers)

    async def try_out(
        self,
        at: Place,
        data: bytes | None,
        layers: Sequence[LayerUse] = (),
        *,
        signing: str = "",
        seal: Seal | None = None,
    ) -> CodePackage:
        """What `add` would return, with nothing stored (DryRun). Raises ApiError."""
        data = _given(data)
        if seal is not None:
            await self._seals.key(seal.kms_key, seal.function_arn)
        try:
            unpacked_size = await self._code.inspect(data, limit=limits.UNZIPPED_BYTES)
        except BadPackage as bad:
            raise refused(bad) from bad
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        package = CodePackage(digest=digest, size=len(data), unpacked_size=unpacked_size)
        check_size(package, layers)
        if not signing:
            return package
        return msgspec.structs.replace(package, signed_by=await self._admission.admit(at, signing, data, layers))


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

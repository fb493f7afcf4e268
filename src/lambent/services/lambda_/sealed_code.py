"""Packages under a customer's key of KMS: sealed and opened in Lambda's own name, downloaded by whoever may decrypt.

As on AWS no grant is made: the key's policy must let `lambda.amazonaws.com` generate data keys and decrypt, for the
function that the encryption context names. What KMS says is put into Lambda's words by `kms_errors`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.model.function import CodePackage, FunctionVersion, SealedCode
from lambent.services.lambda_ import kms_errors
from lambent.services.lambda_.customer_keys import CustomerKeys, DataKey
from lambent.services.lambda_.sealed_filters import SERVICE, AsService
from lambent.store.code import CodeStore


class Locate(Protocol):
    """The address from which a blob can be downloaded for `limits.LOCATION_SECONDS`, opened with `key` if given."""

    def __call__(self, ctx: Context, digest: str, key: bytes = b"") -> str: ...


class SealedPackages:
    """The data keys of packages, and where packages can be had."""

    def __init__(self, keys: CustomerKeys, as_service: AsService, locate: Locate) -> None:
        self._keys = keys
        self._as_service = as_service
        self.locate = locate

    async def key(self, kms_key: str, function_arn: str) -> DataKey:
        """A new one. Raises ApiError: the key does not let Lambda."""
        ctx = self._as_service(SERVICE, function_arn)
        try:
            return await self._keys.new(ctx, kms_key, _context(function_arn))
        except ApiError as error:
            raise kms_errors.not_encrypted(error, kms_errors.PACKAGE) from error

    async def located(self, ctx: Context, code: CodePackage) -> dict[str, Any]:
        """The member `Code` of GetFunction: an address, or why the caller gets none."""
        sealed = code.sealed
        if sealed is None:
            return {"RepositoryType": "S3", "Location": self.locate(ctx, code.digest)}
        shown = {"RepositoryType": "S3", "SourceKMSKeyArn": sealed.kms_key}
        try:
            key = await _known(self._keys, ctx, sealed)
        except ApiError as error:
            said = kms_errors.not_shown(error, kms_errors.PACKAGE)
            return shown | {"Error": {"ErrorCode": said.code, "Message": said.message}}
        return shown | {"Location": self.locate(ctx, sealed.blob, key.plain)}


class CodeTrees:
    """Unpacked packages, opened if they are sealed and not unpacked since the server started."""

    def __init__(self, code: CodeStore, keys: CustomerKeys, as_service: AsService) -> None:
        self._code = code
        self._keys = keys
        self._as_service = as_service

    async def tree(self, function: FunctionVersion) -> Path:
        """What becomes /var/task. Raises ApiError (the key does not let Lambda) and PlatformError."""
        sealed = function.code.sealed
        if sealed is None:
            return await self._code.ensure_tree(function.code.digest)
        if self._code.is_opened(sealed.blob):
            return self._code.opened_tree(sealed.blob)
        ctx = self._as_service(SERVICE, function.function_arn)
        try:
            key = await _known(self._keys, ctx, sealed)
        except ApiError as error:
            raise kms_errors.not_decrypted(error, kms_errors.PACKAGE) from error
        return await self._code.ensure_opened(sealed.blob, key.open)

    def is_here(self, function: FunctionVersion) -> bool:
        """Whether that would take no time."""
        code = function.code
        return self._code.is_unpacked(code.digest) if code.sealed is None else self._code.is_opened(code.sealed.blob)


async def _known(keys: CustomerKeys, ctx: Context, sealed: SealedCode) -> DataKey:
    return await keys.again(ctx, sealed.kms_key, sealed.data_key, _context(sealed.function_arn))


def _context(function_arn: str) -> dict[str, str]:
    return {"aws:lambda:FunctionArn": function_arn}

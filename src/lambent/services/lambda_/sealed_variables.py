"""Environment variables under a customer's key of KMS: sealed by whoever sets them, unsealed by whoever may.

KMS decides each time, on the caller when they are set and shown, and on the execution role when an environment starts.
What it says is put into Lambda's words by `kms_errors`. Nothing in the clear is kept here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.model.function import FunctionVersion
from lambent.neighbours.base import Neighbours
from lambent.services.lambda_ import kms_errors
from lambent.services.operation import Params

CONTEXT_KEY = "aws:lambda:FunctionArn"
"""The encryption context: the ARN of the function, without a version."""


class AsRole(Protocol):
    """A context in a session of a role (`neighbours.acting.Acting.as_role`)."""

    def __call__(self, role: str, session: str, region: str) -> Context: ...


class SealedVariables:
    """Seals and shows variables in the name of the caller of an operation."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    async def sealed(
        self, ctx: Context, params: Params, version: FunctionVersion, before: FunctionVersion | None = None
    ) -> FunctionVersion:
        """`version`, made from `before` by a request with `params`, with the key and the seal that it is to have.

        Raises ApiError: the key does not exist or cannot be used, or the caller may not.
        """
        key = params.get("KMSKeyArn", version.kms_key)
        rekeyed = before is not None and key != before.kms_key
        if not key and not rekeyed:
            return version
        variables = version.variables
        if before is not None and before.sealed_variables and "Environment" not in params:
            if not rekeyed:
                return await self._granted(ctx, key, version) if before.role != version.role else version
            variables = await self._unsealed(ctx, before)
        if not key:
            return msgspec.structs.replace(version, kms_key="", variables=variables, sealed_variables=b"")
        version = msgspec.structs.replace(version, kms_key=key, variables={}, sealed_variables=b"")
        await self._granted(ctx, key, version)
        if not variables:
            return version
        return msgspec.structs.replace(version, sealed_variables=await self._seal(ctx, key, version, variables))

    async def shown(self, ctx: Context, version: FunctionVersion, shown: dict[str, Any]) -> dict[str, Any]:
        """A rendered configuration of `version` with its variables, or with why the caller does not see them."""
        if not version.sealed_variables:
            return shown
        try:
            return shown | {"Environment": {"Variables": await self._unsealed(ctx, version)}}
        except ApiError as error:
            return shown | {"Environment": {"Error": {"ErrorCode": error.code, "Message": error.message}}}

    async def all_shown(
        self, ctx: Context, versions: Sequence[FunctionVersion], shown: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """The same for a listing."""
        return list(await asyncio.gather(*map(self.shown, [ctx] * len(versions), versions, shown)))

    async def _granted(self, ctx: Context, key: str, version: FunctionVersion) -> FunctionVersion:
        """The execution role may decrypt from now on, for this function alone. Raises ApiError."""
        grant = {
            "KeyId": key,
            "GranteePrincipal": version.role,
            "Operations": ["Decrypt"],
            "Constraints": {"EncryptionContextEquals": _context(version)},
            "Name": f"lambda-{version.name}",  # by its name it is made once, however often variables change
        }
        try:
            await self._neighbours.call(ctx, "kms", "CreateGrant", grant)
        except ApiError as error:
            raise kms_errors.not_granted(error) from error
        return version

    async def _seal(self, ctx: Context, key: str, version: FunctionVersion, variables: Mapping[str, str]) -> bytes:
        plain = json.dumps(variables, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
        asked = {"KeyId": key, "Plaintext": plain, "EncryptionContext": _context(version)}
        try:
            blob = (await self._neighbours.call(ctx, "kms", "Encrypt", asked))["CiphertextBlob"]
        except ApiError as error:
            raise kms_errors.not_encrypted(error) from error
        return bytes(blob)

    async def _unsealed(self, ctx: Context, version: FunctionVersion) -> dict[str, str]:
        try:
            return await _decrypted(self._neighbours, ctx, version)
        except ApiError as error:
            raise kms_errors.not_shown(error) from error


class Unsealing:
    """Unseals variables for environments that start, in the name of the execution role."""

    def __init__(self, neighbours: Neighbours, as_role: AsRole) -> None:
        self._neighbours = neighbours
        self._as_role = as_role

    async def variables(self, function: FunctionVersion) -> dict[str, str]:
        """The function's variables in the clear. Raises ApiError: the key does not let its role."""
        try:
            ctx = self._as_role(function.role, function.name, function.region)
            return await _decrypted(self._neighbours, ctx, function)
        except ApiError as error:
            raise kms_errors.not_decrypted(error) from error


async def _decrypted(neighbours: Neighbours, ctx: Context, version: FunctionVersion) -> dict[str, str]:
    asked = {
        "KeyId": version.kms_key,
        "CiphertextBlob": version.sealed_variables,
        "EncryptionContext": _context(version),
    }
    plain = (await neighbours.call(ctx, "kms", "Decrypt", asked))["Plaintext"]
    return dict(json.loads(bytes(plain).decode("utf-8", "surrogatepass")))


def _context(version: FunctionVersion) -> dict[str, str]:
    return {CONTEXT_KEY: version.function_arn}

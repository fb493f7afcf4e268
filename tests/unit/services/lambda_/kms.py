"""A KMS for tests: data keys that it knows again, in the encryption context that they were made for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambent.context import Context
from lambent.model.errors import ApiError

KEY, OTHER = "arn:aws:kms:us-east-1:000000000000:key/one", "arn:aws:kms:us-east-1:000000000000:key/two"


class DataKeys:
    """`asked` is what was asked of which key in whose name; refuses the operations that `refused` names."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.refused: dict[str, ApiError] = {}
        self._made: dict[bytes, tuple[str, Mapping[str, str], bytes]] = {}

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        assert service == "kms"
        key, context = params["KeyId"], params["EncryptionContext"]
        self.asked.append((operation, key, ctx.principal.service or ctx.principal.arn))
        if operation in self.refused:
            raise self.refused[operation]
        if operation == "GenerateDataKey":
            plain = bytes([len(self._made) + 1]) * 32
            encrypted = b"key %d" % len(self._made)
            self._made[encrypted] = key, context, plain
            return {"Plaintext": plain, "CiphertextBlob": encrypted}
        assert operation == "Decrypt"
        known, expected, plain = self._made[params["CiphertextBlob"]]
        assert (known, expected) == (key, context)
        return {"Plaintext": plain}


DENIED = ApiError("AccessDeniedException", "no", status=400)

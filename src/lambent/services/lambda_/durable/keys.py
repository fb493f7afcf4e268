"""Executions whose data lies under a customer's key of KMS: a data key each, made when it begins, and good to its end.

Lambda itself asks for it, as the key's policy allows; what readers ask for is judged by their own permissions. A data
key in the clear is remembered for some minutes: so long a key that was disabled still serves what goes on.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lambent.context import Clock, Context
from lambent.model.errors import ApiError
from lambent.model.function import FunctionVersion
from lambent.services.lambda_ import kms_errors
from lambent.services.lambda_.customer_keys import CustomerKeys, DataKey
from lambent.services.lambda_.durable.values import Execution
from lambent.services.lambda_.sealed_filters import SERVICE, AsService
from lambent.services.operation import Params

REMEMBERED_SECONDS = 300.0
_REMEMBERED = 1000


class KeyRefused(ApiError):
    """The key does not let Lambda: what is asked can be asked again later."""


class ExecutionKeys:
    """Data keys of executions."""

    def __init__(self, keys: CustomerKeys, as_service: AsService, clock: Clock) -> None:
        self._keys = keys
        self._as_service = as_service
        self._clock = clock
        self._known: dict[str, tuple[DataKey, float]] = {}

    async def check(self, params: Params, function: FunctionVersion) -> None:
        """Whether executions could begin under the key that a request asks for, if it does. Raises ApiError."""
        kms_key = params.get("DurableConfig", {}).get("KMSKeyArn")
        if not kms_key:
            return
        arn = function.function_arn
        try:
            await self._keys.new(self._as_service(SERVICE, arn), kms_key, _context(arn))
        except ApiError as error:
            raise kms_errors.not_encrypted(error, kms_errors.EXECUTION) from error

    async def begun(self, execution: Execution) -> Execution:
        """A new execution with its data key, if it is to have one. Raises KeyRefused."""
        if not execution.kms_key:
            return execution
        arn = _function(execution)
        try:
            key = await self._keys.new(self._as_service(SERVICE, arn), execution.kms_key, _context(arn))
        except ApiError as error:
            raise _refused(error) from error
        self._remember(execution.id, key)
        return msgspec.structs.replace(execution, data_key=key.encrypted)

    async def of(self, execution: Execution) -> DataKey | None:
        """The data key of an execution; None: its data are not under a key of KMS. Raises KeyRefused."""
        if not execution.kms_key:
            return None
        known = self._known.get(execution.id)
        if known is not None and known[1] > self._clock.monotonic():
            return known[0]
        arn = _function(execution)
        ctx = self._as_service(SERVICE, arn)
        try:
            key = await self._keys.again(ctx, execution.kms_key, execution.data_key, _context(arn))
        except ApiError as error:
            raise _refused(error) from error
        self._remember(execution.id, key)
        return key

    async def admit(self, ctx: Context, execution: Execution) -> None:
        """Whether a caller may see an execution's data. Raises ApiError."""
        if not execution.kms_key:
            return
        try:
            await self._keys.again(ctx, execution.kms_key, execution.data_key, _context(_function(execution)))
        except ApiError as error:
            said = kms_errors.not_decrypted(error, kms_errors.EXECUTION)
            raise said from error

    def _remember(self, execution_id: str, key: DataKey) -> None:
        while len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[execution_id] = key, self._clock.monotonic() + REMEMBERED_SECONDS


def _refused(error: ApiError) -> KeyRefused:
    said = kms_errors.not_decrypted(error, kms_errors.EXECUTION)
    return KeyRefused(said.code, said.message, status=said.status, fields=said.fields)


def _function(execution: Execution) -> str:
    return execution.function_arn.rsplit(":", 1)[0]


def _context(function_arn: str) -> Mapping[str, str]:
    return {"aws:lambda:FunctionArn": function_arn}

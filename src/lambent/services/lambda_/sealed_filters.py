"""Filter criteria under a customer's key of KMS: sealed and shown in the caller's name, read by pollers in Lambda's.

So whoever has no part in the key sees that there are filters, not which. What KMS says is put into Lambda's words by
`kms_errors`.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.model.event_source import EventSourceMapping
from lambent.services.lambda_ import kms_errors
from lambent.services.lambda_.customer_keys import CustomerKeys
from lambent.services.operation import Params
from lambent.sources.base import SourceFailed

_CRITERIA = "FilterCriteria"
SERVICE = "lambda.amazonaws.com"
"""Lambda itself, as key policies name it."""


class AsService(Protocol):
    """A context of a service of ours, for one of its resources (`neighbours.acting.Acting.as_service`)."""

    def __call__(self, service: str, source_arn: str) -> Context: ...


class SealedFilters:
    """Seals and shows criteria in the name of the caller of an operation. Every method raises ApiError."""

    def __init__(self, keys: CustomerKeys) -> None:
        self._keys = keys

    async def sealed(
        self, ctx: Context, params: Params, mapping: EventSourceMapping, before: EventSourceMapping | None = None
    ) -> EventSourceMapping:
        """`mapping`, made from `before` by a request with `params`, with the key and the seal that it is to have.

        Its options hold the criteria that the request gives. Raises ApiError: the caller may not use the key.
        """
        key = params.get("KMSKeyArn", mapping.kms_key)
        if before is not None and before.sealed_filters is not None and _CRITERIA not in params:
            if key == before.kms_key and _context(mapping) == _context(before):
                return mapping
            mapping = msgspec.structs.replace(
                mapping, options=mapping.options | {_CRITERIA: await self._read(ctx, before)}
            )
        mapping = msgspec.structs.replace(mapping, kms_key=key, sealed_filters=None)
        if not key or not mapping.filters:
            return mapping
        options = dict(mapping.options)
        plain = msgspec.json.encode(options.pop(_CRITERIA))
        try:
            sealed = await self._keys.seal(ctx, key, plain, _context(mapping))
        except ApiError as error:
            raise kms_errors.not_encrypted(error, kms_errors.FILTERS) from error
        return msgspec.structs.replace(mapping, options=options, sealed_filters=sealed)

    async def shown(self, ctx: Context, mapping: EventSourceMapping, shown: dict[str, Any]) -> dict[str, Any]:
        """A rendered `mapping` with its criteria, or with why the caller does not see them."""
        if mapping.sealed_filters is None:
            return shown
        try:
            return shown | {_CRITERIA: await self._read(ctx, mapping)}
        except ApiError as error:
            return shown | {"FilterCriteriaError": {"ErrorCode": error.code, "Message": error.message}}

    async def _read(self, ctx: Context, mapping: EventSourceMapping) -> Any:
        try:
            return await _opened(self._keys, ctx, mapping)
        except ApiError as error:
            raise kms_errors.not_shown(error, kms_errors.FILTERS) from error


class FilterUnsealing:
    """Opens criteria for pollers, in the name of Lambda itself: the key's policy decides."""

    def __init__(self, keys: CustomerKeys, as_service: AsService) -> None:
        self._keys = keys
        self._as_service = as_service

    async def opened(self, mapping: EventSourceMapping) -> EventSourceMapping:
        """The mapping with its filters in the clear. Raises SourceFailed: the key does not let us."""
        if mapping.sealed_filters is None:
            return mapping
        try:
            ctx = self._as_service(SERVICE, mapping.arn)
            criteria = await _opened(self._keys, ctx, mapping)
        except ApiError as error:
            text = kms_errors.not_shown(error, kms_errors.FILTERS).message
            raise SourceFailed(text, f"PROBLEM: {text}") from error
        return msgspec.structs.replace(mapping, options=mapping.options | {_CRITERIA: criteria})


async def _opened(keys: CustomerKeys, ctx: Context, mapping: EventSourceMapping) -> Any:
    assert mapping.sealed_filters is not None
    return msgspec.json.decode(await keys.unseal(ctx, mapping.kms_key, mapping.sealed_filters, _context(mapping)))


def _context(mapping: EventSourceMapping) -> dict[str, str]:
    """The encryption context: which function, and from which source, where that has an ARN."""
    context = {"aws:lambda:FunctionArn": mapping.function_arn}
    return context | ({"aws:lambda:EventSourceArn": mapping.source_arn} if mapping.source_arn else {})

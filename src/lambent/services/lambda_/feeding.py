"""Functions as pollers see them: invoked with events, and calling their sources in the name of their roles."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import msgspec

from lambent.context import Clock, Context, Ids, Principal
from lambent.model.errors import ApiError, PlatformError
from lambent.model.event_source import EventSourceMapping
from lambent.model.function import LATEST, FunctionVersion
from lambent.services.lambda_ import errors
from lambent.services.lambda_.repository import Repository, is_version
from lambent.services.operation import Handler
from lambent.sources.base import Outcome, Result

_LOOP = "RecursiveInvocationException"
_LOG = logging.getLogger(__name__)


class Feeding:
    """The real `sources.base.Fed`. `principal_of` is who acts in the name of a function."""

    def __init__(
        self, repository: Repository, principal_of: Callable[[FunctionVersion], Principal], clock: Clock, ids: Ids
    ) -> None:
        self._repository = repository
        self._principal_of = principal_of
        self._clock = clock
        self._ids = ids
        self._invoke: Handler | None = None

    def open_to(self, invoke: Handler) -> None:
        """From now on functions can be invoked: the operation Invoke is made after this."""
        self._invoke = invoke

    async def context(self, mapping: EventSourceMapping) -> Context:
        """In the name of the execution role. Raises ApiError if the function is not there (any more)."""
        function = await fed(self._repository, mapping)
        if function is None:
            raise errors.function_not_found(mapping.function_arn)
        return Context(
            account=mapping.account,
            region=mapping.region,
            principal=self._principal_of(function),
            request_id=self._ids.request_id(),
            clock=self._clock,
            ids=self._ids,
        )

    async def invoke(self, mapping: EventSourceMapping, payload: bytes, traces: Sequence[str] = ()) -> Outcome:
        """Run the function: its own errors, and a loop of functions that is ended, are FAILED; other refusals LATER."""
        assert self._invoke is not None
        try:
            first, others = (traces[0], tuple(traces[1:])) if traces else (None, ())
            ctx = msgspec.structs.replace(await self.context(mapping), trace_id=first, links=others)
            result = await self._invoke(ctx, {"FunctionName": mapping.function_arn, "Payload": payload})
        except ApiError as error:
            _LOG.info("%s cannot invoke %s now: %s", mapping.uuid, mapping.function_arn, error)
            return Outcome(Result.FAILED, error="Unhandled") if error.code == _LOOP else Outcome(Result.LATER)
        except PlatformError:
            _LOG.exception("%s could not invoke %s", mapping.uuid, mapping.function_arn)
            return Outcome(Result.LATER)
        payload, version = bytes(result["Payload"]), result.get("ExecutedVersion", "")
        if failure := result.get("FunctionError"):
            return Outcome(Result.FAILED, payload, ctx.request_id, version, failure)
        return Outcome(Result.DONE, payload, ctx.request_id, version)


async def fed(repository: Repository, mapping: EventSourceMapping) -> FunctionVersion | None:
    """The version that a mapping feeds now, if it can run."""
    version = mapping.qualifier or LATEST
    if not is_version(version):
        alias = await repository.alias(mapping, mapping.function_name, version)
        version = version if alias is None else alias.version
    return await repository.runnable(mapping, mapping.function_name, version)

"""One invocation of a durable function: which version runs, and what comes of it."""

from __future__ import annotations

from lambent.context import Clock, Context, Ids, Principal
from lambent.invoke.base import Invoker, InvokeRequest
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import State
from lambent.services.lambda_ import errors
from lambent.services.lambda_.durable.invocation import answer
from lambent.services.lambda_.durable.machine import Answer
from lambent.services.lambda_.durable.values import Execution
from lambent.services.lambda_.names import function_arn
from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.roles import LAMBDA

_NO_ROOM = "TooManyRequestsException"


class Invoking:
    """Invokes the function of an execution."""

    def __init__(self, functions: Repository, invoker: Invoker, clock: Clock, ids: Ids) -> None:
        self._functions = functions
        self._invoker = invoker
        self._clock = clock
        self._ids = ids

    async def invoke(self, execution: Execution, payload: bytes) -> Answer | None:
        """Run the function once, under the id of the execution's invocation. None: it could not begin, try later."""
        function = await self._functions.runnable(execution, execution.function, execution.version)
        if function is None:
            gone = errors.function_not_found(function_arn(execution, execution.function, execution.version))
            return _refused(gone, crashed=False)
        if function.state is not State.ACTIVE:
            return None
        request = InvokeRequest(
            payload=payload,
            invoked_arn=execution.invoked_arn,
            client_context=execution.client_context,
            tenant_id=execution.tenant_id,
            trace_id=execution.trace_id,
            lineage=execution.lineage,
        )
        try:
            return answer(await self._invoker.invoke(self._context(execution), function, request))
        except ApiError as refusal:
            return None if refusal.code == _NO_ROOM else _refused(refusal, crashed=True)
        except PlatformError:
            return None

    def _context(self, execution: Execution) -> Context:
        lambda_itself = Principal(execution.account, LAMBDA, "", service=LAMBDA)
        return Context(execution.account, execution.region, lambda_itself, execution.invocation, self._clock, self._ids)


def _refused(refusal: ApiError, *, crashed: bool) -> Answer:
    return Answer(problem={"ErrorMessage": refusal.message, "ErrorType": refusal.code}, crashed=crashed)

"""The calls that run a function: Invoke, InvokeWithResponseStream. What happens then is the data plane's business."""

from __future__ import annotations

from base64 import b64encode

from lambent.context import Context
from lambent.invoke.base import Invoker, InvokeRequest
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.model.function import LATEST, LATEST_PUBLISHED, FunctionVersion, State
from lambent.services.lambda_ import capacity_errors, errors, events, limits, tenancy
from lambent.services.lambda_.aliases import Turns, routed
from lambent.services.lambda_.async_acceptance import Asynchronous
from lambent.services.lambda_.durable import errors as durable_errors
from lambent.services.lambda_.durable.starts import Starts
from lambent.services.lambda_.idleness import Idleness
from lambent.services.lambda_.interpreters import Interpreters
from lambent.services.lambda_.names import Reference, function_arn, reference
from lambent.services.lambda_.recursion import Recursion
from lambent.services.lambda_.repository import Repository, is_version
from lambent.services.lambda_.response_stream import ResponseStream
from lambent.services.operation import Params, Reply, Result, TooLong, operation

_TOO_LONG = TooLong(errors.REQUEST_TOO_LARGE, errors.too_large_text(limits.PAYLOAD_BYTES, "InvokeFunction"))


class Invocations:
    """Invoke and InvokeWithResponseStream, with or without the log's tail, and DryRun of both; events of Invoke."""

    def __init__(
        self,
        repository: Repository,
        invoker: Invoker,
        recursion: Recursion,
        interpreters: Interpreters,
        idleness: Idleness,
        asynchronous: Asynchronous,
        starts: Starts,
    ) -> None:
        self._repository = repository
        self._asynchronous = asynchronous
        self._invoker = invoker
        self._recursion = recursion
        self._interpreters = interpreters
        self._idleness = idleness
        self._starts = starts
        self._turns = Turns()

    @operation("Invoke", body_limit=limits.PAYLOAD_BYTES, too_long=_TOO_LONG)
    async def invoke(self, ctx: Context, params: Params) -> Result:
        """Run the function and answer with what it answered; a function that fails is an answer too."""
        is_event = params.get("InvocationType") == "Event"
        named, function, request = await self._asked(ctx, params, loops=is_event)
        if request is None:
            return {"StatusCode": 204}
        if function.durable is not None:
            return await self._starts.invoke(ctx, named, function, request, params)
        if is_event:
            return await self._take_over(ctx, named, function, request)
        answer = await self._invoker.invoke(ctx, function, request)
        result = Reply(StatusCode=200, ExecutedVersion=answer.executed_version, Payload=answer.payload)
        if answer.function_error is not None:
            result["FunctionError"] = answer.function_error
        if answer.log_tail is not None:
            result["LogResult"] = b64encode(answer.log_tail).decode()
        if answer.trace_id is not None:
            result.headers = {"X-Amzn-Trace-Id": answer.trace_id}
        return result

    async def _take_over(
        self, ctx: Context, named: Reference, function: FunctionVersion, request: InvokeRequest
    ) -> Result:
        """Accept an event. One that goes on with a loop is accepted, too, and ends at the function's destination."""
        _, looping = await self._recursion.traced(ctx, function)
        await self._asynchronous.take(ctx, named, request, looping=looping)
        if looping:
            self._recursion.dropped(function)
        return {"StatusCode": 202}

    @operation("InvokeWithResponseStream", body_limit=limits.PAYLOAD_BYTES, too_long=_TOO_LONG)
    async def invoke_with_response_stream(self, ctx: Context, params: Params) -> Result:
        """Run the function and pass its answer on while it is made; a function that fails is the end of a stream."""
        _, function, request = await self._asked(ctx, params)
        if request is None:
            return {"StatusCode": 204}
        if function.durable is not None:
            raise durable_errors.not_streamed()
        answer = await self._invoker.invoke_stream(ctx, function, request)
        stream = ResponseStream(answer, ctx.request_id)
        result = Reply(StatusCode=200, ExecutedVersion=answer.executed_version, EventStream=stream)
        if answer.trace_id is not None:
            result.headers = {"X-Amzn-Trace-Id": answer.trace_id}
        return result

    async def stream(self, ctx: Context, params: Params) -> StreamedAnswer:
        """As Invoke, for whoever passes the answer on itself. The caller iterates to its end, or closes it."""
        _, function, request = await self._asked(ctx, params)
        assert request is not None  # nobody asks for a dry run here
        if function.durable is not None:
            raise durable_errors.not_streamed()
        return await self._invoker.invoke_stream(ctx, function, request)

    async def _asked(
        self, ctx: Context, params: Params, *, loops: bool = False
    ) -> tuple[Reference, FunctionVersion, InvokeRequest | None]:
        """What is to be run, and with what; with nothing if it is not to be run at all. Raises ApiError, also for what
        goes on with a loop, unless `loops`."""
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), "InvokeFunction")
        function = await self.serving(ctx, named)
        if function.durable is None and "DurableExecutionName" in params:
            raise durable_errors.not_durable()
        tenant = tenancy.tenant(function, params)
        if params.get("InvocationType") == "DryRun":
            return named, function, None
        if function.capacity is not None and params.get("LogType") == "Tail":
            raise capacity_errors.not_with("LogType Tail")
        event = events.event(params.get("Payload"))
        context = events.client_context(params.get("ClientContext"))
        if function.state is State.INACTIVE:
            await self._idleness.wake(function)
        if function.state is not State.ACTIVE:
            raise errors.in_state(str(function.state))
        if not self._interpreters.keeps(function):
            raise errors.runtime_version_gone()
        self._idleness.use(function)
        loops = loops and function.durable is None
        asked = InvokeRequest(
            payload=event,
            invoked_arn=function_arn(ctx, named.name, named.qualifier),
            log_tail=params.get("LogType") == "Tail",
            client_context=context,
            tenant_id=tenant,
            trace_id=ctx.trace_id,
            links=ctx.links,
            lineage=(await self._recursion.traced(ctx, function))[0]
            if loops
            else await self._recursion.lineage(ctx, function),
        )
        return named, function, asked

    async def serving(self, ctx: Context, named: Reference) -> FunctionVersion:
        """The version that serves an invocation now. Raises ApiError."""
        version = named.qualifier or LATEST
        if not is_version(version):
            alias = await self._repository.alias(ctx, named.name, version)
            if alias is not None:
                arn = function_arn(ctx, named.name, alias.name)
                version = routed(alias, lambda: self._turns.next(arn, ctx.ids.fraction))
        function = await self._repository.runnable(ctx, named.name, version)
        if function is None:
            raise errors.function_not_found(function_arn(ctx, named.name, named.qualifier))
        if function.capacity is not None and function.version == LATEST:
            return await self._published(ctx, named)
        return function

    async def _published(self, ctx: Context, named: Reference) -> FunctionVersion:
        """On managed instances only what is published runs. Raises ApiError."""
        if named.qualifier is not None:
            raise capacity_errors.not_with("Invoking $LATEST")
        function = await self._repository.runnable(ctx, named.name, LATEST_PUBLISHED)
        if function is None:
            raise errors.function_not_found(function_arn(ctx, named.name, LATEST_PUBLISHED))
        return function

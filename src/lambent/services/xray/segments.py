"""Segments put, and traces read back whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lambent.context import Context
from lambent.observe.traces.segments import BadSegment, Segment, parse
from lambent.observe.traces.store import MOST_OF_TRACE, TraceStore
from lambent.services.operation import Params, Result, operation
from lambent.services.xray import errors, limits, pages
from lambent.services.xray.graph import Graph
from lambent.services.xray.summary import summed


class Segments:
    """PutTraceSegments, PutTelemetryRecords, BatchGetTraces, GetTraceGraph."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store

    @operation("PutTraceSegments")
    async def put(self, ctx: Context, params: Params) -> Result:
        """Keep segments, durable on return; those that are none are told, and the others are kept."""
        documents = params["TraceSegmentDocuments"]
        if len(documents) > limits.DOCUMENTS:
            raise errors.invalid(f"There may be at most {limits.DOCUMENTS} segment documents.")
        refused = []
        for document in documents:
            try:
                self._store.add(ctx.account, ctx.region, parse(document))
            except BadSegment as bad:
                refused.append({"ErrorCode": bad.code, "Message": str(bad), **({"Id": bad.id} if bad.id else {})})
        await self._store.flush()
        return {"UnprocessedTraceSegments": refused}

    @operation("PutTelemetryRecords")
    async def telemetry(self, ctx: Context, params: Params) -> Result:
        """What a daemon tells of itself: it may, and nobody asks for it."""
        return {}

    @operation("BatchGetTraces")
    async def batch(self, ctx: Context, params: Params) -> Result:
        """Traces whole, in the order of their ids; those that are not there are unprocessed."""
        ids = params["TraceIds"]
        if len(ids) > limits.TRACES:
            raise errors.invalid(f"There may be at most {limits.TRACES} trace ids.")
        found = await self._store.of(ctx.account, ctx.region, ids)
        wanted, _ = pages.page(ids, params.get("NextToken"), len(ids))
        traces: list[dict[str, Any]] = []
        size = 0
        for number, trace in enumerate(wanted, len(ids) - len(wanted)):
            segments = found.get(trace, [])
            size += sum(len(segment.document) for segment in segments)
            if traces and size > limits.TRACE_BYTES:
                return {"Traces": traces, "UnprocessedTraceIds": [], "NextToken": str(number)}
            if segments:
                traces.append(_whole(trace, segments))
        return {"Traces": traces, "UnprocessedTraceIds": [trace for trace in ids if trace not in found]}

    @operation("GetTraceGraph")
    async def graph(self, ctx: Context, params: Params) -> Result:
        """The service graph of some traces."""
        found = await self._store.of(ctx.account, ctx.region, params["TraceIds"])
        services = Graph([summed(trace, segments) for trace, segments in found.items()]).services()
        page, token = pages.page(services, params.get("NextToken"), limits.PAGE)
        return {"Services": page, **token}


def _whole(trace: str, segments: Sequence[Segment]) -> dict[str, Any]:
    return {
        "Id": trace,
        "Duration": summed(trace, segments).duration,
        "LimitExceeded": len(segments) >= MOST_OF_TRACE,
        "Segments": [{"Id": segment.id, "Document": segment.document} for segment in segments],
    }

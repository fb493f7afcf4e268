"""One batch of records through a pipe: enriched, put into form, handed over. The pollers' `Fed`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from lambent.context import Clock, Context
from lambent.model.errors import ApiError, PlatformError
from lambent.model.event_source import EventSourceMapping
from lambent.neighbours.base import Neighbours
from lambent.services.events.delivery_errors import Untransformable
from lambent.services.pipes import errors, limits, sources, targets, templates
from lambent.services.pipes.access import SERVICE, Trusts
from lambent.services.pipes.records import Pipe
from lambent.services.pipes.targets import FunctionFailed
from lambent.sources.base import Outcome, Result

AsRole = Callable[[str, str, str], Context]
"""(role's ARN, session name, region) -> in whose name to call."""

_LOG = logging.getLogger(__name__)


class Flow:
    """`pipes` are those that run, by their ARNs. `trusts` None: every role will do (no authentication)."""

    def __init__(self, neighbours: Neighbours, as_role: AsRole, trusts: Trusts | None, clock: Clock) -> None:
        self._trusts = trusts
        self._neighbours = neighbours
        self._as_role = as_role
        self._clock = clock
        self.pipes: dict[str, Pipe] = {}

    async def context(self, mapping: EventSourceMapping) -> Context:
        """In the name of the pipe's role, which must (still) trust Pipes. Raises ApiError."""
        pipe = self.pipes[mapping.uuid]
        if self._trusts is not None and not await self._trusts(pipe.role, SERVICE):
            raise errors.role_not_assumable(pipe.role)
        return self._as_role(pipe.role, pipe.name, pipe.region)

    async def invoke(self, mapping: EventSourceMapping, payload: bytes, traces: Sequence[str] = ()) -> Outcome:
        """Let a batch flow; LATER if it may help to try again soon."""
        pipe = self.pipes[mapping.uuid]
        records = sources.records_of(payload)
        try:
            first, others = (traces[0], tuple(traces[1:])) if traces else (None, ())
            ctx = msgspec.structs.replace(await self.context(mapping), trace_id=first, links=others)
            failed = await self._flow(pipe, ctx, records)
        except ApiError as error:
            _LOG.warning("%s: %s", pipe.arn, error)
            return Outcome(Result.LATER if _passes(error) else Result.FAILED)
        except (FunctionFailed, Untransformable, msgspec.DecodeError) as error:
            _LOG.warning("%s: %s", pipe.arn, error or type(error).__name__)
            return Outcome(Result.FAILED)
        except PlatformError:
            _LOG.exception("%s could not pass on a batch", pipe.arn)
            return Outcome(Result.LATER)
        return sources.outcome(mapping.kind, records, failed)

    async def _flow(self, pipe: Pipe, ctx: Context, records: Sequence[Any]) -> targets.Failures:
        """The positions of records that were not taken."""
        items: Sequence[Any] = records
        if pipe.enrichment:
            asked = self._formed(pipe.enrichment_parameters, pipe, records)
            answer = await targets.invoke(self._neighbours, ctx, pipe.enrichment, asked)
            items = answer if isinstance(answer, list) else [answer] if answer not in (None, "", {}) else []
            if not items:
                return targets.NONE  # the enrichment has kept them
        most = most_at_once(pipe.target)
        if most is not None and len(items) > most:
            _LOG.warning("%s: the enrichment answered with %d items, of which %d may go", pipe.arn, len(items), most)
            return frozenset(range(len(records)))
        formed = self._formed(pipe.target_parameters, pipe, items)
        failed = await targets.send(self._neighbours, ctx, pipe, formed, items)
        if failed and len(items) != len(records):
            return frozenset(range(len(records)))  # nobody knows which came of which
        return failed

    def _formed(self, parameters: dict[str, Any], pipe: Pipe, items: Sequence[Any]) -> list[Any]:
        template = parameters.get("InputTemplate") or ""
        return [templates.made(template, pipe, item, self._clock.now()) for item in items]


def most_at_once(target: str) -> int | None:
    """How many items one call of a target takes; None: as many as fit."""
    service = target.split(":")[2]
    if service in ("sqs", "sns", "events"):
        return limits.BATCH_TO_ENTRIES
    return limits.BATCH_TO_LOGS if service == "logs" else None


def _passes(error: ApiError) -> bool:
    """Whether trying again soon may help."""
    status = error.status or 400
    return status >= 500 or status in (408, 429) or "Throttl" in error.code or "TooManyRequests" in error.code

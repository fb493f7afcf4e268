"""What of a pipe the model cannot say: what fits its ends, and each other. What is not there is `unsupported`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lambent.model.event_source import SourceKind
from lambent.patterns.dialects import LAMBDA
from lambent.patterns.operators import BadPattern
from lambent.patterns.pattern import Pattern
from lambent.services.pipes import errors, limits, sources, templates
from lambent.services.pipes.access import SERVICE, Trusts
from lambent.services.pipes.flow import most_at_once
from lambent.services.pipes.records import Pipe

Reaches = Callable[[str], bool]
"""Whether a service (by the name of its model) can be called, here or elsewhere."""

_TARGETS: Mapping[str, str] = {
    "LambdaFunctionParameters": "lambda",
    "SqsQueueParameters": "sqs",
    "EventBridgeEventBusParameters": "events",
    "CloudWatchLogsParameters": "logs",
}


class Checks:
    """`trusts` None: every role will do (no authentication)."""

    def __init__(self, trusts: Trusts | None, reaches: Reaches) -> None:
        self._trusts = trusts
        self._reaches = reaches

    async def pipe(self, pipe: Pipe) -> None:
        """Whether a pipe can be. Raises ApiError."""
        _check_source(pipe)
        self._check_target(pipe)
        _check_batch(pipe)
        for parameters in (pipe.enrichment_parameters, pipe.target_parameters):
            templates.check(parameters.get("InputTemplate") or "")
        if self._trusts is not None and not await self._trusts(pipe.role, SERVICE):
            raise errors.role_not_assumable(pipe.role)

    def _check_target(self, pipe: Pipe) -> None:
        service, given = pipe.target.split(":")[2], pipe.target_parameters
        if not self._reaches(service):
            raise errors.unsupported(f"The target {pipe.target}", f"there is no service {service} to call")
        for member, value in given.items():
            if value is not None and member != "InputTemplate" and _TARGETS.get(member) != service:
                raise errors.wrong_parameters("TargetParameters", member)
        for parameter in _paths(given):
            templates.check_path(parameter)
        logs = given.get("CloudWatchLogsParameters") or {}
        if service == "logs" and not logs.get("LogStreamName"):
            raise errors.missing_parameters("CloudWatchLogsParameters.LogStreamName")
        if pipe.target.endswith(".fifo"):
            if service == "sns":
                raise errors.unsupported("A FIFO topic as a target", "it has no place for a message group")
            if not (given.get("SqsQueueParameters") or {}).get("MessageGroupId"):
                raise errors.missing_parameters("SqsQueueParameters.MessageGroupId")


def _check_source(pipe: Pipe) -> None:
    kind = sources.kind_of(pipe.source)
    for member, value in pipe.source_parameters.items():
        if value is not None and member not in ("FilterCriteria", sources.MEMBERS.get(kind or SourceKind.SQS)):
            raise errors.wrong_parameters("SourceParameters", member)
    if kind is not None and kind is not SourceKind.SQS and not sources.parameters(pipe):
        raise errors.missing_source_parameters(sources.MEMBERS[kind])
    for each in (pipe.source_parameters.get("FilterCriteria") or {}).get("Filters") or ():
        pattern = each.get("Pattern") or ""
        try:
            Pattern(pattern, LAMBDA)
        except BadPattern:
            raise errors.bad_filter(pattern) from None


def _check_batch(pipe: Pipe) -> None:
    most = most_at_once(pipe.target)
    size = sources.batch_size(pipe, most)
    if most is not None and size > most:
        raise errors.batch_too_large(size, most, "that the target takes")
    if sources.kind_of(pipe.source) is not SourceKind.SQS:
        return
    if pipe.source.endswith(".fifo") and size > limits.BATCH_OF_FIFO:
        raise errors.batch_too_large(size, limits.BATCH_OF_FIFO, "that a FIFO queue gives")
    if size > limits.BATCH_WITHOUT_WINDOW and not sources.parameters(pipe).get("MaximumBatchingWindowInSeconds"):
        raise errors.batch_too_large(
            size, limits.BATCH_WITHOUT_WINDOW, "without MaximumBatchingWindowInSeconds of at least 1"
        )


def _paths(given: Mapping[str, Any]) -> list[str]:
    """The parameters of a target that are paths."""
    values = [value for parameters in given.values() if isinstance(parameters, dict) for value in parameters.values()]
    texts = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return [each for each in texts if isinstance(each, str) and each.startswith("$")]

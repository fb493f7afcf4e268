"""X-Ray put together."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.observe.traces.store import TraceStore
from lambent.services.operation import Operation, operations
from lambent.services.xray.groups import Groups
from lambent.services.xray.repository import Repository
from lambent.services.xray.sampling_rules import SamplingRules
from lambent.services.xray.segments import Segments
from lambent.services.xray.summaries import Summaries
from lambent.services.xray.tagging import Tagging

RESOURCES: tuple[type, ...] = (Segments, Summaries, Groups, SamplingRules, Tagging)
"""The classes whose methods are the service's operations."""


class XrayApi:
    """`operations` by name."""

    def __init__(self, store: TraceStore, repository: Repository) -> None:
        self.operations: Mapping[str, Operation] = operations(
            Segments(store),
            Summaries(store, repository),
            Groups(repository),
            SamplingRules(repository),
            Tagging(repository),
        )

"""Where pollers' system logs go: to the log group of the function that they feed, in its role's name."""

from __future__ import annotations

from typing import Protocol

from lambent.model.event_source import EventSourceMapping
from lambent.services.lambda_.feeding import fed
from lambent.services.lambda_.repository import Repository


class Stream(Protocol):
    """A log stream (`observe.logs.LogStream`)."""

    def write(self, timestamp_ms: int, message: str) -> None: ...


class Logs(Protocol):
    """Where log streams come from (`observe.logs.LogStore`)."""

    def stream(
        self, account: str, region: str, group: str, name: str, role: str = "", *, in_json: bool = False
    ) -> Stream: ...


class PollerLogs:
    """The real `sources.poller_log.Write`."""

    def __init__(self, repository: Repository, logs: Logs) -> None:
        self._repository = repository
        self._logs = logs

    async def write(self, mapping: EventSourceMapping, stream: str, timestamp_ms: int, line: str) -> None:
        """One line; nowhere if the function is gone."""
        function = await fed(self._repository, mapping)
        if function is None:
            return
        group = function.logging.log_group
        opened = self._logs.stream(mapping.account, mapping.region, group, stream, function.role, in_json=True)
        opened.write(timestamp_ms, line)

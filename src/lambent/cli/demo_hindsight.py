"""What CloudWatch and X-Ray say of the demo afterwards, through the AWS CLI, held against what its clients know."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from lambent.cli.demo_claims import claim

PATIENCE_SECONDS = 15.0
PAUSE_SECONDS = 0.5
CLIENT = "client"
"""The type of whoever called from outside."""

REQUIRED = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
"""What an execution role needs besides, for its function to be traced."""


class Cli(Protocol):
    """The AWS CLI."""

    def cli(self, *arguments: str) -> str:
        """Run `aws ARGUMENTS`; its standard output."""
        ...


class Hindsight:
    """Questions about one function since `begun`. Each answers with what to show. Raises ClaimFailed, CommandError."""

    def __init__(self, clients: Cli, function: str, begun: datetime, show: Callable[[Sequence[str]], None]) -> None:
        """`show` is told each command before it is run for the first time."""
        self._clients = clients
        self._function = function
        self._window = window(begun, datetime.now(UTC))
        self._show = show

    def reports(self, invoked: int) -> str:
        """Of the log: it has a REPORT for each invocation."""
        asked = ("--log-group-name", f"/aws/lambda/{self._function}", "--filter-pattern", "REPORT")
        command = ("logs", "filter-log-events", *asked, "--query", "events[].message")
        found = self._until(command, lambda messages: len(messages) == invoked)
        claim(len(found) == invoked, f"the log has {invoked} REPORT lines, not {len(found)}")
        return f"{len(found)} REPORT lines; the last: {found[-1].splitlines()[0].expandtabs(1).strip()}"

    def counted(self, metric: str, number: int) -> str:
        """Of CloudWatch: what a metric of the function has come to."""
        asked = ("--namespace", "AWS/Lambda", "--metric-name", metric)
        of = ("--dimensions", f"Name=FunctionName,Value={self._function}", *self._window)
        how = ("--period", "3600", "--statistics", "Sum", "--query", "Datapoints[].Sum")
        command = ("cloudwatch", "get-metric-statistics", *asked, *of, *how)
        found = sum(self._until(command, lambda sums: sum(sums) == number))
        claim(found == number, f"{metric} have come to {number}, not {found:g}")
        return f"{metric}: {found:g}"

    def map(self) -> str:
        """Of X-Ray: who called whom."""
        command = ("xray", "get-service-graph", *self._window, "--query", "Services")
        wanted = ("AWS::Lambda", self._function), ("AWS::Lambda::Function", self._function)
        edges = _edges(self._until(command, lambda services: wanted in _edges(services)))
        claim(wanted in edges, f"the service graph leads to the function, not {edges}")
        return "\n".join(
            f"{source[1]} ({source[0]}) -> {target[1]} ({target[0]}): {total} traced, {faults} of them failed"
            for (source, target), (total, faults) in sorted(edges.items(), key=lambda edge: edge[0][0][0] != CLIENT)
        )

    def _until(self, command: Sequence[str], holds: Callable[[Any], bool]) -> Any:
        """What a command answers once that is as it should be, or at last: figures come some seconds later."""
        self._show(command)
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = json.loads(self._clients.cli(*command, "--output", "json"))
            if holds(answer) or time.monotonic() > until:
                return answer
            time.sleep(PAUSE_SECONDS)


def window(begun: datetime, ended: datetime) -> tuple[str, ...]:
    """The options that ask for all that happened between two times, in whole minutes."""
    start, end = begun.replace(second=0, microsecond=0), ended.replace(second=0, microsecond=0) + timedelta(minutes=2)
    return "--start-time", f"{start:%Y-%m-%dT%H:%M:%SZ}", "--end-time", f"{end:%Y-%m-%dT%H:%M:%SZ}"


def afterwards(directory: str, function: str, begun: datetime, ended: datetime) -> str:
    """How to ask the same by hand, of the data directory that stays."""
    times = " ".join(window(begun, ended))
    of = f"--namespace AWS/Lambda --metric-name Duration --dimensions Name=FunctionName,Value={function}"
    return "\n".join(
        (
            f"What it did stays in {directory}. To ask for yourself, or to look at the page of /_lambent/:",
            f"  lambent serve --data {directory}        and in another shell:",
            f'  eval "$(lambent env --data {directory})"',
            f"  aws logs tail /aws/lambda/{function} --since 1d        (AWS CLI 2; or: lambent logs {function})",
            f"  aws cloudwatch get-metric-statistics {of} \\",
            f"      {times} --period 3600 --statistics Average Maximum SampleCount",
            f"  aws xray get-service-graph {times}",
        )
    )


_Party = tuple[str, str]
"""Type and name."""


def _edges(services: list[dict[str, Any]]) -> dict[tuple[_Party, _Party], tuple[int, int]]:
    """Requests and faults by who called and who was called."""
    named = {service["ReferenceId"]: (service["Type"], service["Name"]) for service in services}
    return {
        (named[service["ReferenceId"]], named[edge["ReferenceId"]]): (
            edge["SummaryStatistics"]["TotalCount"],
            edge["SummaryStatistics"]["FaultStatistics"]["TotalCount"],
        )
        for service in services
        for edge in service["Edges"]
    }

"""Who is told of every invocation: metrics, traces, the bill. After the answer; must be quick and not raise."""

from __future__ import annotations

from typing import Protocol

from lambent.model.function import FunctionVersion
from lambent.model.invocation import Ended


class Witness(Protocol):
    """`app.py` fills it in."""

    def ended(self, ended: Ended) -> None:
        """An invocation is over."""
        ...

    def throttled(self, function: FunctionVersion, invoked_arn: str) -> None:
        """An invocation was refused for want of concurrency."""
        ...


class Nobody:
    """Tells nobody."""

    def ended(self, ended: Ended) -> None:
        """See `Witness`."""

    def throttled(self, function: FunctionVersion, invoked_arn: str) -> None:
        """See `Witness`."""

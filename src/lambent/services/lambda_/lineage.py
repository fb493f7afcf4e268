"""The `Lineage` of a trace header: through which functions a chain of invocations has come, and how often. Pure.

`HOPS:FUNCTION:TIMES|FUNCTION:TIMES`: how many invocations there were in all, and for each function (eight hex
digits) how often it was invoked again. SDKs hand the header on with every call that a function makes.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

LOOPS = 16
"""How often a function may come up in one chain."""

_FIELD = re.compile(r"(?:^|;)\s*Lineage=(\d{1,9}):([0-9a-f]{8}:\d{1,9}(?:\|[0-9a-f]{8}:\d{1,9})*)\s*(?:;|$)")
_FUNCTIONS = 32
"""How many functions a header keeps account of, the latest ones."""


def extended(header: str | None, function_arn: str) -> tuple[str, int]:
    """The lineage with one more invocation, and how often the function was invoked in this chain before.

    `header` is the caller's `X-Amzn-Trace-Id`; what cannot be read begins a new chain.
    """
    function = mark(function_arn)
    match = None if header is None or "Lineage=" not in header else _FIELD.search(header)
    if match is None:
        return f"1:{function}:0", 0
    times = {name: int(count) for name, _, count in (entry.partition(":") for entry in match[2].split("|"))}
    before = times.pop(function, -1) + 1
    times[function] = before
    kept = list(times.items())[-_FUNCTIONS:]
    return f"{int(match[1]) + 1}:{'|'.join(f'{name}:{count}' for name, count in kept)}", before


@lru_cache(maxsize=4096)
def mark(function_arn: str) -> str:
    """How a lineage names a function (by its ARN without version)."""
    return hashlib.sha256(function_arn.encode()).hexdigest()[:8]

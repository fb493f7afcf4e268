"""X-Ray's limits."""

from __future__ import annotations

DOCUMENTS = 50
"""Of one PutTraceSegments."""
TRACES = 5
"""Of one BatchGetTraces; and of a page of summaries, a hundred."""
PAGE = 100
TRACE_BYTES = 5 * 1024 * 1024
"""Of documents in a page of BatchGetTraces, unless one trace alone has more."""
LONGEST_SECONDS = 6 * 3600
"""A question for summaries or a graph covers so much at most."""
GROUPS = 25
RULES = 25
TARGET_SECONDS = 10
"""How often SDKs report what they sampled, and for how long a quota holds."""
HISTOGRAM = 20
"""Values of a histogram at most."""

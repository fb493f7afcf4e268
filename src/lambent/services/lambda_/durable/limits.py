"""Every figure of durable executions. Bytes, seconds and counts as named."""

from __future__ import annotations

from lambent.services.lambda_ import limits

PAYLOAD_BYTES = limits.PAYLOAD_BYTES
"""The input and the result of an execution that somebody waits for."""

ASYNC_PAYLOAD_BYTES = 1024 * 1024
"""The same of one that nobody waits for, and whatever an operation is given or gives."""

ERROR_BYTES = 1024 * 1024

CHECKPOINT_REQUEST_BYTES = 16 * 1024 * 1024

PAGE_BYTES = 5 * 1024 * 1024
"""Of operations or events in one answer, unless the first alone is larger."""

PAGE = 100
LARGEST_PAGE = 1000

WAITED_FOR_SECONDS = 900
"""The longest execution that a caller may wait for."""

LONGEST_SECONDS = 366 * 24 * 3600
"""However long it was paused."""

TIMEOUT_SECONDS = 24 * 3600
RETENTION_DAYS = 30
"""What DurableConfig says if it does not say."""

ATTEMPTS = 5
"""Invocations that may fail one after the other."""

IDLE_ATTEMPTS = 3
"""Invocations that may say, one after the other, that they wait for nothing."""

RETRY_SECONDS = 5.0
"""Between invocations that failed, or found no room."""

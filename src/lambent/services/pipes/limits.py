"""Every limit of Pipes."""

from __future__ import annotations

from typing import Final

PAGE: Final = 100
PIPES: Final = 1000
TAGS: Final = 50
BATCH: Final = 10
"""Records of a batch, unless the pipe says otherwise."""
BATCH_OF_BROKERS: Final = 100
BATCH_WITHOUT_WINDOW: Final = 10
BATCH_OF_FIFO: Final = 10
BATCH_TO_ENTRIES: Final = 10
"""Records of a batch for targets that take so many in a call: queues, topics, buses."""
BATCH_TO_LOGS: Final = 10_000

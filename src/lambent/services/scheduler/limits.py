"""Every limit of the Scheduler."""

from __future__ import annotations

from typing import Final

PAGE: Final = 100
GROUPS: Final = 500
SCHEDULES: Final = 1_000_000
TAGS: Final = 50
EARLIEST_START_SECONDS: Final = 300.0
RETRIES: Final = 185
EVENT_AGE_SECONDS: Final = 86_400
INPUT_BYTES: Final = 262_144
"""What an execution may carry to its target."""

"""Every limit of EventBridge. Sizes in bytes, times in seconds."""

from __future__ import annotations

from typing import Final

ENTRIES_BYTES: Final = 1_048_576
"""All entries of one PutEvents together; AWS raised it from 256 KB in 2025."""

TIME_BYTES: Final = 14
TARGETS: Final = 5
RULES: Final = 2000
"""Of one bus; AWS begins with 300 and grants more."""

BUSES: Final = 100
ARCHIVES: Final = 100
POLICY_BYTES: Final = 10_240
TAGS: Final = 50
PAGE: Final = 100
ATTEMPTS: Final = 185
AGE_SECONDS: Final = 86_400
REPLAYS: Final = 10
REPLAYS_KEPT_SECONDS: Final = 90 * 86_400

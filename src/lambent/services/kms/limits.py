"""Every limit of KMS."""

from __future__ import annotations

from typing import Final

PAGE: Final = 100
PAGE_AT_MOST: Final = 1000
ALIASES_PER_KEY: Final = 50
GRANTS_PER_KEY: Final = 50_000
TAGS: Final = 50
PLAIN_BYTES: Final = 4096
ROTATION_DAYS: Final = 365
DELETION_DAYS: Final = 30
ON_DEMAND_ROTATIONS: Final = 25
DAY: Final = 86_400.0
POLICY_BYTES: Final = 32_768

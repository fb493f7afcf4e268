"""Every limit of Secrets Manager."""

from __future__ import annotations

from typing import Final

SECRET_BYTES: Final = 65_536
NAME_LENGTH: Final = 512
VERSIONS: Final = 100
LABELS_PER_VERSION: Final = 20
TAGS: Final = 50
POLICY_BYTES: Final = 20_480
PAGE: Final = 100
BATCH: Final = 20
RECOVERY_DAYS_LEAST: Final = 7
RECOVERY_DAYS: Final = 30
PASSWORD_LENGTH: Final = 32
PASSWORD_LENGTH_MOST: Final = 4096
DAY: Final = 86_400.0

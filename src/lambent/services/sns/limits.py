"""Every limit of SNS."""

from __future__ import annotations

from typing import Final

MESSAGE_BYTES: Final = 262_144
BATCH: Final = 10
PAGE: Final = 100
TAGS: Final = 50
SUBJECT_LENGTH: Final = 100
POLICY_STATEMENTS: Final = 20
FILTER_KEYS: Final = 5
FILTER_COMBINATIONS: Final = 150
FILTER_BYTES: Final = 262_144
TOKEN_SECONDS: Final = 2 * 86_400.0
"""How long a subscription waits for its confirmation, and a cancelled one for its restoration."""
DEDUPLICATION_SECONDS: Final = 300.0
DATA_KEY_SECONDS: Final = 300.0
"""How long a data key of KMS is used."""
LETTER_SECONDS: Final = 24 * 86_400.0
"""Longer than anything is tried again."""
HTTP_SECONDS: Final = 15.0
"""How long an endpoint may take to answer."""
HTTP_RETRY_SECONDS: Final = 3_600
"""How long all retries of a delivery policy may take together."""
HTTP_ANSWER_BYTES: Final = 1024 * 1024

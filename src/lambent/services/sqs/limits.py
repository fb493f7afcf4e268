"""Every limit of SQS, and the attributes that queues have with their ranges."""

from __future__ import annotations

from typing import Final

MESSAGE_BYTES: Final = 1_048_576
BATCH: Final = 10
ATTRIBUTES: Final = 10
IN_FLIGHT: Final = 120_000
FIFO_IN_FLIGHT: Final = 20_000
VISIBILITY_SECONDS: Final = 43_200
DELAY_SECONDS: Final = 900
WAIT_SECONDS: Final = 20
DEDUPLICATION_SECONDS: Final = 300
PURGE_SECONDS: Final = 60
TAGS: Final = 50
PAGE: Final = 1000
MOVES_PER_SECOND: Final = 500
POLICY_STATEMENTS: Final = 20

KEY_ID_LENGTH = 2048
"""Of KmsMasterKeyId."""

NUMBERS: Final = {
    "DelaySeconds": (0, DELAY_SECONDS, "0"),
    "MaximumMessageSize": (1024, MESSAGE_BYTES, str(MESSAGE_BYTES)),
    "MessageRetentionPeriod": (60, 1_209_600, "345600"),
    "ReceiveMessageWaitTimeSeconds": (0, WAIT_SECONDS, "0"),
    "VisibilityTimeout": (0, VISIBILITY_SECONDS, "30"),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400, "300"),
}
"""Attributes that are numbers: least, most, and what they are by themselves."""

"""Every limit of IAM (the service's quotas and the User Guide's)."""

from __future__ import annotations

from typing import Final

PAGE: Final = 100
PAGE_AT_MOST: Final = 1000
KEYS_PER_USER: Final = 2
GROUPS_PER_USER: Final = 10
ATTACHED: Final = 10
"""Managed policies of one user, group or role."""

VERSIONS: Final = 5
MANAGED_POLICY_CHARACTERS: Final = 6144
TRUST_POLICY_CHARACTERS: Final = 2048
INLINE_CHARACTERS: Final = {"user": 2048, "role": 10_240, "group": 5120}
"""All inline policies of one user, role or group together; white space is not counted."""

TAGS: Final = 50
SESSION_SECONDS: Final = 3600
PROVIDER_CLIENTS: Final = 100

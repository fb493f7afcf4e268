"""KMS put together."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.services.kms.aliases import Aliases, KeyPolicies
from lambent.services.kms.encryption import Encryption
from lambent.services.kms.grants import Grants
from lambent.services.kms.keyring import Keyring
from lambent.services.kms.keys import Keys, Rotation
from lambent.services.operation import Operation, operations

RESOURCES: tuple[type, ...] = (Keys, Rotation, Aliases, KeyPolicies, Grants, Encryption)
"""The classes whose methods are the service's operations."""


class KmsApi:
    """`operations` by name."""

    def __init__(self, keyring: Keyring) -> None:
        self.operations: Mapping[str, Operation] = operations(
            Keys(keyring),
            Rotation(keyring),
            Aliases(keyring),
            KeyPolicies(keyring),
            Grants(keyring),
            Encryption(keyring),
        )

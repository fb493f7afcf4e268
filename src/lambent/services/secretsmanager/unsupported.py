"""Options of Secrets Manager that are refused by name, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.services.operation import Params
from lambent.services.secretsmanager import errors

HARMLESS_KEY = "alias/aws/secretsmanager"

REFUSED: Mapping[str, str] = {
    "KmsKeyId": "secrets are sealed with the server's master key, not with one of KMS",
    "AddReplicaRegions": "secrets stay in their region",
    "ForceOverwriteReplicaSecret": "secrets stay in their region",
    "CrossAccountPrimaryARN": "secrets stay in their account",
    "Type": "no secrets are managed by others",
    "RotationToken": "secrets are not rotated",
    "PolicyName": "a secret has one policy",
}


def refuse(params: Params) -> None:
    """Raise ApiError for the first option that asks for something that is not there."""
    for option, why in REFUSED.items():
        given = params.get(option)
        if given and not (option == "KmsKeyId" and given == HARMLESS_KEY):
            raise errors.unsupported(option, why)

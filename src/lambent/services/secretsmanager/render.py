"""Secrets as callers see them."""

from __future__ import annotations

from typing import Any

from lambent.services.secretsmanager.records import Secret, Value, Version


def named(secret: Secret, **more: Any) -> dict[str, Any]:
    """What nearly every answer begins with."""
    return {"ARN": secret.arn, "Name": secret.name, **more}


def value(secret: Secret, version: Version, held: Value) -> dict[str, Any]:
    """What GetSecretValue answers."""
    shown = named(secret, VersionId=version.id, VersionStages=list(version.stages), CreatedDate=version.created)
    if held.text is not None:
        shown["SecretString"] = held.text
    else:
        shown["SecretBinary"] = held.binary or b""
    return shown


def described(secret: Secret, versions_member: str) -> dict[str, Any]:
    """DescribeSecret's answer, and an entry of ListSecrets, which names its versions differently."""
    shown = named(secret, LastChangedDate=secret.changed, CreatedDate=secret.created)
    staged = {version.id: list(version.stages) for version in secret.versions if version.stages}
    if staged:
        shown[versions_member] = staged
    if secret.description is not None:
        shown["Description"] = secret.description
    if secret.accessed:
        shown["LastAccessedDate"] = secret.accessed
    if secret.deleted is not None:
        shown["DeletedDate"] = secret.deleted
    shown["Tags"] = [{"Key": name, "Value": tag} for name, tag in secret.tags.items()]
    return shown


def version(each: Version) -> dict[str, Any]:
    """An entry of ListSecretVersionIds."""
    shown: dict[str, Any] = {"VersionId": each.id, "VersionStages": list(each.stages), "CreatedDate": each.created}
    if each.accessed:
        shown["LastAccessedDate"] = each.accessed
    return shown

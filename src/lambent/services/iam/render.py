"""How identities are shown. Documents are URL-encoded JSON, as IAM gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lambent.services.iam.names import AWS, arn
from lambent.services.iam.records import AccessKey, Group, ManagedPolicy, PolicyVersion, Role, User

Shown = dict[str, Any]


def user(account: str, each: User, *, tags: bool = True) -> Shown:
    """A user."""
    shown = _entity(account, "user", each.name, each.path, each.id, each.created)
    return shown | _boundary(each.boundary) | (_tags(each.tags) if tags else {})


def group(account: str, each: Group) -> Shown:
    """A group."""
    return _entity(account, "group", each.name, each.path, each.id, each.created)


def role(account: str, each: Role, *, whole: bool = True) -> Shown:
    """A role; listings leave out its tags and boundary."""
    shown = _entity(account, "role", each.name, each.path, each.id, each.created)
    shown |= {"AssumeRolePolicyDocument": document(each.trust), "MaxSessionDuration": each.max_session}
    if each.description:
        shown["Description"] = each.description
    return shown | _boundary(each.boundary) | _tags(each.tags) if whole else shown


def role_detail(account: str, each: Role) -> Shown:
    """A role among all that the account has: with tags and boundary, without how it was described."""
    shown = role(account, each, whole=False) | _boundary(each.boundary) | _tags(each.tags)
    return {name: value for name, value in shown.items() if name not in ("MaxSessionDuration", "Description")}


def policy(each: ManagedPolicy, attached: int, bounding: int, *, whole: bool = True) -> Shown:
    """A managed policy; listings leave out its description and tags."""
    shown: Shown = {
        "PolicyName": each.name,
        "PolicyId": each.id,
        "Arn": each.arn,
        "Path": each.path,
        "DefaultVersionId": each.default,
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": bounding,
        "IsAttachable": True,
        "CreateDate": each.created,
        "UpdateDate": each.updated,
    }
    if whole and each.description:
        shown["Description"] = each.description
    return shown | _tags(each.tags) if whole else shown


def version(policy: ManagedPolicy, each: PolicyVersion, *, whole: bool = True) -> Shown:
    """A version of a managed policy; listings leave out the document."""
    shown: Shown = {
        "VersionId": each.id,
        "IsDefaultVersion": each.id == policy.default,
        "CreateDate": each.created,
    }
    return {"Document": document(each.document)} | shown if whole else shown


def attached(policy_arn: str) -> Shown:
    """A managed policy as it is listed where it is attached."""
    return {"PolicyName": policy_arn.rpartition("/")[2], "PolicyArn": policy_arn}


def key(each: AccessKey, *, secret: bool = False) -> Shown:
    """An access key; its secret is shown once, when it is made."""
    shown: Shown = {
        "UserName": each.user,
        "AccessKeyId": each.id,
        "Status": "Active" if each.active else "Inactive",
        "CreateDate": each.created,
    }
    return shown | {"SecretAccessKey": each.secret} if secret else shown


def document(text: str) -> str:
    """A policy document."""
    return quote(text, safe="")


def tag_list(tags: Mapping[str, str]) -> list[Shown]:
    """Tags as IAM lists them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def is_aws(policy_arn: str) -> bool:
    """Whether a policy is AWS's own."""
    return policy_arn.split(":")[4:5] == [AWS]


def _entity(account: str, kind: str, name: str, path: str, entity_id: str, created: float) -> Shown:
    title = kind.capitalize()
    return {
        "Path": path,
        f"{title}Name": name,
        f"{title}Id": entity_id,
        "Arn": arn(account, kind, path, name),
        "CreateDate": created,
    }


def _boundary(policy_arn: str) -> Shown:
    if not policy_arn:
        return {}
    return {
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": policy_arn,
        }
    }


def _tags(tags: Mapping[str, str]) -> Shown:
    return {"Tags": tag_list(tags)} if tags else {}

"""ARNs, ids and paths of identities."""

from __future__ import annotations

import re
from base64 import b32encode

from lambent.context import Context, Ids
from lambent.services.iam import errors
from lambent.services.operation import Params

AWS = "aws"
"""The account in whose name AWS's own policies stand."""

_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\x21-\x7e]+")


def arn(account: str, kind: str, path: str, name: str) -> str:
    """`arn:aws:iam::ACCOUNT:user/path/name`; `kind` is user, group, role or policy."""
    return f"arn:aws:iam::{account}:{kind}{path}{name}"


def new_id(prefix: str, ids: Ids) -> str:
    """An id as AWS makes them: `AIDA`, `AGPA`, `AROA`, `ANPA` or `AKIA`, and sixteen letters and digits."""
    return prefix + b32encode(bytes.fromhex(ids.hex(20))).decode()


def path_of(params: Params, member: str = "Path") -> str:
    """The path of something new. Raises ApiError."""
    path: str = params.get(member) or "/"
    if not _PATH.fullmatch(path):
        raise errors.bad_path(path, member[:1].lower() + member[1:])
    return path


def checked_policy_arn(text: str) -> str:
    """The ARN of a managed policy. Raises ApiError."""
    if not _POLICY_ARN.fullmatch(text):
        raise errors.bad_arn(text)
    return text


def user_name(ctx: Context, params: Params) -> str:
    """The user who is meant: the one named, else the one who asks. Raises ApiError."""
    if params.get("UserName"):
        name: str = params["UserName"]
        return name
    _, _, name = ctx.principal.arn.partition(":user/")
    if not name:
        raise errors.must_name_user()
    return name.rpartition("/")[2]

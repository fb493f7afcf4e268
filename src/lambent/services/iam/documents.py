"""Policy documents that callers send: they must be policies, and not too long."""

from __future__ import annotations

from lambent.policy.document import Malformed, Use, parse
from lambent.services.iam import errors


def checked(document: str, use: Use = Use.IDENTITY) -> str:
    """The document, if it is one. Raises ApiError MalformedPolicyDocument."""
    try:
        parse(document, use)
    except Malformed as error:
        raise errors.malformed(str(error)) from None
    return document


def length(document: str) -> int:
    """How long a document counts as: its characters without white space."""
    return len("".join(document.split()))

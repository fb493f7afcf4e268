"""Which of an identity's policies a simulation leaves out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lambent.policy.patterns import Template
from lambent.services.iam import errors, render


class Exclusions:
    """A `PolicyExclusionList`. Identifiers that fit no policy (those of organizations among them) exclude nothing."""

    def __init__(self, identifiers: Iterable[Mapping[str, Any]]) -> None:
        """Raises ApiError InvalidInput."""
        self._types: set[str] = set()
        self._arns: list[Template] = []
        for each in identifiers:
            match each:
                case {"PolicyType": kind, **rest} if not rest:
                    self._types.add(kind)
                case {"PolicyArn": arn, **rest} if not rest:
                    self._arns.append(_pattern(arn))
                case {"InlinePolicyIdentifier": inline, **rest} if not rest:
                    holder = f"arn:aws:iam::*:{inline['AttachmentType']}/"
                    name = f"{inline['AttachmentName']}/{inline['PolicyName']}"
                    self._arns += [_pattern(holder + name), _pattern(f"{holder}*/{name}")]  # at the root, or on a path
                case _:
                    raise errors.bad_exclusion()

    @property
    def boundary(self) -> bool:
        """Whether the permissions boundary is left out."""
        return "permission-boundary" in self._types

    def hold(self, policy: str) -> bool:
        """Whether a policy is left out: a managed one by its ARN, an inline one by its holder's and its own name."""
        managed = policy.split(":", 5)[-1].startswith("policy/")
        kind = "inline" if not managed else "aws-managed" if render.is_aws(policy) else "user-managed"
        return kind in self._types or any(each.matches(policy, lambda _: None) for each in self._arns)


def _pattern(text: str) -> Template:
    if not text.startswith("arn:") or text.count(":") < 5:
        raise errors.bad_arn(text)
    return Template(text, variables=False)

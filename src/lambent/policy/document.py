"""A policy document, read: JSON becomes statements that can be held against a request.

What IAM refuses is refused here, in IAM's words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from lambent.policy.conditions import Condition, conditions
from lambent.policy.patterns import Glob, Lookup, Template
from lambent.policy.principals import Principals, principals

CURRENT = "2012-10-17"
_VERSIONS = (CURRENT, "2008-10-17")
_MEMBERS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_SID = re.compile(r"[A-Za-z0-9]*")
_VARIABLE = re.compile(r"\$\{\s*([A-Za-z0-9-]+:[^},\s]+)[^}]*\}")
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")


class Malformed(ValueError):
    """The document is no policy; the text is IAM's for MalformedPolicyDocument."""


class Use(Enum):
    """What a document is for, which decides what it must and must not say."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"


class Statement(msgspec.Struct, frozen=True):
    """One statement. `resources` is empty for trust policies, which are about the role they belong to."""

    index: int
    sid: str
    allows: bool
    actions: tuple[Glob, ...]
    resources: tuple[Template, ...]
    conditions: tuple[Condition, ...] = ()
    principals: Principals | None = None
    not_actions: bool = False
    not_resources: bool = False

    def covers_action(self, action: str) -> bool:
        """Whether it speaks of an action, given in small letters."""
        return any(glob.matches(action) for glob in self.actions) is not self.not_actions

    def covers_resource(self, resource: str, lookup: Lookup) -> bool:
        """Whether it speaks of a resource."""
        if not self.resources:
            return True
        return any(each.matches(resource, lookup) for each in self.resources) is not self.not_resources

    def holds(self, lookup: Lookup) -> bool:
        """Whether its conditions are met."""
        return all(condition.holds(lookup) for condition in self.conditions)


class Policy(msgspec.Struct, frozen=True):
    """A document with its name (an ARN, or the name of an inline policy) for explanations."""

    name: str
    statements: tuple[Statement, ...]
    keys: frozenset[str] = frozenset()
    """The condition keys that it speaks of, as it spells them."""


def parse(text: str | bytes, use: Use, name: str = "") -> Policy:
    """Read a document. Raises Malformed."""
    try:
        tree = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Malformed("This policy contains invalid Json") from None
    if not isinstance(tree, dict) or not tree.keys() <= {"Version", "Id", "Statement"}:
        raise Malformed("Syntax errors in policy.")
    version = tree.get("Version", "2008-10-17")
    if version not in _VERSIONS or (use is Use.IDENTITY and version != CURRENT):
        raise Malformed("Policy document must be version 2012-10-17 or greater.")
    listed = tree.get("Statement")
    listed = listed if isinstance(listed, list) else [listed]
    if not listed or not all(isinstance(each, dict) for each in listed):
        raise Malformed("Syntax errors in policy.")
    statements = tuple(_statement(i, each, use, version == CURRENT) for i, each in enumerate(listed))
    sids = [each.sid for each in statements if each.sid]
    if len(set(sids)) < len(sids):
        raise Malformed("Statement IDs (SID) in a single policy must be unique.")
    return Policy(name, statements, _keys(listed))


def _statement(index: int, tree: Mapping[str, Any], use: Use, variables: bool) -> Statement:
    sid, effect = tree.get("Sid", ""), tree.get("Effect")
    if not tree.keys() <= _MEMBERS or effect not in ("Allow", "Deny") or not isinstance(sid, str):
        raise Malformed("Syntax errors in policy.")
    if use is not Use.RESOURCE and not _SID.fullmatch(sid):
        raise Malformed("Statement IDs (SID) must be alpha-numeric.")
    not_actions, actions = _either(tree, "Action", "Policy statement must contain actions.")
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise Malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    not_resources, resources = _resources(tree, use)
    try:
        conditioned = conditions(_keyed(tree.get("Condition", {})), variables=variables)
    except ValueError:
        raise Malformed("Syntax errors in policy.") from None
    return Statement(
        index=index,
        sid=sid,
        allows=effect == "Allow",
        actions=tuple(_action(action) for action in actions),
        resources=tuple(Template(each, variables=variables) for each in resources),
        conditions=conditioned,
        principals=_principals(tree, use),
        not_actions=not_actions,
        not_resources=not_resources,
    )


def _action(text: str) -> Glob:
    glob = Template(text, variables=False, fold=True).glob
    assert glob is not None
    return glob


def _resources(tree: Mapping[str, Any], use: Use) -> tuple[bool, list[str]]:
    if use is Use.TRUST:
        if "Resource" in tree or "NotResource" in tree:
            raise Malformed("Has prohibited field Resource")
        return False, []
    inverted, resources = _either(tree, "Resource", "Policy statement must contain resources.")
    for resource in resources:
        if resource != "*" and len(resource.split(":", 5)) < 6:
            raise Malformed(f'Resource {resource} must be in ARN format or "*".')
    return inverted, resources


def _principals(tree: Mapping[str, Any], use: Use) -> Principals | None:
    given = [name for name in ("Principal", "NotPrincipal") if name in tree]
    if use is Use.IDENTITY:
        if given:
            raise Malformed("Policy document should not specify a principal.")
        return None
    if len(given) != 1:
        raise Malformed("Syntax errors in policy.")
    try:
        return principals(tree[given[0]], inverted=given[0] == "NotPrincipal")
    except ValueError as error:
        raise Malformed(f"Invalid principal in policy: {error}") from None


def _either(tree: Mapping[str, Any], name: str, absent: str) -> tuple[bool, list[str]]:
    """`Action` or `NotAction`, and its texts."""
    given = [each for each in (name, "Not" + name) if each in tree]
    if not given:
        raise Malformed(absent)
    value = tree[given[0]]
    texts = value if isinstance(value, list) else [value]
    if len(given) > 1 or not all(isinstance(text, str) for text in texts):
        raise Malformed("Syntax errors in policy.")
    if not texts:
        raise Malformed(absent)
    return given[0] != name, texts


def _keys(statements: list[Any]) -> frozenset[str]:
    found = [key for each in statements for keys in each.get("Condition", {}).values() for key in keys]
    return frozenset(found + _VARIABLE.findall(msgspec.json.encode(statements).decode()))


def _keyed(element: Any) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(element, dict) or not all(isinstance(keys, dict) for keys in element.values()):
        raise ValueError(element)
    return element

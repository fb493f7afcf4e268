"""What would be decided: the policy engine, asked without a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.policy.document import Malformed, Policy, Use, parse
from lambent.policy.engine import By, Decision, Policies, Question, decide
from lambent.policy.index import PolicySet
from lambent.policy.patterns import Lookup
from lambent.policy.principals import Caller, Kind
from lambent.services.iam import errors, pages
from lambent.services.iam.entities import KINDS, Entities
from lambent.services.iam.exclusions import Exclusions
from lambent.services.iam.identities import Identities
from lambent.services.iam.records import Group
from lambent.services.operation import Params, Result, operation

_ENTITY = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):(user|group|role)/(?:.*/)?([^/]+)")
_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?")
_UNSUPPORTED = {
    "ResourceHandlingOption": "it is about instances of EC2",
    "OrderedOrganizationPolicyInputList": "there are no organizations",
}


class Simulation:
    """SimulateCustomPolicy, SimulatePrincipalPolicy, and GetContextKeysFor of both."""

    def __init__(self, entities: Entities, identities: Identities) -> None:
        self._entities = entities
        self._identities = identities

    @operation("SimulateCustomPolicy")
    async def custom(self, ctx: Context, params: Params) -> Result:
        """Decide over the documents that are sent."""
        policies = _parsed(params["PolicyInputList"], "PolicyInputList")
        return _simulated(ctx, params, params.get("CallerArn", ""), policies, _boundary(params))

    @operation("SimulatePrincipalPolicy")
    async def principal(self, ctx: Context, params: Params) -> Result:
        """Decide over what an identity has, and the documents that are sent."""
        kind, name = _named(params["PolicySourceArn"])
        entity = await self._entities.get(ctx, KINDS[kind], name)
        excluded = Exclusions(params.get("PolicyExclusionList", ()))
        documents = await self._identities.documents(ctx.account, entity)
        own = [each for each in documents if not excluded.hold(each.name)]
        boundary = _boundary(params)
        if boundary is None and not excluded.boundary and not isinstance(entity, Group) and entity.boundary:
            limit = await self._identities.managed(ctx.account, entity.boundary)
            boundary = PolicySet([] if limit is None else [limit])
        policies = own + _parsed(params.get("PolicyInputList", ()), "PolicyInputList")
        return _simulated(ctx, params, params.get("CallerArn") or params["PolicySourceArn"], policies, boundary)

    @operation("GetContextKeysForCustomPolicy")
    async def keys_of_custom(self, ctx: Context, params: Params) -> Result:
        """The condition keys that documents speak of."""
        return {"ContextKeyNames": sorted({key for each in params["PolicyInputList"] for key in _keys(each)})}

    @operation("GetContextKeysForPrincipalPolicy")
    async def keys_of_principal(self, ctx: Context, params: Params) -> Result:
        """The condition keys that an identity's documents speak of."""
        kind, name = _named(params["PolicySourceArn"])
        entity = await self._entities.get(ctx, KINDS[kind], name)
        own = [key for each in await self._identities.documents(ctx.account, entity) for key in each.keys]
        given = [key for each in params.get("PolicyInputList", ()) for key in _keys(each)]
        return {"ContextKeyNames": sorted({*own, *given})}


def _simulated(
    ctx: Context, params: Params, caller_arn: str, policies: list[Policy], boundary: PolicySet | None
) -> Result:
    for option, why in _UNSUPPORTED.items():
        if params.get(option):
            raise errors.not_simulated(option, why)
    identity = PolicySet(policies)
    resource_policy = params.get("ResourcePolicy")
    resource = PolicySet(_parsed([resource_policy], "ResourcePolicy", Use.RESOURCE)) if resource_policy else None
    given = _entries(params.get("ContextEntries", ()))
    caller = Caller(Kind.USER, ctx.account, caller_arn or ctx.principal.arn)
    account = _owner(params.get("ResourceOwner") or ctx.account)
    results = []
    for action, target in product(params["ActionNames"], params.get("ResourceArns") or ["*"]):
        missing: set[str] = set()
        question = Question(caller, action, target, account, _remarking(given, missing))
        decision = decide(question, Policies(identity=identity, resource=resource, boundary=boundary))
        results.append(_shown(action, target, decision, sorted(missing), boundary is not None))
    return pages.page(
        params, "EvaluationResults", list(enumerate(results)), lambda each: f"{each[0]:08}", lambda each: each[1]
    )


def _shown(action: str, target: str, decision: Decision, missing: list[str], bounded: bool) -> dict[str, Any]:
    word = "allowed" if decision.allowed else "explicitDeny" if decision.explicit else "implicitDeny"
    shown: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": target,
        "EvalDecision": word,
        "MatchedStatements": [],
        "MissingContextValues": missing,
    }
    if decision.ground is not None:
        kind = "Resource Policy" if decision.by is By.RESOURCE else "IAM Policy"
        shown["MatchedStatements"] = [{"SourcePolicyId": decision.ground.policy, "SourcePolicyType": kind}]
    if bounded:
        within = decision.by is not By.BOUNDARY
        shown["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within}
    return shown


def _remarking(given: dict[str, list[str]], missing: set[str]) -> Lookup:
    """The entries of a simulation; what is asked for in vain is remembered."""

    def lookup(key: str) -> list[str] | None:
        if key not in given:
            missing.add(key)
        return given.get(key)

    return lookup


def _parsed(documents: Iterable[str], name: str, use: Use = Use.IDENTITY) -> list[Policy]:
    try:
        return [parse(document, use, f"{name}.{number}") for number, document in enumerate(documents, 1)]
    except Malformed as error:
        raise ApiError("InvalidInput", str(error)) from None


def _boundary(params: Params) -> PolicySet | None:
    given = params.get("PermissionsBoundaryPolicyInputList")
    return None if not given else PolicySet(_parsed(given, "PermissionsBoundaryPolicyInputList"))


def _entries(listed: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Values by key in small letters. Raises ApiError."""
    for entry in listed:
        if "ContextKeyName" not in entry or "ContextKeyValues" not in entry:
            raise errors.bad_entry()
    return {entry["ContextKeyName"].lower(): entry["ContextKeyValues"] for entry in listed}


def _owner(text: str) -> str:
    found = _ACCOUNT.fullmatch(text)
    if found is None:
        raise errors.bad_owner(text)
    return found[1]


def _named(text: str) -> tuple[str, str]:
    found = _ENTITY.fullmatch(text)
    if found is None:
        raise errors.bad_arn(text)
    return found[2], found[3]


def _keys(document: str) -> frozenset[str]:
    """The condition keys of a document. Raises ApiError."""
    (policy,) = _parsed([document], "document")
    return policy.keys

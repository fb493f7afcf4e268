"""Lambda's actions and resources, as its part of the Service Authorization Reference lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from lambent.model.function import LATEST
from lambent.policy.document import Malformed, Use, parse
from lambent.policy.index import PolicySet
from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.lambda_.derived import Derived
from lambent.services.lambda_.durable.tokens import called
from lambent.services.lambda_.managed import CONFIG, INSTANCES
from lambent.services.lambda_.names import function_arn, identified, layer_arn, layer_reference
from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.roles import LAMBDA
from lambent.services.operation import Params

_ACTIONS: Mapping[str, str] = {
    "Invoke": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
    "GetLayerVersionByArn": "GetLayerVersion",
}
_ARNS = ("Resource", "ResourceArn", "CodeSigningConfigArn", "DurableExecutionArn", "Arn")
_COMPILED = 4096
_REMEMBERED = 256

_TELLING = frozenset(
    ("Role", CONFIG, "Layers", "VpcConfig", "CodeSigningConfigArn", "Principal", "AuthType", "FunctionUrlAuthType")
) | {"Tags", "TagKeys"}
"""Members that can make a need, or a condition key of one, besides the function's name."""


class LambdaAccess:
    """What calls of Lambda need, and the resource policies of functions."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._guarded = Derived[str, Guarded](repository)

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on its function, layer or mapping; for what is passed (role, capacity provider), that too."""
        name, qualifier = params.get("FunctionName"), params.get("Qualifier") or ""
        plain = _TELLING.isdisjoint(params) and "EventSourceMapping" not in operation
        if plain and isinstance(name, str) and len(name) + len(qualifier) <= _REMEMBERED:
            return _of_function(operation, at.account, at.region, name, qualifier)
        account, resource = _resource(operation, at, params)
        needs = [Need(_action(operation), resource, account, _keys(operation, at, params))]
        role = params.get("Role")
        if isinstance(role, str) and role:
            needs.append(Need("iam:PassRole", role, at.account, {"iam:passedtoservice": (LAMBDA,)}))
        instances = (params.get(CONFIG) or {}).get(INSTANCES) or {}
        provider = instances.get("CapacityProviderArn")
        if isinstance(provider, str) and provider:
            needs.append(Need("lambda:PassCapacityProvider", provider, at.account))
        return needs

    async def guard(self, need: Need) -> Guarded:
        """The policy and the tags of a function, version or alias; remembered until any function changes."""
        known = self._guarded.get(need.resource)
        if known is not None:
            return known
        changes = self._guarded.changes
        guarded = await self._read(need.resource)
        return self._guarded.keep(need.resource, guarded, changes) if len(need.resource) <= _REMEMBERED else guarded

    async def _read(self, resource: str) -> Guarded:
        parts = resource.split(":")
        if len(parts) < 7 or parts[5] != "function":
            return UNGUARDED
        place, name, qualifier = Place(parts[4], parts[3]), parts[6], parts[7] if len(parts) > 7 else LATEST
        head = await self._repository.head(place, name)
        if head is None:
            return UNGUARDED
        document = await self._repository.policy_document(place, name, qualifier)
        if document is None and not head.tags:
            return UNGUARDED
        return Guarded(None if document is None else _compiled(document), head.tags)


def _action(operation: str) -> str:
    return f"lambda:{_ACTIONS.get(operation, operation)}"


@lru_cache(_COMPILED)
def _of_function(operation: str, account: str, region: str, name: str, qualifier: str) -> Sequence[Need]:
    """What a call needs that says nothing but a function's name. Remembered, since most calls of a function do so."""
    at, params = Place(account, region), {"FunctionName": name, "Qualifier": qualifier}
    account, resource = _resource(operation, at, params)
    return (Need(_action(operation), resource, account, _keys(operation, at, params)),)


def _resource(operation: str, at: Place, params: Params) -> tuple[str, str]:
    """Account and ARN of what a call is about; `*` for calls about nothing in particular."""
    if isinstance(name := params.get("FunctionName"), str) and "EventSourceMapping" not in operation:
        qualifier = params.get("Qualifier")
        place, found, own = identified(at, name)
        return place.account, function_arn(place, found, qualifier or own)
    if isinstance(layer := params.get("LayerName"), str):
        named = layer_reference(at, layer, params.get("VersionNumber") or 0)
        return (at.account, layer) if named is None else (named.account, layer_arn(named, named.name, named.number))
    if isinstance(uuid := params.get("UUID"), str):
        return at.account, f"arn:aws:lambda:{at.region}:{at.account}:event-source-mapping:{uuid}"
    if isinstance(provider := params.get("CapacityProviderName"), str) and not provider.startswith("arn:"):
        return at.account, f"arn:aws:lambda:{at.region}:{at.account}:capacity-provider:{provider}"
    if isinstance(callback := params.get("CallbackId"), str) and (meant := called(callback)) is not None:
        params = {"DurableExecutionArn": meant[0]}
    for member in (*_ARNS, "CapacityProviderName"):
        if isinstance(arn := params.get(member), str) and arn.count(":") >= 5:
            return arn.split(":")[4] or at.account, arn
    return at.account, "*"


def _keys(operation: str, at: Place, params: Params) -> Mapping[str, Sequence[str]]:
    """The condition keys that are Lambda's own."""
    keys: dict[str, Sequence[str]] = {}
    if layers := _texts(params.get("Layers")):
        keys["lambda:layer"] = layers
    network = params.get("VpcConfig") or {}
    for member, key in (("SubnetIds", "lambda:subnetids"), ("SecurityGroupIds", "lambda:securitygroupids")):
        if given := _texts(network.get(member)):
            keys[key] = given
    if "EventSourceMapping" in operation and isinstance(name := params.get("FunctionName"), str):
        place, found, qualifier = identified(at, name)
        keys["lambda:functionarn"] = (function_arn(place, found, qualifier),)
    for member, key in (
        ("CodeSigningConfigArn", "lambda:codesigningconfigarn"),
        ("Principal", "lambda:principal"),
        ("AuthType", "lambda:functionurlauthtype"),
        ("FunctionUrlAuthType", "lambda:functionurlauthtype"),
    ):
        if isinstance(value := params.get(member), str):
            keys[key] = (value,)
    if isinstance(tags := params.get("Tags"), dict) and tags:
        keys["aws:tagkeys"] = tuple(tags)
        keys |= {f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.items()}
    elif given := _texts(params.get("TagKeys")):
        keys["aws:tagkeys"] = given
    return keys


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


@lru_cache(_COMPILED)
def _compiled(document: str) -> PolicySet:
    """A function's policy, which was checked when it came. What is no policy all the same allows nothing."""
    try:
        return PolicySet([parse(document, Use.RESOURCE, "resource policy")])
    except Malformed:
        return PolicySet([])

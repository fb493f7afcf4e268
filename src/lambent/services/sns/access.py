"""What calls of SNS need, and the policies of topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from lambent.model.errors import ApiError
from lambent.policy.document import Malformed, Use, parse
from lambent.policy.index import PolicySet
from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.operation import Params
from lambent.services.sns import topic_attributes
from lambent.services.sns.names import topic_of
from lambent.services.sns.records import Topic
from lambent.services.sns.repository import Repository

_COMPILED = 2048
_PROVEN = frozenset({"ConfirmSubscription", "Unsubscribe"})
"""Whoever has the token, or the subscription's ARN, may call these without a signature; the service says when not."""


class SnsAccess:
    """How calls of SNS are judged."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on its topic; a batch is what it is a batch of."""
        if not at.account and operation in _PROVEN:
            return ()
        action = "sns:Publish" if operation == "PublishBatch" else f"sns:{operation}"
        if operation == "CreateTopic" and isinstance(name := params.get("Name"), str):
            return (Need(action, f"arn:aws:sns:{at.region}:{at.account}:{name}", at.account),)
        for member in ("TopicArn", "TargetArn", "ResourceArn"):
            if isinstance(arn := params.get(member), str):
                try:
                    topic = topic_of(arn)
                except ApiError:  # the service says what is wrong with it
                    break
                return (Need(action, topic.arn, topic.place.account, _keys(params)),)
        return (Need(action, "*", at.account),)

    async def guard(self, need: Need) -> Guarded:
        """A topic's policy and tags."""
        if need.resource == "*":
            return UNGUARDED
        topic = await self._repository.topic(topic_of(need.resource))
        if topic is None:
            return UNGUARDED
        document = topic.attributes.get("Policy") or _usual(topic.name, topic.account, topic.region)
        return Guarded(_compiled(document), topic.tags)


def _keys(params: Params) -> Mapping[str, Sequence[str]]:
    """Condition keys of Subscribe."""
    named = (("sns:protocol", params.get("Protocol")), ("sns:endpoint", params.get("Endpoint")))
    return {key: (value,) for key, value in named if isinstance(value, str)}


@lru_cache(_COMPILED)
def _usual(name: str, account: str, region: str) -> str:
    """The policy that every topic has."""
    return topic_attributes.policy_of(Topic(name=name, account=account, region=region, created=0.0))


@lru_cache(_COMPILED)
def _compiled(document: str) -> PolicySet:
    """A topic's policy, which was checked when it came. What is no policy all the same allows nothing."""
    try:
        return PolicySet([parse(document, Use.RESOURCE, "topic policy")])
    except Malformed:
        return PolicySet([])

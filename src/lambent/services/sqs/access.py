"""What calls of SQS need, and the policies of queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from lambent.model.errors import ApiError
from lambent.policy.document import Malformed, Use, parse
from lambent.policy.index import PolicySet
from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.operation import Params
from lambent.services.sqs.post import named
from lambent.services.sqs.repository import Repository

_COMPILED = 2048
_ACTIONS: Mapping[str, str] = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}


class SqsAccess:
    """How calls of SQS are judged."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on its queue; a batch is what it is a batch of."""
        action = f"sqs:{_ACTIONS.get(operation, operation)}"
        arn = params.get("SourceArn")
        if isinstance(arn, str) and arn.count(":") == 5:
            return (Need(action, arn, arn.split(":")[4]),)
        account, name = at.account, params.get("QueueName")
        if isinstance(url := params.get("QueueUrl"), str):
            try:
                found, name = named(url)
            except ApiError:  # the service says what is wrong with it
                return (Need(action, "*", at.account),)
            account = found or account
        elif isinstance(owner := params.get("QueueOwnerAWSAccountId"), str):
            account = owner
        if not isinstance(name, str):
            return (Need(action, "*", at.account),)
        return (Need(action, f"arn:aws:sqs:{at.region}:{account}:{name}", account),)

    async def guard(self, need: Need) -> Guarded:
        """A queue's policy and tags."""
        parts = need.resource.split(":")
        if len(parts) != 6:
            return UNGUARDED
        queue = await self._repository.queue(Place(parts[4], parts[3]), parts[5])
        if queue is None:
            return UNGUARDED
        document = queue.attributes.get("Policy")
        return Guarded(None if document is None else _compiled(document), queue.tags)


@lru_cache(_COMPILED)
def _compiled(document: str) -> PolicySet:
    """A queue's policy, which was checked when it came. What is no policy all the same allows nothing."""
    try:
        return PolicySet([parse(document, Use.RESOURCE, "queue policy")])
    except Malformed:
        return PolicySet([])

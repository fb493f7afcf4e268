"""SQS put together."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.services.operation import Operation, operations
from lambent.services.sqs.moves import Moves
from lambent.services.sqs.permissions import QueuePermissions
from lambent.services.sqs.post import PostOffice
from lambent.services.sqs.queues import Queues
from lambent.services.sqs.receiving import Receiving
from lambent.services.sqs.sending import Sending

RESOURCES: tuple[type, ...] = (Queues, QueuePermissions, Sending, Receiving, Moves)
"""The classes whose methods are the service's operations."""


class SqsApi:
    """`operations` by name. `moves` is the caller's to open and close."""

    def __init__(self, post: PostOffice, moves: Moves) -> None:
        self.operations: Mapping[str, Operation] = operations(
            Queues(post), QueuePermissions(post), Sending(post), Receiving(post), moves
        )

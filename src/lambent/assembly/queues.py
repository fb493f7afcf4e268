"""Queues, with their messages in a file of their own."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from lambent.assembly.ground import Ground
from lambent.gateway.dispatch import Service
from lambent.neighbours.base import Neighbours
from lambent.services.sqs.access import SqsAccess
from lambent.services.sqs.api import SqsApi
from lambent.services.sqs.keys import Keys
from lambent.services.sqs.mailbox import Mailbox
from lambent.services.sqs.moves import Moves
from lambent.services.sqs.peek import Peek
from lambent.services.sqs.post import PostOffice
from lambent.services.sqs.repository import Repository as QueueRepository
from lambent.wire.model import load


@dataclass(frozen=True, slots=True)
class Queues:
    """The service, and the eyes of `lambent queue peek`."""

    service: Service
    peek: Peek


async def open_sqs(stack: AsyncExitStack, ground: Ground, neighbours: Neighbours) -> Queues:
    """Queues, with their messages in a file of their own. Raises PlatformError."""
    queues = QueueRepository(ground.store, ground.bus)
    mailbox = await stack.enter_async_context(Mailbox(ground.data / "sqs.db"))
    post = PostOffice(queues, mailbox, ground.seal, Keys(neighbours))
    moves = await stack.enter_async_context(Moves(post))
    service = Service(load("sqs"), SqsApi(post, moves).operations, SqsAccess(queues))
    return Queues(service, Peek(post, ground.clock))

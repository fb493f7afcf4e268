"""Topics, with what is to be delivered in files of its own."""

from __future__ import annotations

from contextlib import AsyncExitStack

from lambent.assembly.ground import Ground
from lambent.gateway.dispatch import Service
from lambent.http.client import HttpClient
from lambent.neighbours.acting import Acting
from lambent.neighbours.base import Neighbours
from lambent.neighbours.outbox import Outbox
from lambent.queue.sqlite import SqliteQueue
from lambent.services.sns.access import SnsAccess
from lambent.services.sns.api import SnsApi
from lambent.services.sns.audience import Audience
from lambent.services.sns.deliveries import Deliveries
from lambent.services.sns.encryption import Encryption
from lambent.services.sns.fanout import Fanout
from lambent.services.sns.ledger import Ledger
from lambent.services.sns.repository import Repository
from lambent.services.sns.signing import Signer
from lambent.wire.model import load

PLACES = 500
"""Messages and parcels that are worked on at once. A line has 20: some silent addresses hold nobody up."""


async def open_sns(
    stack: AsyncExitStack, ground: Ground, neighbours: Neighbours, acting: Acting, signer: Signer
) -> Service:
    """Topics, which take up what the last run of the server left to deliver. Raises PlatformError."""
    clock, data = ground.clock, ground.data
    repository = Repository(ground.store, ground.bus)
    audience = Audience(repository, ground.bus)
    ledger = await stack.enter_async_context(Ledger(data / "sns.db"))
    await ledger.sweep(now=clock.now())
    http = await stack.enter_async_context(HttpClient())
    deliveries = Deliveries(neighbours, acting, http, signer, signer.address)
    encryption = Encryption(neighbours, clock, ground.ids)
    fanout = Fanout(repository, audience, deliveries, ledger, encryption, ground.seal, clock)
    queue = await stack.enter_async_context(SqliteQueue(data / "sns-standard.db"))
    ordered = await stack.enter_async_context(SqliteQueue(data / "sns-fifo.db"))
    outboxes = (
        Outbox(queue, fanout.attempt, clock, places=PLACES),
        Outbox(ordered, fanout.attempt, clock, places=PLACES, places_a_line=1),
    )
    fanout.open_to(*outboxes)
    for outbox in outboxes:
        await stack.enter_async_context(outbox)
    api = SnsApi(repository, audience, fanout, encryption, ledger, await ledger.last_sequence())
    return Service(load("sns"), api.operations, SnsAccess(repository))

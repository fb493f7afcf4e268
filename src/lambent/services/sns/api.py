"""SNS put together."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.services.operation import Operation, operations
from lambent.services.sns.audience import Audience
from lambent.services.sns.desk import Desk
from lambent.services.sns.encryption import Encryption
from lambent.services.sns.fanout import Fanout
from lambent.services.sns.ledger import Ledger
from lambent.services.sns.permissions import TopicPermissions
from lambent.services.sns.publishing import Publishing
from lambent.services.sns.repository import Repository
from lambent.services.sns.subscriptions import Subscriptions
from lambent.services.sns.topics import Topics

RESOURCES: tuple[type, ...] = (Topics, TopicPermissions, Subscriptions, Publishing)
"""The classes whose methods are the service's operations."""


class SnsApi:
    """`operations` by name."""

    def __init__(
        self,
        repository: Repository,
        audience: Audience,
        fanout: Fanout,
        encryption: Encryption,
        ledger: Ledger,
        last_sequence: int,
    ) -> None:
        desk = Desk(repository)
        self.operations: Mapping[str, Operation] = operations(
            Topics(desk, audience),
            TopicPermissions(desk),
            Subscriptions(desk, fanout.ask),
            Publishing(desk, fanout, encryption, ledger, last_sequence),
        )

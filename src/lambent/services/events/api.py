"""EventBridge put together."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.services.events import limits
from lambent.services.events.archives import Archives
from lambent.services.events.buses import Buses
from lambent.services.events.entries import Entries
from lambent.services.events.forwarding import Forwarding
from lambent.services.events.permissions import BusPermissions
from lambent.services.events.player import Player
from lambent.services.events.replays import Replays
from lambent.services.events.repository import Repository
from lambent.services.events.router import Router
from lambent.services.events.rules import Rules
from lambent.services.events.shelf import Shelf
from lambent.services.events.tags import Tags
from lambent.services.events.target_checks import Reachable
from lambent.services.events.targets import Targets
from lambent.services.operation import Operation, operations

RESOURCES: tuple[type, ...] = (Buses, BusPermissions, Rules, Targets, Tags, Entries, Archives, Replays)
"""The classes whose methods are the service's operations."""


class EventsApi:
    """`operations` by name. What is opened and closed is the caller's. `entries_bytes`: what one PutEvents may hold."""

    def __init__(
        self,
        repository: Repository,
        router: Router,
        forwarding: Forwarding,
        shelf: Shelf,
        player: Player,
        reachable: Reachable,
        entries_bytes: int = limits.ENTRIES_BYTES,
    ) -> None:
        self.operations: Mapping[str, Operation] = operations(
            Buses(repository),
            BusPermissions(repository),
            Rules(repository),
            Targets(repository, reachable),
            Tags(repository),
            Entries(repository, router, forwarding, entries_bytes),
            Archives(repository, shelf),
            Replays(repository, player),
        )

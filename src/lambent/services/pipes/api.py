"""Pipes put together."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.services.operation import Operation, operations
from lambent.services.pipes.checks import Checks
from lambent.services.pipes.pipes import Pipes, Tags
from lambent.services.pipes.repository import Repository
from lambent.services.pipes.settling import Settling

RESOURCES: tuple[type, ...] = (Pipes, Tags)
"""The classes whose methods are the service's operations."""


class PipesApi:
    """`operations` by name. `settling` is the caller's to open and close."""

    def __init__(self, repository: Repository, checks: Checks, settling: Settling) -> None:
        self.operations: Mapping[str, Operation] = operations(Pipes(repository, checks, settling), Tags(repository))

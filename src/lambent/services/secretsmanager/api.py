"""Secrets Manager put together."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.neighbours.base import Neighbours
from lambent.services.operation import Operation, operations
from lambent.services.secretsmanager.batches import Batches
from lambent.services.secretsmanager.finding import Finder
from lambent.services.secretsmanager.policies import SecretPolicies
from lambent.services.secretsmanager.repository import Repository
from lambent.services.secretsmanager.secrets import Secrets
from lambent.services.secretsmanager.values import Values

RESOURCES: tuple[type, ...] = (Secrets, Values, Batches, SecretPolicies)
"""The classes whose methods are the service's operations."""


class SecretsApi:
    """`operations` by name."""

    def __init__(self, repository: Repository, finder: Finder, neighbours: Neighbours) -> None:
        self.operations: Mapping[str, Operation] = operations(
            Secrets(repository, finder),
            Values(repository, finder),
            Batches(repository, neighbours),
            SecretPolicies(repository, finder),
        )

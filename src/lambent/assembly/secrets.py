"""Secrets Manager, its values sealed with the master key."""

from __future__ import annotations

from lambent.assembly.ground import Ground
from lambent.gateway.dispatch import Service
from lambent.neighbours.base import Neighbours
from lambent.services.secretsmanager.access import SecretsAccess
from lambent.services.secretsmanager.api import SecretsApi
from lambent.services.secretsmanager.finding import Finder
from lambent.services.secretsmanager.repository import Repository
from lambent.wire.model import load


def secrets_of(ground: Ground, neighbours: Neighbours) -> Service:
    """The service."""
    repository = Repository(ground.store, ground.seal)
    finder = Finder(repository)
    api = SecretsApi(repository, finder, neighbours)
    return Service(load("secretsmanager"), api.operations, SecretsAccess(finder, ground.clock))

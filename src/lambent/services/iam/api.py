"""IAM put together: its resources over the repository, and the operations that they carry."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.services.iam.absent import Absent
from lambent.services.iam.access_keys import AccessKeys
from lambent.services.iam.account import Account
from lambent.services.iam.attachments import Attachments
from lambent.services.iam.entities import Entities
from lambent.services.iam.groups import Groups
from lambent.services.iam.identities import Identities
from lambent.services.iam.inline_policies import InlinePolicies
from lambent.services.iam.issuers import Issuers
from lambent.services.iam.policies import Policies
from lambent.services.iam.repository import Repository
from lambent.services.iam.roles import Roles
from lambent.services.iam.simulation import Simulation
from lambent.services.iam.tagging import Tagging
from lambent.services.iam.users import Users
from lambent.services.operation import Operation, operations

RESOURCES: tuple[type, ...] = (
    Users,
    Groups,
    Roles,
    AccessKeys,
    InlinePolicies,
    Policies,
    Attachments,
    Tagging,
    Issuers,
    Account,
    Simulation,
    Absent,
)
"""The classes whose methods are the service's operations."""


class IamApi:
    """`operations` by name; `identities` is what authorization reads."""

    def __init__(self, repository: Repository) -> None:
        entities = Entities(repository)
        self.identities = Identities(repository)
        self.operations: Mapping[str, Operation] = operations(
            Users(entities),
            Groups(entities),
            Roles(entities),
            AccessKeys(entities),
            InlinePolicies(entities),
            Policies(entities),
            Attachments(entities),
            Tagging(entities),
            Issuers(entities),
            Account(entities),
            Simulation(entities, self.identities),
            Absent(entities),
        )

"""What the policies of an identity allow, read once and remembered until any identity changes.

This is what every request's authorization asks; a warm answer touches no store.
"""

from __future__ import annotations

import msgspec

from lambent.policy.document import Malformed, Policy, Use, parse
from lambent.policy.engine import Policies, Question, decide
from lambent.policy.index import PolicySet
from lambent.policy.principals import Caller, Kind
from lambent.services.iam import catalogue, render
from lambent.services.iam.names import arn
from lambent.services.iam.records import Group, ManagedPolicy, Role, User
from lambent.services.iam.repository import Repository

_REMEMBERED = 10_000


class Identity(msgspec.Struct, frozen=True):
    """An identity's policies, compiled. `id` is its unique id, `arn` its own; `trust` is a role's; `tags` for
    conditions."""

    id: str
    arn: str
    policies: PolicySet
    boundary: PolicySet | None
    tags: dict[str, str]
    trust: PolicySet | None = None
    max_session: int = 0


class Identities:
    """Users and roles by account and name."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._known: dict[tuple[str, str, str], Identity | None] = {}
        self._as_of = -1

    def remembered(self, kind: str, account: str, name: str) -> Identity | None:
        """What is known already of a `user` or `role`; None if it must be asked for."""
        return self._known.get((kind, account, name)) if self._as_of == self._repository.changes else None

    async def user(self, account: str, name: str) -> Identity | None:
        """A user with the policies of its groups; None if there is no such user."""
        return await self._of(User, account, name)

    async def role(self, account: str, name: str) -> Identity | None:
        """A role; None if there is no such role."""
        return await self._of(Role, account, name)

    async def documents(self, account: str, entity: User | Group | Role) -> list[Policy]:
        """Every policy that applies to an entity, those of a user's groups included."""
        kind = type(entity).__name__.lower()
        found = [
            _parsed(document, f"{arn(account, kind, entity.path, entity.name)}/{name}")
            for name, document in entity.inline.items()
        ]
        found += [each for each in [await self.managed(account, one) for one in entity.attached] if each is not None]
        for name in entity.groups if isinstance(entity, User) else ():
            group = await self._repository.get(Group, account, name)
            if group is not None:
                found += await self.documents(account, group)
        return found

    async def managed(self, account: str, policy_arn: str) -> Policy | None:
        """A managed policy by its ARN; None if there is no such policy."""
        text = await self.managed_text(account, policy_arn)
        return None if text is None else _parsed(text, policy_arn)

    async def managed_text(self, account: str, policy_arn: str) -> str | None:
        """The document in force of a managed policy; None if there is no such policy."""
        if render.is_aws(policy_arn):
            policy = catalogue.policy(policy_arn)
        else:
            policy = await self._repository.get(ManagedPolicy, account, policy_arn)
        return None if policy is None else policy.document

    async def trusts(self, role_arn: str, service: str) -> bool:
        """Whether a role exists that lets a service of AWS's (`lambda.amazonaws.com`) assume it."""
        account = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
        role = await self.role(account, role_arn.rpartition("/")[2])
        if role is None or role.arn != role_arn:
            return False
        caller = Caller(Kind.SERVICE, "", service, service=service)
        question = Question(caller, "sts:AssumeRole", role_arn, account, {"aws:principalservicename": [service]}.get)
        return decide(question, Policies(resource=role.trust, resource_decides=True)).allowed

    async def _of(self, kind: type[User | Role], account: str, name: str) -> Identity | None:
        changes = self._repository.changes
        if self._as_of != changes or len(self._known) > _REMEMBERED:
            self._known.clear()
            self._as_of = changes
        key = (kind.__name__.lower(), account, name)
        if key in self._known:
            return self._known[key]
        entity = await self._repository.get(kind, account, name)
        found = None if entity is None else await self._compiled(account, entity)
        if changes == self._repository.changes == self._as_of:
            self._known[key] = found
        return found

    async def _compiled(self, account: str, entity: User | Role) -> Identity:
        kind = type(entity).__name__.lower()
        boundary = None
        if entity.boundary:
            limit = await self.managed(account, entity.boundary)
            boundary = PolicySet([] if limit is None else [limit])  # a boundary that is gone allows nothing
        return Identity(
            id=entity.id,
            arn=arn(account, kind, entity.path, entity.name),
            policies=PolicySet(await self.documents(account, entity)),
            boundary=boundary,
            tags=entity.tags,
            trust=PolicySet([parse(entity.trust, Use.TRUST, "trust")]) if isinstance(entity, Role) else None,
            max_session=entity.max_session if isinstance(entity, Role) else 0,
        )


def _parsed(document: str, name: str) -> Policy:
    """A stored document, which was checked when it came. One that a later version of us finds wrong says nothing."""
    try:
        return parse(document, Use.IDENTITY, name)
    except Malformed:
        return Policy(name, ())

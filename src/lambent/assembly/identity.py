"""Who may come in, and what they may do: keys, IAM, STS, KMS."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from lambent.assembly.ground import Ground
from lambent.clock import MovableClock
from lambent.gateway import credentials
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.authorize import Authorizer
from lambent.gateway.credentials import Keyring
from lambent.gateway.dispatch import Service
from lambent.gateway.user_keys import UserKeys
from lambent.neighbours.acting import Acting
from lambent.services.iam.access import IamAccess
from lambent.services.iam.api import IamApi
from lambent.services.iam.repository import Repository as IamRepository
from lambent.services.iam.usage import Usage
from lambent.services.kms.access import KmsAccess
from lambent.services.kms.api import KmsApi
from lambent.services.kms.keyring import Keyring as KeyStore
from lambent.services.kms.repository import Repository as KmsRepository
from lambent.services.lambda_.access_report import AccessReport
from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.roles import Trusts
from lambent.services.sts.access import StsAccess
from lambent.services.sts.api import StsApi
from lambent.wire.model import load


@dataclass(frozen=True, slots=True)
class Identity:
    """Who may come in, and what they may do. `trusts` is None where nobody need say who they are."""

    keyring: Keyring
    iam: IamApi
    repository: IamRepository
    usage: Usage
    authenticator: Authenticator
    authorizer: Authorizer
    trusts: Trusts | None
    acting: Acting
    services: list[Service]

    def report(self, functions: Repository) -> AccessReport:
        """What functions' roles were used for."""
        return AccessReport(functions, self.repository, self.iam.identities, self.usage)


async def open_identity(stack: AsyncExitStack, ground: Ground) -> Identity:
    """Keys, identities, and the services that manage them. Raises PlatformError."""
    settings, clock, ids, store, bus = ground.settings, ground.clock, ground.ids, ground.store, ground.bus
    stored = credentials.load(ground.data, ids)
    keyring = Keyring(credentials.root_key(settings, stored), stored.session_secret, settings.account, clock, ids)
    repository = IamRepository(store, bus)
    iam = IamApi(repository)
    usage = await stack.enter_async_context(Usage(store))
    user_keys = await stack.enter_async_context(UserKeys(repository, clock))
    key_store = KeyStore(KmsRepository(store, bus), ground.seal)
    sts = StsApi(iam.identities, keyring.for_role, keyring.for_caller, repository, settings.oidc_keys)
    return Identity(
        keyring=keyring,
        iam=iam,
        repository=repository,
        usage=usage,
        # By the machine's clock, as clients sign: the server's may be moved.
        authenticator=Authenticator(keyring, user_keys.find, MovableClock(), enforced=settings.auth),
        authorizer=Authorizer(iam.identities, clock, usage.note, settings.organization, any_role=not settings.auth),
        trusts=iam.identities.trusts if settings.auth else None,
        acting=Acting(keyring.in_role, None if settings.auth else keyring.root_principal, clock, ids),
        services=[
            Service(load("iam"), iam.operations, IamAccess()),
            Service(load("sts"), sts.operations, StsAccess(iam.identities)),
            Service(load("kms"), KmsApi(key_store).operations, KmsAccess(key_store)),
        ],
    )

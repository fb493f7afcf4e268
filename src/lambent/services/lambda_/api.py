"""The Lambda service put together: its resources over the seams, and the operations that they carry."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.invoke.base import Invoker
from lambent.services.lambda_.aliases import Aliases
from lambent.services.lambda_.concurrency import Concurrency
from lambent.services.lambda_.functions import Functions
from lambent.services.lambda_.invocations import Invocations
from lambent.services.lambda_.layer_access import LayerAccess
from lambent.services.lambda_.layer_permissions import LayerPermissions
from lambent.services.lambda_.layer_repository import LayerRepository
from lambent.services.lambda_.layers import Layers
from lambent.services.lambda_.packages import LocateCode, Packages
from lambent.services.lambda_.permissions import Permissions
from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.resource_policies import ResourcePolicies
from lambent.services.lambda_.states import States
from lambent.services.lambda_.tags import Tags
from lambent.services.lambda_.updates import Updates
from lambent.services.lambda_.versions import Versions
from lambent.services.operation import Operation, operations
from lambent.store.code import CodeStore

RESOURCES: tuple[type, ...] = (
    Functions,
    Updates,
    Versions,
    Aliases,
    Layers,
    LayerPermissions,
    Permissions,
    ResourcePolicies,
    Tags,
    Concurrency,
    Invocations,
)
"""The classes whose methods are the service's operations."""


class LambdaApi:
    """`operations` by name. `architecture` is this machine's (`x86_64` or `arm64`); `shows_layers` whether
    functions can see layers here."""

    def __init__(
        self,
        *,
        repository: Repository,
        layers: LayerRepository,
        code: CodeStore,
        states: States,
        invoker: Invoker,
        locate_code: LocateCode,
        architecture: str,
        shows_layers: bool,
        unreserved_minimum: int,
    ) -> None:
        packages = Packages(code)
        access = LayerAccess(layers, shown=shows_layers)
        self.operations: Mapping[str, Operation] = operations(
            Functions(repository, packages, access, states, invoker, locate_code, architecture),
            Updates(repository, packages, access, states, architecture),
            Versions(repository),
            Aliases(repository),
            Layers(layers, access, packages, locate_code),
            LayerPermissions(layers),
            Permissions(repository),
            ResourcePolicies(repository),
            Tags(repository),
            Concurrency(repository, invoker, unreserved_minimum),
            Invocations(repository, invoker),
        )

"""The Lambda service put together: its resources over the seams, and the operations that they carry."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.invoke.base import Invoker
from lambent.services.lambda_.aliases import Aliases
from lambent.services.lambda_.concurrency import Concurrency
from lambent.services.lambda_.functions import Functions, LocateCode
from lambent.services.lambda_.invocations import Invocations
from lambent.services.lambda_.packages import Packages
from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.states import States
from lambent.services.lambda_.updates import Updates
from lambent.services.lambda_.versions import Versions
from lambent.services.operation import Operation, operations
from lambent.store.code import CodeStore

RESOURCES: tuple[type, ...] = (Functions, Updates, Versions, Aliases, Concurrency, Invocations)
"""The classes whose methods are the service's operations."""


class LambdaApi:
    """`operations` by name. `architecture` is this machine's (`x86_64` or `arm64`)."""

    def __init__(
        self,
        *,
        repository: Repository,
        code: CodeStore,
        states: States,
        invoker: Invoker,
        locate_code: LocateCode,
        architecture: str,
        unreserved_minimum: int,
    ) -> None:
        packages = Packages(code)
        self.operations: Mapping[str, Operation] = operations(
            Functions(repository, packages, states, invoker, locate_code, architecture),
            Updates(repository, packages, states, architecture),
            Versions(repository),
            Aliases(repository),
            Concurrency(repository, invoker, unreserved_minimum),
            Invocations(repository, invoker),
        )

"""The Lambda service put together: its resources over the seams, and the operations that they carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lambent.invoke.base import Invoker
from lambent.model.runtime import Runtime
from lambent.neighbours.base import Neighbours
from lambent.services.lambda_.account import Account
from lambent.services.lambda_.aliases import Aliases
from lambent.services.lambda_.allocations import Allocations
from lambent.services.lambda_.api_rates import ApiRates
from lambent.services.lambda_.async_acceptance import Asynchronous
from lambent.services.lambda_.async_invocations import AsyncInvocations
from lambent.services.lambda_.capacity_shares import CapacityShares
from lambent.services.lambda_.code_admission import CodeAdmission
from lambent.services.lambda_.code_signing import CodeSigning
from lambent.services.lambda_.concurrency import Concurrency
from lambent.services.lambda_.customer_keys import CustomerKeys
from lambent.services.lambda_.durable.callbacks import Callbacks
from lambent.services.lambda_.durable.executions import DurableExecutions
from lambent.services.lambda_.durable.runs import Durable
from lambent.services.lambda_.durable.starts import Starts
from lambent.services.lambda_.event_invoke_configs import EventInvokeConfigs
from lambent.services.lambda_.event_invoke_repository import EventInvokeRepository
from lambent.services.lambda_.event_source_repository import EventSourceRepository
from lambent.services.lambda_.event_sources import EventSources
from lambent.services.lambda_.function_urls import FunctionUrls
from lambent.services.lambda_.functions import Functions
from lambent.services.lambda_.idleness import Idleness
from lambent.services.lambda_.interpreters import Interpreters
from lambent.services.lambda_.invocations import Invocations
from lambent.services.lambda_.layer_access import LayerAccess
from lambent.services.lambda_.layer_permissions import LayerPermissions
from lambent.services.lambda_.layer_repository import LayerRepository
from lambent.services.lambda_.layers import Layers
from lambent.services.lambda_.mapping_states import MappingStates
from lambent.services.lambda_.packages import Packages
from lambent.services.lambda_.permissions import Permissions
from lambent.services.lambda_.provisioned import ProvisionedConcurrency
from lambent.services.lambda_.recursion import Incident, Recursion, untold
from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.resource_policies import ResourcePolicies
from lambent.services.lambda_.roles import Roles, Trusts
from lambent.services.lambda_.runtime_management import RuntimeManagement
from lambent.services.lambda_.scaling_configs import ScalingConfigs
from lambent.services.lambda_.sealed_code import SealedPackages
from lambent.services.lambda_.sealed_filters import SealedFilters
from lambent.services.lambda_.sealed_variables import SealedVariables
from lambent.services.lambda_.shown import Shown
from lambent.services.lambda_.states import States
from lambent.services.lambda_.storage import CodeStorage
from lambent.services.lambda_.tags import Tags
from lambent.services.lambda_.updates import Updates
from lambent.services.lambda_.url_repository import UrlRepository
from lambent.services.lambda_.versions import Versions
from lambent.services.operation import Operation, operations
from lambent.sources.base import Pollers
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
    RuntimeManagement,
    Recursion,
    Account,
    Concurrency,
    ProvisionedConcurrency,
    CodeSigning,
    FunctionUrls,
    EventSources,
    CapacityShares,
    ScalingConfigs,
    EventInvokeConfigs,
    DurableExecutions,
    Callbacks,
    Invocations,
    AsyncInvocations,
)
"""The classes whose methods are the service's operations."""


class LambdaApi:
    """`operations` by name; `invoke` and `stream` run a function; `invocations` and `event_configs` serve the drain.

    `architecture` is this machine's (`x86_64` or `arm64`); `choose_runtime` gives what serves a runtime here;
    `trusts` tells which roles a service may assume (None: all); `shows_layers` is whether functions see layers here.
    """

    def __init__(
        self,
        *,
        repository: Repository,
        layers: LayerRepository,
        allocations: Allocations,
        mappings: EventSourceRepository,
        mapping_states: MappingStates,
        pollers: Pollers,
        urls: UrlRepository,
        events: EventInvokeRepository,
        asynchronous: Asynchronous,
        neighbours: Neighbours,
        durable: Durable,
        admission: CodeAdmission,
        code: CodeStore,
        states: States,
        idleness: Idleness,
        invoker: Invoker,
        seals: SealedPackages,
        trusts: Trusts | None,
        architecture: str,
        choose_runtime: Callable[[str], Runtime | None],
        shows_layers: bool,
        concurrency_limit: int,
        unreserved_minimum: int,
        rates: ApiRates | None = None,
        incident: Incident = untold,
    ) -> None:
        managed = allocations.managed
        storage = CodeStorage(repository, layers)
        packages = Packages(code, storage, admission, neighbours, seals)
        access = LayerAccess(layers, shown=shows_layers)
        interpreters = Interpreters(choose_runtime)
        recursion = Recursion(repository, incident)
        roles, variables = Roles(trusts), SealedVariables(neighbours)
        shown = Shown(variables, interpreters)
        starts = Starts(*durable)
        self.invocations = Invocations(repository, invoker, recursion, interpreters, idleness, asynchronous, starts)
        self.event_configs = EventInvokeConfigs(repository, events)
        common = (repository, packages, access, roles, variables, shown, states)
        functions = Functions(*common, allocations, managed, urls, events, invoker, seals, durable.keys, architecture)
        made = operations(
            functions,
            Updates(*common, durable.keys, managed, interpreters, architecture),
            Versions(repository, storage, states, managed, variables, shown, allocations.settled),
            Aliases(repository, allocations, urls),
            Layers(layers, access, packages, seals),
            LayerPermissions(layers),
            Permissions(repository),
            ResourcePolicies(repository),
            Tags(repository, mappings, managed.capacities, admission.configs),
            RuntimeManagement(repository, interpreters),
            recursion,
            Account(repository, allocations.provisions, storage, concurrency_limit),
            Concurrency(repository, allocations.provisions, invoker, unreserved_minimum),
            CapacityShares(repository, managed, architecture),
            ScalingConfigs(repository, managed),
            ProvisionedConcurrency(repository, allocations, unreserved_minimum),
            *(CodeSigning(repository, admission.configs), FunctionUrls(repository, urls)),
            EventSources(repository, mappings, mapping_states, pollers, SealedFilters(CustomerKeys(neighbours))),
            *(self.event_configs, self.invocations, AsyncInvocations(self.invocations)),
            DurableExecutions(repository, *durable),
            Callbacks(durable.repository, durable.runs),
        )
        self.operations: Mapping[str, Operation] = made if rates is None else rates.over(made)
        self.invoke = self.operations["Invoke"].handler
        self.stream = self.invocations.stream

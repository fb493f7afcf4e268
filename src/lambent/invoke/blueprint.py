"""Everything an environment is made from, worked out from a function version. No environment is started here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from lambent.context import Clock, Ids
from lambent.invoke import debugging as debuggers
from lambent.invoke import errors
from lambent.invoke.base import Credentials, EnvironmentInfo
from lambent.invoke.debugging import Debugging
from lambent.invoke.insights import GROUP, Insights
from lambent.invoke.journal import Journal
from lambent.invoke.output import LogSink, Output
from lambent.invoke.records import JsonLines, Records
from lambent.invoke.report import PlatformLines, TextLines
from lambent.invoke.variables import CREDENTIALS_ADDRESS, CREDENTIALS_TOKEN, variables
from lambent.model.errors import PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import InitType
from lambent.model.runtime import Runtime
from lambent.runtime_api.credentials_api import PATH as CREDENTIALS_PATH
from lambent.runtimes.command import start
from lambent.sandbox.base import EnvironmentSpec
from lambent.sandbox.snapshot import Snapshot

METADATA_TOKEN = "AWS_LAMBDA_METADATA_TOKEN"

CodeTree = Callable[[FunctionVersion], Awaitable[Path]]
"""The unpacked package of a function. Raises ApiError: it is encrypted with a customer's key, which does not let us."""

LayerTree = Callable[[FunctionVersion], Awaitable[Path | None]]

Unseal = Callable[[FunctionVersion], Awaitable[dict[str, str]]]
"""The variables of a function that are encrypted with a customer's key. Raises ApiError: the key does not let us."""


class Logs(Protocol):
    """Where log streams come from (`observe.logs.LogStore`)."""

    def stream(
        self, account: str, region: str, group: str, name: str, role: str = "", *, in_json: bool = False
    ) -> LogSink: ...


@dataclass(frozen=True, slots=True)
class Blueprint:
    """One environment to be: `spec` for the sandbox, `journal` for its log, `init_type` why it is made, `credentials`
    what it signs with, `debug_port` where a debugger is let in, `insights` what measures it, if that is on."""

    function: FunctionVersion
    init_type: InitType
    spec: EnvironmentSpec
    log_stream: str
    journal: Journal
    credentials: Credentials
    debug_port: int | None = None
    insights: Insights | None = None

    @property
    def restores(self) -> bool:
        """Whether it continues from a snapshot instead of loading its function."""
        return self.spec.snapshot is not None and self.spec.snapshot.usable

    def info(
        self,
        state: str,
        *,
        started_at: float,
        init_seconds: float | None,
        invocations: int,
        cold: int,
        memory_bytes: int,
        cpu_seconds: float,
    ) -> EnvironmentInfo:
        """The environment that was made of it, as it is now; `init_seconds` None: its INIT has not succeeded."""
        function = self.function
        return EnvironmentInfo(
            id=self.spec.id,
            function_arn=function.arn,
            revision_id=function.revision_id,
            runtime=self.spec.runtime.name,
            init_type=self.init_type.value,
            state=state,
            log_group=function.logging.log_group,
            log_stream=self.log_stream,
            started_at=started_at,
            invocations=invocations,
            init_ms=None if init_seconds is None else init_seconds * 1000,
            memory_mb=function.memory_mb,
            memory_bytes=memory_bytes,
            cpu_seconds=cpu_seconds,
            cold=cold,
            warm=max(0, invocations - cold),  # one that waited may not have been handed over yet
        )


async def nothing_sealed(function: FunctionVersion) -> dict[str, str]:
    """What a platform without KMS unseals."""
    raise PlatformError(f"the variables of {function.arn} are encrypted, and there is no KMS to decrypt them")


async def no_layers(function: FunctionVersion) -> Path | None:
    """The layer trees of a platform that has none."""
    return None


def stream_name(now: float, function: FunctionVersion, environment_id: str) -> str:
    """`YYYY/MM/DD/[version]<32 hex>`; in a group that is not the function's own, its name comes first."""
    date = datetime.fromtimestamp(now, UTC).strftime("%Y/%m/%d")
    shared = function.logging.log_group != f"/aws/lambda/{function.name}"
    return f"{date}/{function.name if shared else ''}[{function.version}]{environment_id}"


class Blueprints:
    """Draws blueprints; a new id, log stream and set of credentials each.

    `runtime_for` names the interpreter that serves a runtime identifier (None: none does); `code_tree` gives
    its unpacked package, `layer_tree` a function's merged layers (None: it has none). `metadata_api` is the
    address at which every environment reaches the metadata endpoint (None: there is no such address).
    """

    def __init__(
        self,
        *,
        runtime_for: Callable[[str], Runtime | None],
        code_tree: CodeTree,
        layer_tree: LayerTree = no_layers,
        unseal: Unseal = nothing_sealed,
        credentials: Callable[[FunctionVersion], Credentials],
        logs: Logs,
        clock: Clock,
        ids: Ids,
        old_log_lines: bool,
        metadata_api: str | None = None,
        debugging: Debugging | None = None,
    ) -> None:
        self._debugging = debugging or Debugging()
        self._metadata_api = metadata_api
        self._runtime_for = runtime_for
        self._code_tree = code_tree
        self._layer_tree = layer_tree
        self._unseal = unseal
        self._credentials = credentials
        self._logs = logs
        self._clock = clock
        self._ids = ids
        self._old_log_lines = old_log_lines

    async def draw(
        self,
        function: FunctionVersion,
        init_type: InitType = InitType.ON_DEMAND,
        tenant: str | None = None,
        *,
        snapshot: Snapshot | None = None,
        is_template: bool = False,
    ) -> Blueprint:
        """A blueprint for one new environment, which serves `tenant` alone if there is one.

        It continues from `snapshot`, or is the template of one.

        Raises ApiError if its runtime is not here or its variables or package cannot be decrypted, and PlatformError.
        """
        runtime = self._runtime_for(function.runtime)
        if runtime is None:
            raise errors.runtime_missing(function.runtime)
        if function.sealed_variables:
            # Each time anew: a key that is disabled lets no more environments start, and nothing in the clear is kept.
            function = msgspec.structs.replace(function, variables=await self._unseal(function), sealed_variables=b"")
        port = self._debugging.port_of(function)
        if port is not None:
            snapshot = None
            function = msgspec.structs.replace(
                function,
                timeout=debuggers.TIMEOUT_SECONDS,
                variables={**function.variables, **debuggers.variables(function, port)},
            )
        environment_id = self._ids.hex(32)
        log_stream = stream_name(self._clock.now(), function, environment_id)
        process = start(
            runtime,
            handler=function.handler,
            memory_mb=function.memory_mb,
            variables=function.variables,
            shared=function.capacity is not None,
        )
        credentials = self._credentials(function)
        spec = EnvironmentSpec(
            id=environment_id,
            runtime=process.runtime,
            command=process.command,
            code=await self._code_tree(function),
            layers=await self._layer_tree(function),
            memory_mb=function.memory_mb,
            ephemeral_mb=function.ephemeral_mb,
            handler=function.handler,
            variables=self._variables(function, log_stream, credentials, init_type),
            log_format=function.logging.log_format,
            full_speed_init=True,
            is_template=is_template,
            snapshot=snapshot,
        )
        logging = function.logging
        in_json = logging.log_format == "JSON"
        sink = self._logs.stream(
            function.account, function.region, logging.log_group, log_stream, function.role, in_json=in_json
        )
        records = Records(
            runtime,
            region=function.region,
            name=function.name,
            version=function.version,
            init_type=init_type,
            tenant_id=tenant,
        )
        journal = Journal(self._lines(function, runtime, records), records, Output(sink, self._clock), self._clock)
        insights = self._insights(function, log_stream) if function.measured else None
        return Blueprint(function, init_type, spec, log_stream, journal, credentials, port, insights)

    def _insights(self, function: FunctionVersion, log_stream: str) -> Insights:
        name = f"{function.name}/{log_stream}"
        sink = self._logs.stream(function.account, function.region, GROUP, name, function.role, in_json=True)
        return Insights(function, sink, self._clock)

    def _variables(
        self, function: FunctionVersion, log_stream: str, credentials: Credentials, init_type: InitType
    ) -> dict[str, str]:
        address = self._metadata_api
        if address is None:
            return variables(function, log_stream, credentials, init_type)
        result = variables(function, log_stream, credentials, init_type, f"http://{address}{CREDENTIALS_PATH}")
        if CREDENTIALS_ADDRESS in result:
            result[CREDENTIALS_TOKEN] = self._ids.hex(32)
        return result | {"AWS_LAMBDA_METADATA_API": address, METADATA_TOKEN: self._ids.hex(32)}

    def _lines(self, function: FunctionVersion, runtime: Runtime, records: Records) -> PlatformLines:
        if function.logging.log_format == "JSON":
            return JsonLines(records, level=function.logging.system_level)
        return TextLines(
            runtime,
            region=function.region,
            version=function.version,
            old_lines=self._old_log_lines,
            init_type=records.init_type,
        )

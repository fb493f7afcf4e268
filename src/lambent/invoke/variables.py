"""The environment variables of a function's process, as Lambda sets them. Pure.

The sandbox adds what only it knows: `AWS_LAMBDA_RUNTIME_API` and, unless the user set one, `AWS_ENDPOINT_URL`.
"""

from __future__ import annotations

from collections.abc import Mapping

from lambent.invoke import trace_daemon
from lambent.invoke.base import Credentials
from lambent.model.function import FunctionVersion
from lambent.model.invocation import InitType
from lambent.runtimes import names

RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
"""Names that a user cannot set; the service refuses them, and here they never win."""

CREDENTIALS_ADDRESS, CREDENTIALS_TOKEN = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"

_NOT_UNDER_SNAP_START = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
)
"""What would not be true any more once a function is restored; on AWS, too, these are absent."""

_TASK_ROOT = "/var/task"
_RUNTIME_DIR = "/var/runtime"
_DEFAULTS = {
    "LANG": "en_US.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "LD_LIBRARY_PATH": (
        f"/var/lang/lib:/lib64:/usr/lib64:{_RUNTIME_DIR}:{_RUNTIME_DIR}/lib:{_TASK_ROOT}:{_TASK_ROOT}/lib:/opt/lib"
    ),
    "TZ": ":UTC",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
}


def _of_daemon(host: str, port: int) -> dict[str, str]:
    """Where SDKs find X-Ray's daemon."""
    return {
        "AWS_XRAY_DAEMON_ADDRESS": f"{host}:{port}",
        "_AWS_XRAY_DAEMON_ADDRESS": host,
        "_AWS_XRAY_DAEMON_PORT": str(port),
    }


def relocated(variables: Mapping[str, str], address: tuple[str, int]) -> dict[str, str]:
    """The variables with X-Ray's daemon at another address, unless the function has named one itself."""
    usual = _of_daemon(*trace_daemon.ADDRESS)
    moved = {name: value for name, value in _of_daemon(*address).items() if variables.get(name) == usual[name]}
    return {**variables, **moved}


def _of_language(runtime: str) -> dict[str, str]:
    """Where the runtime's language looks for packages, as on Lambda."""
    language, version = names.language(runtime), ".".join(map(str, names.version(runtime)))
    match language:
        case "python":
            return {"PYTHONPATH": _RUNTIME_DIR}
        case "nodejs":
            layers = f"/opt/nodejs/node{version}/node_modules:/opt/nodejs/node_modules"
            return {"NODE_PATH": f"{layers}:{_RUNTIME_DIR}/node_modules:{_RUNTIME_DIR}:{_TASK_ROOT}"}
        case "ruby":
            bundle, layers = f"{_TASK_ROOT}/vendor/bundle/ruby/{version}.0", f"/opt/ruby/gems/{version}.0"
            return {"GEM_PATH": f"{bundle}:{layers}", "RUBYLIB": f"{_TASK_ROOT}:{_RUNTIME_DIR}/lib:/opt/ruby/lib"}
        case _:
            return {}


def variables(
    function: FunctionVersion,
    log_stream: str,
    credentials: Credentials,
    init_type: InitType = InitType.ON_DEMAND,
    credentials_address: str | None = None,
) -> dict[str, str]:
    """The defaults, overridden by the function's own variables, overridden by the reserved ones.

    Under SnapStart there are no credentials among them, but a `credentials_address`, if there is one, to ask for them.
    """
    result = {**_DEFAULTS, **_of_daemon(*trace_daemon.ADDRESS), **_of_language(function.runtime)}
    result |= {name: value for name, value in function.variables.items() if name not in RESERVED}
    result |= {
        "_HANDLER": function.handler,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": init_type.value,
        "AWS_LAMBDA_LOG_FORMAT": function.logging.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logging.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_REGION": function.region,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "LAMBDA_RUNTIME_DIR": _RUNTIME_DIR,
        "LAMBDA_TASK_ROOT": _TASK_ROOT,
    }
    if init_type is InitType.SNAP_START and credentials_address is not None:
        result = {name: value for name, value in result.items() if name not in _NOT_UNDER_SNAP_START}
        result[CREDENTIALS_ADDRESS] = credentials_address
    if not function.runtime.startswith("provided"):
        result["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{function.runtime}"
    if function.capacity is not None:
        result["AWS_LAMBDA_MAX_CONCURRENCY"] = str(function.capacity.concurrency)
    if function.logging.application_level is not None:
        result["AWS_LAMBDA_LOG_LEVEL"] = function.logging.application_level
    return result

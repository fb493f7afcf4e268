"""Every setting, read once: the only module that reads the environment and configuration files.

`Settings` is frozen. The command line overrides the environment, which overrides the defaults.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

DEFAULT_PORT = 4566
SANDBOXES = ("auto", "isolated", "process")
NETWORKS = ("auto", "nat", "none", "host")
LOG_FORMATS = ("text", "json")
LONGEST_LIFETIME_SECONDS = 24 * 3600.0
"""Credentials of functions must outlive every environment."""

_VARIABLES = {"account": "ACCOUNT_ID"}
_SERVICE_IDS = {"secrets-manager": "secretsmanager", "eventbridge": "events", "cloudwatch-logs": "logs"}
"""What `AWS_ENDPOINT_URL_<SERVICE>` calls a service, where botocore's name for it is another."""


class Settings(msgspec.Struct, frozen=True):
    """What `lambent serve` needs to know.

    Sizes in MB, durations in seconds, as their names say. `sandbox` is `auto`, `isolated` or
    `process`. `runtimes_dir` is a directory of interpreters to search besides those of `search_path`
    (PATH), of the version managers pyenv, uv, nvm and rbenv, and of `jvm_dir`; the former come from
    the variables that belong to them. `endpoint` is for client commands: where the server is, if not
    where the one of `data` said that it listens; the `shell_` fields are what `lambent env` gave the
    shell (`AWS_ENDPOINT_URL` and its keys), for commands that run elsewhere than beside `data`. A
    function gets at most `scaling_environments` new environments in `scaling_seconds`, and
    `provisioned_per_minute` provisioned ones; for each invocation that may run at once
    `invocations_per_second` may begin (0: as many as come). With `api_rates` the control plane is
    called as seldom as on AWS. Environments live for `lifetime_seconds`.
    A version on managed instances has `managed_environments` unless it asks for another number. One
    PutEvents holds at most `put_events_bytes`.
    `network` is what functions reach beside Lambent: `auto`, `nat`, `none` or `host` (docs/network.md).
    With `test_clock` the server's clock may be moved (`lambent clock advance`).
    `oidc_keys` is a directory of identity providers' keys. All accounts are of the `organization` (`o-...`), if any.
    What is secret in the data directory is sealed with `master_key` (64 hex digits), else that of `master_key_file`.
    Functions that nobody invokes for `inactive_seconds` become Inactive (None: never).
    `signing_profiles` is a directory with the certificates that may sign code (docs/code-signing.md).
    `prices` is a price table in place of the one that ships (docs/cost.md).
    `memory_reserve_mb` of the machine's memory are never given to functions (None: a twentieth, at
    least 256 MB). With `snapstart_latest`, functions under SnapStart start from snapshots as `$LATEST`, too.
    The server's own log is written in `log_format`, `text` or `json`.
    Spans and metrics go to the OpenTelemetry collector at `otlp_endpoint` (OTEL_EXPORTER_OTLP_ENDPOINT).
    Whoever bears `metrics_token` may read `/_lambent/metrics` (docs/metrics.md); without, root alone may.
    A streamed response has at most `stream_limit_mb`; `stream_burst_mb` of it leave at any speed, the rest at
    `stream_mb_per_second`.
    least 256 MB). `endpoints` says where services are that Lambent is to call elsewhere, by their names
    in botocore: `AWS_ENDPOINT_URL_<SERVICE>`, or `LAMBENT_ENDPOINT_<SERVICE>` for Lambent alone; `aws` is
    AWS itself. What goes there is signed with the `neighbour_` keys, if there are any. `brokers` says where message
    brokers and clusters are that no service can be asked about, by their ARNs (docs/event-sources.md); in the
    environment a JSON object.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    data: Path = Path(".lambent")
    account: str = "000000000000"
    region: str = "us-east-1"
    endpoint: str | None = None
    shell_endpoint: str | None = None
    shell_access_key_id: str | None = None
    shell_secret_access_key: str | None = None
    root_access_key_id: str | None = None
    root_secret_access_key: str | None = None
    auth: bool = True
    test_clock: bool = False
    oidc_keys: Path | None = None
    master_key: str | None = None
    master_key_file: Path | None = None
    signing_profiles: Path | None = None
    prices: Path | None = None
    metrics_token: str | None = None
    log_format: str = "text"
    otlp_endpoint: str | None = None
    tls: bool = False
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    sandbox: str = "auto"
    network: str = "auto"
    strict_runtimes: bool = False
    runtimes_dir: Path | None = None
    search_path: str = "/usr/local/bin:/usr/bin:/bin"
    pyenv_root: Path | None = None
    uv_python_dir: Path | None = None
    nvm_dir: Path | None = None
    rbenv_root: Path | None = None
    jvm_dir: Path | None = Path("/usr/lib/jvm")
    concurrency_limit: int = 1000
    unreserved_minimum: int = 100
    invocations_per_second: float = 10.0
    api_rates: bool = False
    organization: str | None = None
    idle_seconds: float = 600.0
    inactive_seconds: float | None = None
    init_seconds: float = 10.0
    lifetime_seconds: float = 4 * 3600.0
    scaling_environments: int = 1000
    scaling_seconds: float = 10.0
    provisioned_per_minute: float = 6000.0
    managed_environments: int = 3
    put_events_bytes: int = 1_048_576
    memory_reserve_mb: int | None = None
    old_log_lines: bool = True
    snapstart_latest: bool = False
    stream_limit_mb: float = 200.0
    stream_burst_mb: float = 6.0
    stream_mb_per_second: float = 2.0
    endpoints: Mapping[str, str] = msgspec.field(default_factory=dict)
    brokers: Mapping[str, str] = msgspec.field(default_factory=dict)
    neighbour_access_key_id: str | None = None
    neighbour_secret_access_key: str | None = None
    neighbour_session_token: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
        """Settings from `LAMBENT_*` variables, then `overrides` that are not None.

        Raises ValueError, naming the variable, for a value that cannot be read or makes no sense.
        """
        env = os.environ if environment is None else environment
        read: dict[str, object] = {**_interpreter_places(env), **_key_place(env), **_shell(env)}
        if collector := env.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
            read["otlp_endpoint"] = collector
        read["endpoints"] = _endpoints(env)
        for field in msgspec.structs.fields(cls):
            name = variable(field.name)
            text = env.get(name, "")
            if text and field.name == "brokers":
                read["brokers"] = _object(name, text)
            elif text and field.name != "endpoints":
                read[field.name] = _converted(name, text, field.type)
        for key, value in overrides.items():
            if value is not None:
                read[key] = value
        settings = _converted("settings", read, cls)
        assert isinstance(settings, cls)
        settings.check()
        return settings

    def check(self) -> None:
        """Raise ValueError, naming the variable, for values that make no sense."""
        for name, bad in (
            ("account", not re.fullmatch(r"\d{12}", self.account)),
            ("region", not re.fullmatch(r"[a-z0-9-]{1,64}", self.region)),
            ("organization", not re.fullmatch(r"o-[a-z0-9]{10,32}", self.organization or "o-0000000000")),
            ("port", not 0 <= self.port <= 65535),
            ("sandbox", self.sandbox not in SANDBOXES),
            ("network", self.network not in NETWORKS),
            ("log_format", self.log_format not in LOG_FORMATS),
            ("concurrency_limit", self.concurrency_limit < 1),
            ("unreserved_minimum", not 0 <= self.unreserved_minimum <= self.concurrency_limit),
            ("invocations_per_second", self.invocations_per_second < 0),
            ("idle_seconds", self.idle_seconds < 0),
            ("inactive_seconds", self.inactive_seconds is not None and self.inactive_seconds <= 0),
            ("init_seconds", self.init_seconds <= 0),
            ("lifetime_seconds", not 0 < self.lifetime_seconds <= LONGEST_LIFETIME_SECONDS),
            ("scaling_environments", self.scaling_environments < 1),
            ("scaling_seconds", self.scaling_seconds <= 0),
            ("provisioned_per_minute", self.provisioned_per_minute <= 0),
            ("managed_environments", self.managed_environments < 0),
            ("put_events_bytes", self.put_events_bytes < 1),
            ("stream_limit_mb", self.stream_limit_mb <= 0),
            ("stream_burst_mb", self.stream_burst_mb < 0),
            ("stream_mb_per_second", self.stream_mb_per_second <= 0),
            ("memory_reserve_mb", self.memory_reserve_mb is not None and self.memory_reserve_mb < 0),
        ):
            if bad:
                raise ValueError(f"{variable(name)}: {getattr(self, name)!r} is not valid")
        if not self.auth and not _is_loopback(self.host):
            raise ValueError(f"without authentication only loopback may be served (127.0.0.1, ::1), not {self.host}")
        if self.otlp_endpoint is not None and not re.match(r"https?://[^/\s]", self.otlp_endpoint):
            raise ValueError(f"{variable('otlp_endpoint')}: {self.otlp_endpoint!r} is no http(s):// address")
        for service, url in self.endpoints.items():
            if url != "aws" and not re.match(r"https?://[^/\s]", url):
                raise ValueError(f"the endpoint of {service}, {url!r}, is neither an http(s):// address nor 'aws'")
            if url == "aws" and self.neighbour_access_key_id is None:
                raise ValueError(
                    f"{service} of AWS itself needs keys: {variable('neighbour_access_key_id')} and its secret"
                )
        for first, second in (
            ("root_access_key_id", "root_secret_access_key"),
            ("neighbour_access_key_id", "neighbour_secret_access_key"),
            ("tls_certificate", "tls_key"),
        ):
            if (getattr(self, first) is None) != (getattr(self, second) is None):
                raise ValueError(f"{variable(first)} and {variable(second)} must be given together")


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return "LAMBENT_" + _VARIABLES.get(field, field.upper())


def _converted(name: str, value: object, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind, strict=not isinstance(value, str), dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ValueError(f"{name}: {error}") from error


def _object(name: str, text: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError as error:
        raise ValueError(f"{name}: {error}") from error


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str | Path):
        return Path(value).expanduser()
    raise NotImplementedError(kind)


def _interpreter_places(env: Mapping[str, str]) -> dict[str, str]:
    """The settings that the variables of PATH and of the version managers give; a `LAMBENT_*` variable goes before."""
    home = env.get("HOME")
    data = env.get("XDG_DATA_HOME") or (home and f"{home}/.local/share")
    places = {
        "search_path": env.get("PATH"),
        "pyenv_root": env.get("PYENV_ROOT") or (home and f"{home}/.pyenv"),
        "uv_python_dir": env.get("UV_PYTHON_INSTALL_DIR") or (data and f"{data}/uv/python"),
        "nvm_dir": env.get("NVM_DIR") or (home and f"{home}/.nvm"),
        "rbenv_root": env.get("RBENV_ROOT") or (home and f"{home}/.rbenv"),
    }
    return {name: place for name, place in places.items() if place}


def _key_place(env: Mapping[str, str]) -> dict[str, str]:
    """Where the master key is, if nobody says otherwise: with the user's own data."""
    home = env.get("HOME")
    data = env.get("XDG_DATA_HOME") or (home and f"{home}/.local/share")
    return {"master_key_file": f"{data}/lambent/master.key"} if data else {}


def _is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches `host`. A name other than localhost might mean anything."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _shell(env: Mapping[str, str]) -> dict[str, str]:
    """What `eval "$(lambent env)"` left; keys without an endpoint beside them are for AWS itself, not for us."""
    names = {
        "shell_endpoint": "AWS_ENDPOINT_URL",
        "shell_access_key_id": "AWS_ACCESS_KEY_ID",
        "shell_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    }
    found = {field: env[name] for field, name in names.items() if env.get(name)}
    return found if len(found) == len(names) else {}


def _endpoints(env: Mapping[str, str]) -> dict[str, str]:
    """Where services are that we call elsewhere; what is said to us alone goes before what every SDK reads."""
    found: dict[str, str] = {}
    for prefix in ("AWS_ENDPOINT_URL_", "LAMBENT_ENDPOINT_"):
        names = (name for name in env if name.startswith(prefix) and env[name])
        for name in names:
            service = name.removeprefix(prefix).lower().replace("_", "-")
            found[_SERVICE_IDS.get(service, service)] = env[name]
    return found


def child_environment(added: Mapping[str, str], *, without: str) -> dict[str, str]:
    """The environment for a program that we start: this process's, less every variable whose name starts with
    `without`, and `added`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(without)}
    return {**kept, **added}

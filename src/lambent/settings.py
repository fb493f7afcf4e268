"""Every setting, read once: the only module that reads the environment and configuration files.

`Settings` is frozen. The command line overrides the environment, which overrides the defaults.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

DEFAULT_PORT = 4566


class Settings(msgspec.Struct, frozen=True):
    """What `lambent serve` needs to know.

    Sizes in MB, durations in seconds, as their names say. `sandbox` is `auto`, `isolated` or
    `process`. `runtimes_dir` is a directory of interpreters to search besides PATH, pyenv and uv.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    data: Path = Path(".lambent")
    account: str = "000000000000"
    region: str = "us-east-1"
    root_access_key_id: str | None = None
    root_secret_access_key: str | None = None
    auth: bool = True
    tls: bool = False
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    sandbox: str = "auto"
    strict_runtimes: bool = False
    runtimes_dir: Path | None = None
    concurrency_limit: int = 1000
    unreserved_minimum: int = 100
    idle_seconds: float = 600.0
    init_seconds: float = 10.0
    old_log_lines: bool = True

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
        """Settings from `LAMBENT_*` variables, then `overrides` that are not None.

        Raises ValueError with the variable's name for a value that cannot be read.
        """
        env = os.environ if environment is None else environment
        raw: dict[str, object] = {}
        for field in msgspec.structs.fields(cls):
            name = "LAMBENT_" + {"account": "ACCOUNT_ID"}.get(field.name, field.name.upper())
            if (text := env.get(name)) is not None and text != "":
                try:
                    raw[field.name] = msgspec.convert(text, field.type, strict=False)
                except msgspec.ValidationError as error:
                    raise ValueError(f"{name}: {error}") from error
        raw.update({name: value for name, value in overrides.items() if value is not None})
        return msgspec.convert(raw, cls)

"""What a runtime is: a name that AWS knows, and the interpreter on this machine that serves it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class RuntimeKind(StrEnum):
    """How the platform speaks to the runtime's process."""

    PYTHON = "python"
    """Managed Python: forked from a zygote, spoken to over the private framed socket."""
    EXEC = "exec"
    """Anything else: a program (`bootstrap`) that speaks the Runtime API over HTTP."""


class Runtime(msgspec.Struct, frozen=True):
    """One runtime as found on this machine.

    `name` is the identifier of the API (`python3.12`, `provided.al2023`); `version` the full version
    of the interpreter (`3.12.1`, empty for `provided`); `executable` and `prefix` its absolute path
    and installation tree (empty for `provided`); `source` says how it was found (`path`, `pyenv`,
    `uv`, `directory`, `builtin`).
    """

    name: str
    kind: RuntimeKind
    version: str = ""
    executable: str = ""
    prefix: str = ""
    source: str = "builtin"

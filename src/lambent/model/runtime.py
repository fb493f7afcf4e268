"""What a runtime is: a name that AWS knows, and the interpreter on this machine that serves it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

EXECUTABLE, LIBRARY = "{executable}", "{library}"
"""In a command: the runtime's interpreter, and the directory that becomes /var/runtime, wherever they are inside."""


class RuntimeKind(StrEnum):
    """How the platform speaks to the runtime's process."""

    PYTHON = "python"
    """Managed Python: forked from a zygote, spoken to over the private framed socket."""
    FRAMED = "framed"
    """A program of ours in the language's own interpreter (Node.js, Ruby): started anew for each environment,
    spoken to over the private framed socket."""
    EXEC = "exec"
    """Anything else: a program (`bootstrap`, Java, what a wrapper script starts) that speaks the Runtime API over
    HTTP."""


class Runtime(msgspec.Struct, frozen=True):
    """One runtime as found on this machine.

    `name` is the identifier of the API (`python3.12`, `provided.al2023`), or what it would be if AWS had that version
    (`ruby3.1`); `version` the full version of the interpreter (`3.12.1`, empty for `provided`); `executable` and
    `prefix` its absolute path and installation tree (both empty for `provided`; `prefix` is empty too where the
    program needs nothing beside it); `source` says how it was found (`path`, `pyenv`, `uv`, `nvm`, `rbenv`, `jvm`,
    `directory`, `builtin`).
    """

    name: str
    kind: RuntimeKind
    version: str = ""
    executable: str = ""
    prefix: str = ""
    source: str = "builtin"

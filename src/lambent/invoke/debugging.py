"""Functions that somebody debugs, and how their runtimes are told to listen for a debugger. It ends with the server.

Only `$LATEST` is debugged, and only in Python and Node.js. Its environments have their time limits suspended, and are
not frozen: a debugger would stop with them.
"""

from __future__ import annotations

from typing import Final

from lambent.model.function import LATEST, FunctionVersion
from lambent.runtimes import names

TIMEOUT_SECONDS: Final = 24 * 3600
"""What stands for no limit."""

PYTHON_VARIABLE: Final = "LAMBENT_DEBUG_PORT"
"""`lambent_bootstrap` in the function's process takes it away and has debugpy listen."""

_LANGUAGES: Final = ("python", "nodejs")


class Debugging:
    """The port of each function, by account, region and name."""

    def __init__(self) -> None:
        self._ports: dict[tuple[str, str, str], int] = {}

    def set(self, account: str, region: str, name: str, port: int | None) -> None:
        """Environments that are made from now on listen for a debugger there; None: they do not."""
        if port is None:
            self._ports.pop((account, region, name), None)
        else:
            self._ports[account, region, name] = port

    def port_of(self, function: FunctionVersion) -> int | None:
        """Where a new environment of it is to listen, on its loopback and on the machine's."""
        if function.version != LATEST or names.language(function.runtime) not in _LANGUAGES:
            return None
        return self._ports.get((function.account, function.region, function.name))


def variables(function: FunctionVersion, port: int) -> dict[str, str]:
    """What the runtime's process needs in its environment to listen."""
    if names.language(function.runtime) == "python":
        return {PYTHON_VARIABLE: str(port)}
    own = function.variables.get("NODE_OPTIONS", "")
    return {"NODE_OPTIONS": f"{own} --inspect=127.0.0.1:{port}".strip()}

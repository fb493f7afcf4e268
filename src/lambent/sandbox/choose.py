"""Which sandbox to use: the isolated one where it works, the process one where it does not, or the one asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from lambent.model.errors import PlatformError
from lambent.model.runtime import Runtime
from lambent.sandbox.base import Sandbox
from lambent.sandbox.isolated import IsolatedSandbox
from lambent.sandbox.probe import walls
from lambent.sandbox.process import ProcessSandbox
from lambent.sandbox.stock import NONE, Sizes

_log = logging.getLogger(__name__)


async def choose(
    wish: str,
    *,
    data: Path,
    library: Callable[[Runtime], Path],
    endpoint_url: str,
    prepared: Sizes = NONE,
    network: str = "auto",
) -> Sandbox:
    """The sandbox for `wish` (`auto`, `isolated`, `process`), not yet entered, with that much ready for cold starts.

    `network` is `auto`, `nat`, `none` or `host`. Raises PlatformError when `isolated` is wished and does not work here,
    or a network that the sandbox has not; ValueError for another wish.
    """
    if wish not in ("auto", "isolated", "process"):
        raise ValueError(f"no such sandbox: {wish}")
    if wish == "process":
        return _open_world(data, library, endpoint_url, network)
    lacking = [f"{part.name} ({part.detail})" for part in await walls() if not part.works]
    if not lacking:
        if network == "host":
            raise PlatformError("the isolated sandbox has no network `host`; the process sandbox has, without walls")
        return IsolatedSandbox(data, library, prepared=prepared, network=network)
    if wish == "isolated":
        raise PlatformError("this machine cannot isolate functions: " + ", ".join(lacking))
    _log.warning("this machine cannot isolate functions: %s", ", ".join(lacking))
    return _open_world(data, library, endpoint_url, network)


def _open_world(data: Path, library: Callable[[Runtime], Path], endpoint_url: str, network: str) -> ProcessSandbox:
    """Raises PlatformError where a network with walls was asked for."""
    if network in ("nat", "none"):
        raise PlatformError(f"the process sandbox has no network `{network}`: it shares the machine's (`host`)")
    _log.warning("functions share the machine's network (`host`): its loopback, its services, all that it reaches")
    return ProcessSandbox(data, library, endpoint_url)

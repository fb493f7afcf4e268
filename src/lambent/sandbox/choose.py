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
    wish: str, *, data: Path, library: Callable[[Runtime], Path], endpoint_url: str, prepared: Sizes = NONE
) -> Sandbox:
    """The sandbox for `wish` (`auto`, `isolated`, `process`), not yet entered, with that much ready for cold starts.

    Raises PlatformError when `isolated` is wished and does not work here, ValueError for another wish.
    """
    if wish not in ("auto", "isolated", "process"):
        raise ValueError(f"no such sandbox: {wish}")
    if wish == "process":
        return ProcessSandbox(data, library, endpoint_url)
    lacking = [f"{part.name} ({part.detail})" for part in await walls() if not part.works]
    if not lacking:
        return IsolatedSandbox(data, library, prepared=prepared)
    if wish == "isolated":
        raise PlatformError("this machine cannot isolate functions: " + ", ".join(lacking))
    _log.warning("this machine cannot isolate functions: %s", ", ".join(lacking))
    return ProcessSandbox(data, library, endpoint_url)

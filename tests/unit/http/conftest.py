"""HTTP tests run on uvloop, as the server does; those with real sockets on the standard loop too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

REAL_SOCKETS = {"test_server", "test_tls"}


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loops to run `item` on."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"uvloop": uvloop.new_event_loop}
    if item.path.stem in REAL_SOCKETS or item.name.endswith("over_sockets"):
        loops["asyncio"] = asyncio.new_event_loop
    return loops

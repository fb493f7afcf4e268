"""Whatever waits or opens connections runs on both loops; the rest does not care."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

ON_BOTH = {"test_door", "test_extensions_api", "test_telemetry", "test_telemetry_delivery", "test_telemetry_subscriber"}


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loops to run `item` on."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    if item.path.stem in ON_BOTH:
        loops["uvloop"] = uvloop.new_event_loop
    return loops

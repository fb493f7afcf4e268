"""End-to-end tests run on the loop that the server runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import uvloop

from tests.e2e.builds import BUILD_SECONDS, Builds
from tests.e2e.data_plane import ISOLATED, Platform


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who is the first to need a program waits until it is built."""
    for item in items:
        if isinstance(item, pytest.Function) and "builds" in item.fixturenames:
            item.add_marker(pytest.mark.timeout(2 * BUILD_SECONDS))


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop for every asynchronous test here."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(params=[ISOLATED, "process"])
async def platform(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Platform]:
    """The data plane on each sandbox."""
    made = Platform(tmp_path, request.param)
    await made.open()
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture(scope="session")
def builds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Programs in compiled languages, kept for the next session if pytest keeps anything."""
    cache = getattr(request.config, "cache", None)
    kept = tmp_path_factory.mktemp("kept") if cache is None else cache.mkdir("builds")
    return Builds(kept, tmp_path_factory.mktemp("builds"))

"""The sandbox without walls: that it says so, and what stands in for the fixed places."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox.process import ProcessSandbox
from tests.unit.sandbox.worlds import World, running


async def test_it_warns_of_everything_that_does_not_hold(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world = World(tmp_path)
    with caplog.at_level(logging.WARNING):
        async with ProcessSandbox(world.data, world.library, "") as sandbox:
            assert not any(feature.works for feature in sandbox.features())
    (record,) = caplog.records
    for feature in sandbox.features():
        assert f"{feature.name}: {feature.detail}" in record.getMessage()


async def test_variables_stand_in_for_fixed_places(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with ProcessSandbox(world.data, world.library, "http://127.0.0.1:9") as sandbox:
        spec = world.spec(variables={"LAMBDA_TASK_ROOT": "/var/task"})
        async with running(sandbox, spec) as inside:
            environ = await inside.run("import os; answer = dict(os.environ)")
            scratch = Path(environ["TMPDIR"])
            assert environ["LAMBDA_TASK_ROOT"] == str(world.code) == await inside.run("answer = os.getcwd()")
            assert environ["LAMBDA_RUNTIME_DIR"] == str(world.library_directory)
            assert environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
            assert os.access(scratch, os.W_OK)
        assert not os.access(scratch, os.F_OK)


async def test_layers_are_refused(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with ProcessSandbox(world.data, world.library, "") as sandbox:
        with pytest.raises(PlatformError, match="layers"):
            await sandbox.start(world.spec(layers=world.data / "layers" / "x"))

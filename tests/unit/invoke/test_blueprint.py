"""What an environment is made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.invoke.base import Credentials
from lambent.invoke.blueprint import Blueprints, stream_name
from lambent.model.errors import ApiError
from lambent.model.function import LoggingConfig
from lambent.model.invocation import Invocation


def blueprints(world, **more) -> Blueprints:
    return Blueprints(
        runtime_for=lambda name: world.runtime,
        code_tree=world.code_tree,
        credentials=lambda function: Credentials("ASIA" + function.name, "secret", "token"),
        logs=world,
        clock=world.clock,
        ids=world.ids,
        old_log_lines=True,
        **more,
    )


async def test_a_blueprint_is_the_functions_configuration(world, function) -> None:
    f = function(memory_mb=512, ephemeral_mb=1024, variables={"A": "b"})
    drawn = await blueprints(world).draw(f)
    spec = drawn.spec
    assert (spec.id, spec.runtime, spec.code, spec.layers) == (f"{1:032x}", world.runtime, Path("/code/d1"), None)
    assert (spec.memory_mb, spec.ephemeral_mb, spec.handler, spec.log_format) == (512, 1024, "app.handler", "Text")
    assert spec.variables["A"] == "b"
    assert spec.variables["AWS_ACCESS_KEY_ID"] == "ASIAf"
    assert spec.variables["AWS_LAMBDA_LOG_STREAM_NAME"] == drawn.log_stream == world.streams[0].name
    assert drawn.log_stream == f"2023/11/14/[$LATEST]{1:032x}"


async def test_merged_layers_are_part_of_it(world, function) -> None:
    async def layer_tree(version) -> Path:
        return Path("/layers") / version.name

    drawn = await blueprints(world, layer_tree=layer_tree).draw(function())
    assert drawn.spec.layers == Path("/layers/f")


async def test_every_environment_has_its_own_id_and_stream(world, function) -> None:
    draw = blueprints(world).draw
    first, second = await draw(function()), await draw(function())
    assert first.spec.id != second.spec.id
    assert first.log_stream != second.log_stream


def test_a_shared_group_has_the_functions_name_in_its_streams(function) -> None:
    shared = function(version="3", logging=LoggingConfig(log_group="shared"))
    assert stream_name(0, shared, "ab") == "1970/01/01/f[3]ab"


async def test_the_log_format_decides_the_platforms_words(world, function) -> None:
    draw = blueprints(world).draw
    json_format = LoggingConfig(log_group="/aws/lambda/f", log_format="JSON")
    for logging in (function().logging, json_format):
        (await draw(function(logging=logging))).journal.started(Invocation("id", b"", 1, "arn"))
    text, record = world.lines
    assert text == "START RequestId: id Version: $LATEST"
    assert record.startswith('{"time":"2023-11-14T22:13:20.000Z","type":"platform.start"')


async def test_a_runtime_that_is_not_here_is_refused(world, function) -> None:
    world.runtime = None
    with pytest.raises(ApiError) as refused:
        await blueprints(world).draw(function())
    assert refused.value.code == "InvalidRuntimeException"


async def test_where_there_is_a_metadata_endpoint_every_environment_has_its_own_token(world, function) -> None:
    made = blueprints(world)
    made._metadata_api = "127.0.0.1:9001"
    first, second = await made.draw(function()), await made.draw(function())
    assert first.spec.variables["AWS_LAMBDA_METADATA_API"] == "127.0.0.1:9001"
    tokens = {drawn.spec.variables["AWS_LAMBDA_METADATA_TOKEN"] for drawn in (first, second)}
    assert len(tokens) == 2
    assert "AWS_LAMBDA_METADATA_API" not in (await blueprints(world).draw(function())).spec.variables

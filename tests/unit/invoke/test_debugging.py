"""Who is debugged, and what the runtime is told."""

from __future__ import annotations

import pytest

from lambent.invoke.debugging import Debugging, variables


def test_only_the_function_that_was_named_and_only_its_latest(function) -> None:
    debugging = Debugging()
    f = function(runtime="python3.12")
    debugging.set(f.account, f.region, f.name, 5678)
    assert debugging.port_of(f) == 5678
    assert debugging.port_of(function(runtime="python3.12", version="1")) is None
    assert debugging.port_of(function(runtime="python3.12", name="other")) is None
    debugging.set(f.account, f.region, f.name, None)
    debugging.set(f.account, f.region, f.name, None)
    assert debugging.port_of(f) is None


@pytest.mark.parametrize("runtime", ["java21", "ruby3.3", "provided.al2023"])
def test_other_languages_have_no_debugger(function, runtime: str) -> None:
    debugging = Debugging()
    f = function(runtime=runtime)
    debugging.set(f.account, f.region, f.name, 5678)
    assert debugging.port_of(f) is None


def test_node_keeps_the_functions_own_options(function) -> None:
    assert variables(function(runtime="nodejs20.x"), 9229) == {"NODE_OPTIONS": "--inspect=127.0.0.1:9229"}
    own = function(runtime="nodejs20.x", variables={"NODE_OPTIONS": "--no-warnings"})
    assert variables(own, 9229) == {"NODE_OPTIONS": "--no-warnings --inspect=127.0.0.1:9229"}


def test_python_is_told_the_port(function) -> None:
    assert variables(function(runtime="python3.12"), 5678) == {"LAMBENT_DEBUG_PORT": "5678"}

"""Environments are listed with ages by the server's clock, and found by every way to name a function."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest

from lambent.cli.environments import age, belongs
from lambent.cli.main import main
from lambent.invoke.base import EnvironmentInfo
from tests.unit.cli.conftest import Asked, Scripted

Answer = Callable[[Asked], tuple[int, dict[str, str], bytes]]

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
RESIZE = EnvironmentInfo(
    id="e1",
    function_arn=ARN + "resize:$LATEST",
    revision_id="r",
    runtime="python3.12",
    state="frozen",
    log_group="/aws/lambda/resize",
    log_stream="2026/11/20/[$LATEST]aa",
    started_at=1000.0,
    invocations=4,
    init_ms=3.25,
    init_type="on-demand",
    memory_mb=128,
    memory_bytes=2_500_000,
    cpu_seconds=1.5,
    cold=1,
    warm=3,
)
GREET = msgspec.structs.replace(RESIZE, id="e2", function_arn=ARN + "greet:7", state="initializing", init_ms=None)


def serve(*environments: EnvironmentInfo) -> Answer:
    """Answers for both addresses; it is the 1125th second."""

    def answer(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        if asked.target == "/_lambent/clock":
            return 200, {}, b'{"Now": 1125.5}'
        assert asked.target == "/_lambent/environments"
        return 200, {}, msgspec.json.encode({"Environments": environments})

    return answer


def test_environments_are_a_table(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = serve(RESIZE, GREET)
    assert main(["environments", *scripted.options]) == 0
    header, first, second = (line.split() for line in capsys.readouterr().out.splitlines())
    assert header == ["FUNCTION", "VERSION", "STATE", "AGE", "INVOKED", "INIT", "RUNTIME", "LOG", "STREAM"]
    assert first == ["resize", "$LATEST", "frozen", "2m05s", "4", "3.2", "ms", "python3.12", "2026/11/20/[$LATEST]aa"]
    assert second[:6] == ["greet", "7", "initializing", "2m05s", "4", "-"]


def test_those_of_one_function_as_json(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = serve(RESIZE, GREET)
    assert main(["environments", "greet", "--json", *scripted.options]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["id"], found["revision_id"]) == ("e2", "r")


def test_where_there_are_none(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer = serve()
    assert main(["environments", *scripted.options]) == 0
    assert capsys.readouterr().out == "No environments: one starts when a function is invoked.\n"
    assert main(["environments", "--json", *scripted.options]) == 0
    assert capsys.readouterr().out == "[]\n"


@pytest.mark.parametrize(
    ("function", "found"),
    [
        ("greet", True),
        ("greet:7", True),
        (ARN + "greet", True),
        (ARN + "greet:7", True),
        ("greet:1", False),
        ("gree", False),
        ("7", False),
        (ARN + "greet:1", False),
    ],
)
def test_a_function_is_named_in_every_way(function: str, found: bool) -> None:
    assert belongs(GREET, function) is found


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-1, "0s"), (7.9, "7s"), (60, "1m00s"), (125, "2m05s"), (11_520, "3h12m"), (187_300, "2d04h")],
)
def test_ages(seconds: float, shown: str) -> None:
    assert age(seconds) == shown

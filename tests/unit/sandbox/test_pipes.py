"""The descriptors of processes inside."""

from __future__ import annotations

import os

import pytest

from lambent.model.runtime import RuntimeKind
from lambent.sandbox.pipes import Pipes


@pytest.mark.parametrize(
    ("with_channel", "with_telemetry", "theirs"), [(False, False, 1), (False, True, 2), (True, True, 3)]
)
def test_each_process_gets_what_it_needs_and_no_more(with_channel: bool, with_telemetry: bool, theirs: int) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    pipes = Pipes(with_channel, with_telemetry, None)
    assert len(pipes.theirs()) == theirs
    assert (pipes.channel is not None, pipes.telemetry is not None) == (with_channel, with_telemetry)
    os.write(pipes.theirs()[0], b"line")
    assert os.read(pipes.logs, 100) == b"line"
    with pytest.raises(BlockingIOError):
        os.read(pipes.logs, 100)
    pipes.close_theirs()
    pipes.close_theirs()
    assert os.read(pipes.logs, 100) == b""
    pipes.close_ours()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_variables_name_the_descriptors_as_they_are_inside() -> None:
    for with_channel, with_telemetry, kind, variables in (
        (True, True, RuntimeKind.PYTHON, {"_LAMBDA_TELEMETRY_LOG_FD": "4"}),
        (True, True, RuntimeKind.FRAMED, {"_LAMBDA_TELEMETRY_LOG_FD": "4", "_LAMBENT_CHANNEL_FD": "3"}),
        (False, True, RuntimeKind.EXEC, {"_LAMBDA_TELEMETRY_LOG_FD": "3", "_LAMBENT_LOG_PIPE": "?"}),
        (False, False, RuntimeKind.EXEC, {}),
    ):
        pipes = Pipes(with_channel, with_telemetry, None)
        told = pipes.variables(kind)
        if "_LAMBENT_LOG_PIPE" in told:
            inode = int(told["_LAMBENT_LOG_PIPE"])
            assert inode == os.fstat(pipes.theirs()[-1]).st_ino
            told["_LAMBENT_LOG_PIPE"] = "?"
        assert told == variables
        pipes.close_ours()
        pipes.close_theirs()

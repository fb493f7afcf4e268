"""Exit statuses in AWS's words."""

from __future__ import annotations

import signal

import pytest

from lambent.model.invocation import ExitStatus


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (ExitStatus(code=0), "exit status 0"),
        (ExitStatus(code=1), "exit status 1"),
        (ExitStatus(signal=signal.SIGKILL), "signal: killed"),
        (ExitStatus(signal=signal.SIGKILL, oom=True), "signal: killed"),
        (ExitStatus(signal=signal.SIGSEGV), "signal: segmentation fault"),
        (ExitStatus(signal=signal.SIGTERM), "signal: terminated"),
        (ExitStatus(signal=64), "signal: 64"),
    ],
)
def test_words(status: ExitStatus, words: str) -> None:
    assert status.describe() == words

"""The program of a managed Python runtime that is started, not forked: under AWS_LAMBDA_EXEC_WRAPPER, and where several
invocations share an environment (AWS_LAMBDA_MAX_CONCURRENCY): then awslambdaric forks a worker for each.

Runs inside the sandbox, under Python 3.9 and later: `python … lambent_wrapped.py`, with whatever arguments and
variables the wrapper script gave it. The function sees what a forked runtime shows it; it only takes longer.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

_LOG, _PIPE = "_LAMBDA_TELEMETRY_LOG_FD", "_LAMBENT_LOG_PIPE"
_WORKERS = "AWS_LAMBDA_MAX_CONCURRENCY"


def main() -> None:
    """Be the runtime of the function's handler, until the platform ends it."""
    pipe = os.environ.pop(_PIPE, None)
    workers = os.environ.get(_WORKERS)
    if _LOG in os.environ and (workers or not is_pipe(int(os.environ[_LOG]), pipe)):
        del os.environ[_LOG]  # awslambdaric then logs to its standard output: a line at once, whoever else writes
    for name in ("lambent_bootstrap", "lambent_api"):
        importlib.import_module(name)
    sys.modules["lambent_bootstrap"].become()
    sys.modules["runtime_client"] = sys.modules["lambent_api"]  # awslambdaric's own is built for one Python only
    handler, address = os.environ["_HANDLER"], os.environ["AWS_LAMBDA_RUNTIME_API"]
    if workers:
        sys.stdout, sys.stderr = WholeLines(sys.stdout), WholeLines(sys.stderr)
        crowd = importlib.import_module("awslambdaric.lambda_multi_concurrent_utils")
        crowd.MultiConcurrentRunner.run_concurrent(handler, address, False, "", int(workers))
        sys.exit(1)  # no worker is left
    client = importlib.import_module("awslambdaric.lambda_runtime_client")
    bootstrap = importlib.import_module("awslambdaric.bootstrap")
    bootstrap.run(handler, client.LambdaRuntimeClient(address))


class WholeLines:
    """A stream that several processes write to: it passes on lines as a whole, however they were put together."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._rest = ""

    def write(self, text: str) -> int:
        """Keep what has no end yet."""
        lines, end, self._rest = (self._rest + text).rpartition("\n")
        if end:
            self._stream.write(lines + end)
            self._stream.flush()
        return len(text)

    def flush(self) -> None:
        """What is written has been passed on, but for a line that goes on."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def is_pipe(descriptor: int, inode: "str | None") -> bool:
    """Whether the pipe for log events is still there: the wrapper script may have closed it."""
    try:
        return str(os.fstat(descriptor).st_ino) == inode
    except OSError:
        return False


if __name__ == "__main__":
    main()

"""The program of a managed Python runtime that is started, not forked: under AWS_LAMBDA_EXEC_WRAPPER.

Runs inside the sandbox, under Python 3.9 and later: `python … lambent_wrapped.py`, with whatever arguments and
variables the wrapper script gave it. The function sees what a forked runtime shows it; it only takes longer.
"""

from __future__ import annotations

import importlib
import os
import sys

_LOG, _PIPE = "_LAMBDA_TELEMETRY_LOG_FD", "_LAMBENT_LOG_PIPE"


def main() -> None:
    """Be the runtime of the function's handler, until the platform ends it."""
    pipe = os.environ.pop(_PIPE, None)
    if _LOG in os.environ and not is_pipe(int(os.environ[_LOG]), pipe):
        del os.environ[_LOG]  # awslambdaric then logs to its standard output
    for name in ("lambent_bootstrap", "lambent_api"):
        importlib.import_module(name)
    sys.modules["lambent_bootstrap"].become()
    sys.modules["runtime_client"] = sys.modules["lambent_api"]  # awslambdaric's own is built for one Python only
    client = importlib.import_module("awslambdaric.lambda_runtime_client")
    bootstrap = importlib.import_module("awslambdaric.bootstrap")
    bootstrap.run(os.environ["_HANDLER"], client.LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"]))


def is_pipe(descriptor: int, inode: "str | None") -> bool:
    """Whether the pipe for log events is still there: the wrapper script may have closed it."""
    try:
        return str(os.fstat(descriptor).st_ino) == inode
    except OSError:
        return False


if __name__ == "__main__":
    main()

"""Where the time of warm invocations goes in the server: `python -m bench.profile [--callers N] [--by cumtime]`.

The profiler itself costs as much as what it measures, and charges a system call for whoever ran meanwhile: read the
order, not the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import signal
import sys
import tempfile
from pathlib import Path

import uvloop

from bench.load import Drivers
from bench.target import Target
from bench.warm import RUNTIME
from lambent import app
from lambent.cli.local_server import READY, LocalServer
from lambent.settings import Settings

SECONDS = 3.0
LINES = 50


async def serve(settings: Settings, order: str) -> None:
    """A server that is profiled from SIGUSR1 to SIGUSR2, and then prints what it found on standard error."""
    profile = cProfile.Profile()
    stop = asyncio.Event()

    def show() -> None:
        profile.disable()
        pstats.Stats(profile, stream=sys.stderr).sort_stats(order).print_stats(LINES)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, profile.enable)
    loop.add_signal_handler(signal.SIGUSR2, show)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await app.serve(settings, stop=stop, ready=lambda address: print(READY + address, flush=True))


def drive(callers: int, order: str) -> str:
    """Profile warm invocations by so many callers; returns the table."""
    with tempfile.TemporaryDirectory(prefix="lambent-profile-") as directory:
        program = ("-m", "bench.profile", "--serve", "--by", order)
        with LocalServer(Path(directory), program=program) as server:
            target = Target(server)
            target.deploy("warm", RUNTIME)
            contestant = target.contestant("invoke", target.invocation("warm"))
            drivers = Drivers(contestant.address, contestant.request, callers)
            drivers.run(1.0)
            os.kill(server.pid, signal.SIGUSR1)
            drivers.run(SECONDS)
            os.kill(server.pid, signal.SIGUSR2)
            drivers.run(0.1)
            drivers.close()
        return server.log.read_text()


def main() -> None:
    """Drive, or (for our own use) serve."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument(
        "--by", choices=("tottime", "cumtime"), default="tottime", help="own time, or with what it calls"
    )
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        uvloop.run(serve(Settings.from_environment(port=arguments.port, data=arguments.data), arguments.by))
    else:
        print(drive(arguments.callers, arguments.by))


if __name__ == "__main__":
    main()

"""The full differential run: every operation of every listed service, in every protocol it has.

    python -m tests.protocol.everything [SERVICE ...]

Prints one line a mismatch, one a service, and a total; exits with 1 if anything differs.
"""

from __future__ import annotations

import sys
import time

from tests.protocol.differential import EXPLAINED, SERVICES, Pair, load, protocols, unexplained

SHARES = (1.0, 0.5, 0.0)


def say(line: str) -> None:
    """One line to whoever waits."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(services: list[str]) -> int:
    """Check the services; the number of mismatches."""
    started = time.monotonic()
    operations = checked = mismatches = 0
    for service in services:
        before, began = mismatches, time.monotonic()
        names = list(load(service).operations)
        operations += len(names)
        for protocol in protocols(service):
            for name in names:
                checked += 1
                for seed, share in enumerate(SHARES):
                    for problem in unexplained(Pair(service, name, protocol), seed, share):
                        mismatches += 1
                        say(f"  {service} {name} ({protocol}, {share}): {problem[:400]}")
        seconds = time.monotonic() - began
        say(f"{service}: {len(names)} operations, {mismatches - before} mismatches, {seconds:.1f} s")
    say(
        f"{len(services)} services, {operations} operations ({checked} with their protocols), "
        f"{len(SHARES)} samples each: {mismatches} mismatches, {time.monotonic() - started:.0f} s"
    )
    for (service, name), reason in EXPLAINED.items():
        if service in services:
            say(f"explained: {service} {name}: {reason}")
    return mismatches


if __name__ == "__main__":
    sys.exit(1 if run(sys.argv[1:] or list(SERVICES)) else 0)

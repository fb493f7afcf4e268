"""The full differential run: every operation of every listed service, in every protocol it has.

    python -m tests.protocol.everything [SERVICE ...]

Prints one line a mismatch, one a service, and a total; exits with 1 if anything differs.
"""

from __future__ import annotations

import sys
import time

from tests.protocol.differential import EXPLAINED, SERVICES, Pair, load, protocols

SHARES = (1.0, 0.5, 0.0)


def run(services: list[str]) -> int:
    """Check the services; the number of mismatches."""
    started = time.monotonic()
    operations = checked = mismatches = 0
    explained: dict[str, str] = {}
    for service in services:
        before, began = mismatches, time.monotonic()
        names = list(load(service).operations)
        operations += len(names)
        for protocol in protocols(service):
            for name in names:
                checked += 1
                for seed, share in enumerate(SHARES):
                    for problem in Pair(service, name, protocol).checks(seed, share):
                        if reason := EXPLAINED.get((service, name)):
                            explained[f"{service} {name}"] = reason
                            continue
                        mismatches += 1
                        print(f"  {service} {name} ({protocol}, {share}): {problem[:400]}", flush=True)
        seconds = time.monotonic() - began
        print(f"{service}: {len(names)} operations, {mismatches - before} mismatches, {seconds:.1f} s", flush=True)
    print(
        f"{len(services)} services, {operations} operations ({checked} with their protocols), "
        f"{len(SHARES)} samples each: {mismatches} mismatches, {time.monotonic() - started:.0f} s"
    )
    for name, reason in explained.items():
        print(f"explained: {name}: {reason}")
    return mismatches


if __name__ == "__main__":
    sys.exit(1 if run(sys.argv[1:] or list(SERVICES)) else 0)

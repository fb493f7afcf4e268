"""The program that the platform starts, once for each interpreter: `python -I -S launcher.py FD [PLAN]`.

Only loads the package that it lies in; `enter.py` goes on. With `--attempts=root` or `--attempts=rootless` in place of
FD it prints what `attempts.py` finds instead.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import socket
import sys


def load_package(name: str) -> None:
    """Make this file's directory importable as `name`, one that no function's package has."""
    here = os.path.dirname(os.path.abspath(__file__))
    init = os.path.join(here, "__init__.py")
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[here])
    if spec is None or spec.loader is None:
        raise ImportError(here)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    load_package("_lambent_inside")
    if sys.argv[1].startswith("--attempts="):
        parts = importlib.import_module("_lambent_inside.attempts").all_parts(sys.argv[1] == "--attempts=rootless")
        sys.exit(sys.stdout.write(json.dumps(parts)) and 0)
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    plan = json.loads(sys.argv[2]) if len(sys.argv) > 2 else None
    importlib.import_module("_lambent_inside.enter").main(control, plan)

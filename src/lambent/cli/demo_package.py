"""The demo's raw materials: a function built as its user would build it, and a photograph for it to work on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from lambent.cli.errors import CommandError
from lambent.model.runtime import Runtime, RuntimeKind
from lambent.settings import child_environment

FILES = Path(__file__).parent / "demo_files"
REQUIREMENT = "pillow>=11.3,<13"
WIDTH, HEIGHT = 4000, 3000
PICTURE_BYTES_AT_MOST = 4_600_000
"""In base64, and with the rest of the event, a little under the 6 MB that an invocation may carry."""


def choose_runtime(runtimes: Mapping[str, Runtime]) -> Runtime:
    """The runtime of the Python that runs the demo, else the newest one. Raises CommandError if there is none."""
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    pythons = [runtime for runtime in runtimes.values() if runtime.kind is RuntimeKind.PYTHON]
    if not pythons:
        raise CommandError("no Python runtime on this machine: see lambent runtimes")
    return runtimes.get(own) or max(pythons, key=lambda runtime: int(runtime.name.rpartition(".")[2]))


def install_command(runtime: Runtime, target: Path) -> list[str]:
    """pip, installing the function's one requirement for the runtime's interpreter."""
    pip = [sys.executable, "-m", "pip", "--python", runtime.executable, "--disable-pip-version-check"]
    return [*pip, "install", "--quiet", "--no-compile", "--only-binary=:all:", "--target", str(target), REQUIREMENT]


def build(runtime: Runtime, target: Path) -> None:
    """The package directory: the handler and what pip installs beside it. Raises CommandError."""
    target.mkdir()
    run(install_command(runtime, target))
    (target / "lambda_function.py").write_bytes((FILES / "lambda_function.py").read_bytes())


def native_files(package: Path) -> list[Path]:
    """The shared objects in a package: machine code that runs inside the sandbox."""
    return sorted(path for path in package.rglob("*") if ".so" in path.suffixes)


def draw(runtime: Runtime, package: Path, target: Path) -> str:
    """Draw the photograph with the package's own Pillow; returns what is said about it. Raises CommandError."""
    arguments = [str(target), str(WIDTH), str(HEIGHT), str(PICTURE_BYTES_AT_MOST)]
    environment = child_environment({"PYTHONPATH": str(package)}, without="PYTHON")
    return run([runtime.executable, str(FILES / "draw.py"), *arguments], environment)


def run(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    """A program's standard output. Raises CommandError with what it said if it failed."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise CommandError(f"{' '.join(command)} failed with status {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout.strip()

"""Tests of the house itself: sizes, layers, twins, and what no file of this repository may say.

Each rule is one test that lists every offender, so that one run shows all there is to mend.
"""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "lambent"

LINES_AT_MOST = 600
LINES_NORMALLY = 400
MEDIAN_AT_MOST = 170
FUNCTION_LINES_AT_MOST = 70
PAGE_LINES_AT_MOST = 100
PAGES = {"src/lambent/app.py serve": "the composition root: the whole program on one page"}

ENVIRONMENT_READERS = {
    "settings.py": "the one reader",
    "sandbox/inside/": "runs inside the sandbox, where it makes the function's environment",
    "runtimes/python/": "runs inside the sandbox, where Lambda's contract is the environment",
}
WITHOUT_TWIN = {
    "__init__.py": "a docstring",
    "base.py": "a seam: its contract suite is in tests/contract",
    "session.py": "a seam: its two implementations are tested",
    "assembly/": "pieces of the composition root: tests/unit/test_app.py opens and ends them all",
    "cli/demo_files/": "the demo's function and picture: tests/e2e/test_demo.py runs them",
}
WITHOUT_MODULE = {"test_fuzz.py": "attacks a whole package, by its front door"}
BANNED_NAMES = re.compile(
    r"(Manager|Utils?|Helper|Provider)s?$|(^|_)(manager|utils?|helper|provider)s?$", re.IGNORECASE
)
# In pieces, so that this file does not offend against itself.
OPEN_ENDS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
MACHINE_PATHS = re.compile(r"(?<![\w.~])/(" + "|".join(["work/(main|shared)", r"root/\.?\w", r"home/[a-z]"]) + ")")
REGISTRY_HOSTS = re.compile(
    "|".join(
        [
            "pypi" + r"\.org",
            "python" + "hosted",
            "registry" + r"\.npmjs",
            "arti" + "factory",
            "--(extra-)?index" + "-url",
        ]
    ),
    re.IGNORECASE,
)


def python_files(*folders: Path) -> list[Path]:
    """Every Python file below `folders`, sorted."""
    return sorted(path for folder in folders for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


SOURCES = python_files(SOURCE)
ALL_PYTHON = python_files(SOURCE, ROOT / "tests", ROOT / "bench")


def repository_texts() -> Iterator[tuple[Path, str]]:
    """Every text file that is, or is about to be, part of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True
    )
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:  # an unpacked archive: there is no git, and nothing but the repository
        paths = [path for path in ROOT.rglob("*") if not any(part.startswith(".venv") for part in path.parts)]
    for path in paths:
        if path.is_file() and path.suffix not in {".pyc", ".png", ".jpg", ".zip"}:
            try:
                yield path, path.read_text()
            except UnicodeDecodeError:
                continue


def relative(path: Path) -> str:
    """The path as a reader of a failure wants it."""
    return path.relative_to(ROOT).as_posix()


def line_count(path: Path) -> int:
    """Lines of a file."""
    return len(path.read_text().splitlines())


def parsed(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(), filename=str(path))


def excepted(path: Path, exceptions: dict[str, str]) -> bool:
    """True for a file name, or a path below src/lambent or a folder of it, that `exceptions` lists."""
    inside = path.relative_to(SOURCE).as_posix()
    return any(name in (path.name, inside) or (name.endswith("/") and inside.startswith(name)) for name in exceptions)


def test_no_file_is_too_long() -> None:
    too_long = {relative(path): count for path in ALL_PYTHON if (count := line_count(path)) > LINES_AT_MOST}
    assert not too_long


def test_few_files_are_long_and_the_median_is_a_small_room() -> None:
    counts = {relative(path): line_count(path) for path in SOURCES if path.name != "__init__.py"}
    long = {name: count for name, count in counts.items() if count > LINES_NORMALLY}
    assert len(long) <= len(counts) // 20, long
    assert statistics.median(counts.values()) <= MEDIAN_AT_MOST


def test_functions_fit_on_a_screen() -> None:
    too_long = {
        name: length
        for path in SOURCES
        for node in ast.walk(parsed(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (name := f"{relative(path)} {node.name}")
        and (length := (node.end_lineno or 0) - node.lineno + 1)
        > (PAGE_LINES_AT_MOST if name in PAGES else FUNCTION_LINES_AT_MOST)
    }
    assert not too_long


def test_every_module_says_what_it_is_for() -> None:
    silent = [relative(path) for path in SOURCES if not ast.get_docstring(parsed(path))]
    assert not silent


def test_package_files_hold_a_docstring_and_nothing_else() -> None:
    crowded = [
        relative(path)
        for path in SOURCES
        if path.name == "__init__.py" and path.parent != SOURCE and len(parsed(path).body) > 1
    ]
    assert not crowded


def test_every_module_has_a_unit_test_twin() -> None:
    missing = [
        relative(twin)
        for path in SOURCES
        if not excepted(path, WITHOUT_TWIN)
        and not (twin := ROOT / "tests/unit" / path.relative_to(SOURCE).parent / f"test_{path.stem}.py").exists()
    ]
    assert not missing


def test_every_unit_test_has_its_module() -> None:
    orphans = [
        relative(path)
        for path in python_files(ROOT / "tests/unit")
        if path.name.startswith("test_")
        and path.name not in WITHOUT_MODULE
        and not (SOURCE / path.relative_to(ROOT / "tests/unit").parent / f"{path.stem[5:]}.py").exists()
    ]
    assert not orphans


def test_only_settings_reads_the_environment() -> None:
    readers = [
        f"{relative(path)}:{node.lineno}"
        for path in SOURCES
        if not excepted(path, ENVIRONMENT_READERS)
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "expandvars"})
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {a.name for a in node.names} & {"environ", "getenv"}
        )
    ]
    assert not readers


def test_nothing_has_a_name_that_says_nothing() -> None:
    vague = [
        f"{relative(path)}: {name}"
        for path in SOURCES
        for name in [path.stem, *(node.name for node in ast.walk(parsed(path)) if isinstance(node, ast.ClassDef))]
        if BANNED_NAMES.search(name)
    ]
    assert not vague


@pytest.mark.parametrize(
    ("what", "pattern"),
    [("left open", OPEN_ENDS), ("path of one machine", MACHINE_PATHS), ("registry host", REGISTRY_HOSTS)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_file_says(what: str, pattern: re.Pattern[str]) -> None:
    said = [
        f"{relative(path)}:{number}: {what}: {found[0]}"
        for path, text in repository_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if (found := pattern.search(line)) and path.name != "LICENSE"
    ]
    assert not said


@pytest.mark.parametrize(
    ("pattern", "offence", "harmless"),
    [
        (OPEN_ENDS, "# TO" + "DO: later", "todos"),
        (MACHINE_PATHS, "see /ro" + "ot/.cache", "/rooted"),
        (MACHINE_PATHS, "/wo" + "rk/main/src", "network/mainland"),
        (REGISTRY_HOSTS, "https://py" + "pi.org/simple", "from PyPI"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], offence: str, harmless: str) -> None:
    assert pattern.search(offence)
    assert not pattern.search(harmless)


def test_imports_point_down() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    checked = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_readme_is_short() -> None:
    assert 40 < line_count(ROOT / "README.md") < 150


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_pin_every_requirement_with_hashes(lock: str) -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text().strip())
    assert all(re.match(r"[A-Za-z0-9._-]+==\S+", block) and "--hash=sha256:" in block for block in blocks)


def test_lock_files_hold_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = {
        "requirements.lock": project["dependencies"] + extras["demo"],
        "requirements-dev.lock": project["dependencies"] + extras["demo"] + extras["dev"],
    }
    for lock, requirements in asked.items():
        locked = set(re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
        assert {re.split(r"[<>=~! ]", requirement)[0] for requirement in requirements} <= locked


@pytest.mark.parametrize("script", [".ci/run", "scripts/setup"])
def test_scripts_can_be_run(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111

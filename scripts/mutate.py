"""Change the policy engine in one place at a time and see whether its tests notice: `scripts/mutate.py [MODULE ...]`.

Prints every change that no test noticed, and a total. What each survivor means is said in docs/policy.md. It changes
no file: a changed module exists in a forked process only, which runs the tests of `tests/unit/policy` up to the first
that fails.
"""

from __future__ import annotations

import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "lambent" / "policy"
TESTS = ROOT / "tests" / "unit" / "policy"
SECONDS = 60
"""A change that makes the tests run longer has been noticed."""

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OTHERS = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """A module with one change, told as `engine.py:47: x == y -> x != y`."""

    module: str
    told: str
    tree: ast.Module


def mutants(path: Path) -> Iterator[Mutant]:
    """Every change of a module that is tried."""
    tree = ast.parse(path.read_text())
    for number, node in enumerate(ast.walk(tree)):
        for choice, _ in enumerate(_changes(node)):
            changed = copy.deepcopy(tree)
            found = next(each for place, each in enumerate(ast.walk(changed)) if place == number)
            before = ast.unparse(node).splitlines()[0]
            replaced = _changes(found)[choice]
            _put(changed, found, replaced)
            after = ast.unparse(replaced).splitlines()[0]
            line = getattr(node, "lineno", 0)
            yield Mutant(f"lambent.policy.{path.stem}", f"{path.name}:{line}: {before}  ->  {after}", changed)


def _changes(node: ast.AST) -> list[ast.AST]:
    """What a node may be replaced by."""
    match node:
        case ast.Compare(ops=[operator]):
            return [ast.Compare(node.left, [_OPPOSITES[type(operator)]()], node.comparators)]
        case ast.BoolOp(op=operator):
            return [ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), node.values)]
        case ast.UnaryOp(op=ast.Not()):
            return [node.operand]
        case ast.Constant(value=bool(value)):
            return [ast.Constant(not value)]
        case ast.Constant(value=int(value)):
            return [ast.Constant(value + 1)]
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return [ast.BinOp(node.left, ast.Sub() if isinstance(node.op, ast.Add) else ast.Add(), node.right)]
        case ast.IfExp() | ast.If() if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            negated = copy.copy(node)
            negated.test = ast.UnaryOp(ast.Not(), node.test)
            return [negated]
        case ast.Call(func=ast.Name(id=name)) if name in _OTHERS:
            return [ast.Call(ast.Name(_OTHERS[name], ast.Load()), node.args, node.keywords)]
        case ast.Return(value=ast.expr()):
            return [ast.Return(ast.Constant(None))]
        case ast.Continue():
            return [ast.Break()]
        case ast.Break():
            return [ast.Continue()]
        case _:
            return []


def _put(tree: ast.Module, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list):
                value[:] = [new if each is old else each for each in value]
    ast.fix_missing_locations(tree)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads the changed module in the place of the real one."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        return importlib.util.spec_from_loader(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._mutant.tree, module.__name__, "exec"), module.__dict__)


def noticed(mutant: Mutant) -> bool:
    """Whether a test fails with the change."""
    child = os.fork()
    if child == 0:
        _try(mutant)
    _, status = os.waitpid(child, 0)
    return status != 0


def _try(mutant: Mutant) -> None:
    """In the child: run the tests, those of the changed module first, and end."""
    signal.alarm(SECONDS)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.meta_path.insert(0, _Finder(mutant))
    own = TESTS / f"test_{mutant.module.rpartition('.')[2]}.py"
    os.chdir(ROOT)
    try:
        os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", str(own), str(TESTS)]))
    except BaseException:
        os._exit(1)


def main(names: Sequence[str]) -> int:
    """Try every change; returns 0."""
    warnings.simplefilter("ignore")  # changed code may be odd
    paths = [path for path in sorted(PACKAGE.glob("*.py")) if not names or path.stem in names]
    tried = [mutant for path in paths for mutant in mutants(path)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        survivors = 0
        for mutant, found in zip(tried, pool.map(noticed, tried), strict=True):
            if not found:
                survivors += 1
                print(mutant.told, flush=True)  # noqa: T201
    print(f"{len(tried)} changes, {len(tried) - survivors} noticed, {survivors} not")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

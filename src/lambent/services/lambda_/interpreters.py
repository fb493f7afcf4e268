"""Which build of a runtime serves a version of a function, as AWS tells it: by an ARN that changes with the build."""

from __future__ import annotations

from collections.abc import Callable

from lambent.invoke.report import runtime_version_arn
from lambent.model.function import FunctionVersion
from lambent.model.runtime import Runtime


class Interpreters:
    """`choose` gives what serves a runtime on this machine, None if nothing does; it is asked once for each."""

    def __init__(self, choose: Callable[[str], Runtime | None]) -> None:
        self._choose = choose
        self._arns: dict[tuple[str, str], str] = {}

    def arn(self, function: FunctionVersion) -> str:
        """The RuntimeVersionArn of what would run the function now; empty if nothing would."""
        key = (function.runtime, function.region)
        found = self._arns.get(key)
        if found is None:
            runtime = self._choose(function.runtime)
            found = self._arns[key] = "" if runtime is None else runtime_version_arn(runtime, function.region)
        return found

    def keeps(self, function: FunctionVersion) -> bool:
        """Whether the build to which the function is pinned, if it is, is the one that would run it."""
        return not function.runtime_pin or function.runtime_pin == self.arn(function)

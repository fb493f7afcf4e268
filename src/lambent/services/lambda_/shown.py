"""Versions as callers see them: rendered, with the runtime that serves them and their variables in the clear."""

from __future__ import annotations

from lambent.context import Context
from lambent.model.function import FunctionVersion
from lambent.services.lambda_ import render
from lambent.services.lambda_.interpreters import Interpreters
from lambent.services.lambda_.sealed_variables import SealedVariables
from lambent.services.operation import Result
from lambent.wire.tree import Fixed

_REMEMBERED = 1024


class Shown:
    """Makes `FunctionConfiguration`s."""

    def __init__(self, variables: SealedVariables, interpreters: Interpreters) -> None:
        self._variables = variables
        self._interpreters = interpreters
        self._fixed: dict[tuple[int, str | None], tuple[FunctionVersion, Fixed]] = {}

    async def anew(self, ctx: Context, version: FunctionVersion, qualifier: str | None = None) -> Result:
        """Of a version that has just been made; its ARN ends in `qualifier`, if there is one."""
        shown = render.configuration(version, qualifier, runtime_arn=self._interpreters.arn(version))
        return await self._variables.shown(ctx, version, shown)

    async def kept(self, ctx: Context, version: FunctionVersion, qualifier: str | None = None) -> Result:
        """The same of one out of the repository's cache: what was made of that very value is remembered."""
        key = (id(version), qualifier)
        found = self._fixed.get(key)
        if found is None:
            shown = render.configuration(version, qualifier, runtime_arn=self._interpreters.arn(version))
            if len(self._fixed) >= _REMEMBERED:
                del self._fixed[next(iter(self._fixed))]
            # With the version itself, so that its id cannot become another's.
            found = self._fixed[key] = (version, Fixed(shown))
        return await self._variables.shown(ctx, version, found[1]) if version.sealed_variables else found[1]

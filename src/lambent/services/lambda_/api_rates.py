"""How many calls of the control plane an account may make in a second, in a region: AWS's figures, where they are asked
for. What runs functions, or belongs to a running one, has limits of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lambent.context import Context
from lambent.invoke.turns import Rate
from lambent.services.lambda_ import concurrency_errors
from lambent.services.operation import Handler, Operation, Params, Result

_OWN = {"GetFunction": 100.0, "GetPolicy": 15.0}
"""Operations that share their rate with no other."""

_TOGETHER = 15.0
"""All others, together."""


class ApiRates:
    """See the module. `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic

    def over(self, operations: Mapping[str, Operation]) -> dict[str, Operation]:
        """The same operations, which refuse who calls too often."""
        together = Rate(_TOGETHER, 1.0)
        own = {name: Rate(most, 1.0) for name, most in _OWN.items()}
        return {
            name: each if _is_free(name) else Operation(each.mark, self._paced(each.handler, own.get(name, together)))
            for name, each in operations.items()
        }

    def _paced(self, handler: Handler, rate: Rate) -> Handler:
        async def call(ctx: Context, params: Params) -> Result:
            if not rate.take(f"{ctx.account}/{ctx.region}", self._monotonic()):
                raise concurrency_errors.called_too_often()
            return await handler(ctx, params)

        return call


def _is_free(operation: str) -> bool:
    return operation.startswith("Invoke") or "Durable" in operation

"""Layer versions as others see them: found by name or ARN, readable if they are the caller's own or shared with it.

Also what functions make of them: the list of layers that a function uses, checked.
"""

from __future__ import annotations

from collections.abc import Sequence

from lambent.context import Context
from lambent.model.function import NOTHING, LayerUse
from lambent.services.lambda_ import capacity_errors, errors, layer_errors, limits, policies
from lambent.services.lambda_.layer_repository import LayerRepository, LayerVersion
from lambent.services.lambda_.names import LayerReference, layer_reference

_INSIGHTS = frozenset(f"580247275435:LambdaInsightsExtension{of}" for of in ("", "-Arm64"))
"""Whose layer it is, and its names."""

READ = "GetLayerVersion"
"""The one action that a layer version's policy can allow."""


class LayerAccess:
    """Finds layer versions for callers. `shown` is whether this server can show layers to functions at all."""

    def __init__(self, repository: LayerRepository, *, shown: bool = True) -> None:
        self._repository = repository
        self._shown = shown

    async def find(self, ctx: Context, named: LayerReference) -> LayerVersion | None:
        """A layer version that the caller may read; None if there is none. Raises ApiError if it may not."""
        if named.account != ctx.account:
            policy = await self._repository.policy(named, named.name, named.number)
            if policy is None or not policies.lets_in(policy.value.document, f"lambda:{READ}", ctx.account):
                raise errors.other_account(ctx.principal.arn, READ, named.arn)
        return await self._repository.version(named, named.name, named.number)

    async def uses(self, ctx: Context, arns: Sequence[str], *, managed: bool = False) -> tuple[LayerUse, ...]:
        """The layers that a function asks for, by the ARNs of their versions. Raises ApiError.

        AWS's own layer of Lambda Insights is built in, but not for functions on managed instances.
        """
        if not arns:
            return ()
        if not self._shown:
            raise layer_errors.not_shown()
        if len(arns) > limits.LAYERS:
            raise layer_errors.too_many(limits.LAYERS)
        uses: dict[str, LayerUse] = {}
        for arn in arns:
            named = layer_reference(ctx, arn)
            if named is None or not named.number:
                raise layer_errors.unknown(arn)
            if named.region != ctx.region:
                raise layer_errors.elsewhere(ctx.region)
            layer = f"{named.account}:{named.name}"
            if layer in _INSIGHTS:
                if managed:
                    raise capacity_errors.not_with("Lambda Insights")
                code = NOTHING
            else:
                version = await self.find(ctx, named)
                if version is None:
                    raise layer_errors.unknown(arn)
                code = version.code
            if layer in uses:
                raise layer_errors.same_twice(uses[layer].arn, named.arn)
            uses[layer] = LayerUse(named.arn, code)
        return tuple(uses.values())

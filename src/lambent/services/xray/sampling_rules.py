"""Sampling rules: which requests SDKs trace, and how the certain ones are shared out among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.xray import errors, limits, pages
from lambent.services.xray.records import DEFAULT, Rule
from lambent.services.xray.repository import Repository

_MEMBERS = {
    "ResourceARN": "resource",
    "Priority": "priority",
    "FixedRate": "rate",
    "ReservoirSize": "reservoir",
    "ServiceName": "service",
    "ServiceType": "kind",
    "Host": "host",
    "HTTPMethod": "method",
    "URLPath": "path",
    "Attributes": "attributes",
}
_CLIENTS = 1000


class SamplingRules:
    """CreateSamplingRule, GetSamplingRules, UpdateSamplingRule, DeleteSamplingRule, GetSamplingTargets,
    GetSamplingStatisticSummaries."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._clients: dict[tuple[str, str, str], dict[str, tuple[float, int, int, int]]] = {}
        """(account, region, rule) -> client -> when it last told, and how much: requests, sampled, borrowed."""

    @operation("CreateSamplingRule")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a rule."""
        told = params["SamplingRule"]
        name = told.get("RuleName")
        if not name:
            raise errors.invalid("RuleName must be given.")
        _check(told)
        if len(await self._repository.rules(_at(ctx))) > limits.RULES:
            raise errors.too_many_rules(limits.RULES)
        now = ctx.clock.now()
        tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}
        given = {member: told[key] for key, member in _MEMBERS.items() if key in told}
        rule = Rule(ctx.account, ctx.region, name, now, now, tags=tags, **given)
        if name == DEFAULT or not await self._repository.add(rule):
            raise errors.rule_exists(name)
        return {"SamplingRuleRecord": _shown(rule)}

    @operation("GetSamplingRules")
    async def list(self, ctx: Context, params: Params) -> Result:
        """All rules, in the order in which they are tried."""
        page, token = pages.page(await self._repository.rules(_at(ctx)), params.get("NextToken"), limits.PAGE)
        return {"SamplingRuleRecords": [_shown(rule) for rule in page], **token}

    @operation("UpdateSamplingRule")
    async def update(self, ctx: Context, params: Params) -> Result:
        """Change a rule; of the default one its rate and reservoir alone."""
        told = params["SamplingRuleUpdate"]
        _check(told)
        rule = await self._found(ctx, told)
        changes = {member: told[key] for key, member in _MEMBERS.items() if key in told}
        if rule.name == DEFAULT and not changes.keys() <= {"rate", "reservoir"}:
            raise errors.default_rule("changed but for its rate and reservoir")
        changed = msgspec.structs.replace(rule, modified=ctx.clock.now(), **changes)
        await self._repository.keep(changed)
        return {"SamplingRuleRecord": _shown(changed)}

    @operation("DeleteSamplingRule")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a rule."""
        rule = await self._found(ctx, params)
        if rule.name == DEFAULT:
            raise errors.default_rule("deleted")
        await self._repository.delete(rule)
        return {"SamplingRuleRecord": _shown(rule)}

    @operation("GetSamplingTargets")
    async def targets(self, ctx: Context, params: Params) -> Result:
        """What each client has sampled, and its share of the certain requests until it asks again."""
        now = ctx.clock.now()
        shown: list[dict[str, Any]] = []
        unprocessed: list[dict[str, Any]] = []
        rules = await self._repository.rules(_at(ctx))
        by_name = {rule.name: rule for rule in rules}
        for told in params["SamplingStatisticsDocuments"]:
            rule = by_name.get(told["RuleName"])
            if rule is None:
                why = {"ErrorCode": "400", "Message": f"Unknown rule {told['RuleName']}"}
                unprocessed.append({"RuleName": told["RuleName"], **why})
                continue
            clients = self._clients.setdefault((ctx.account, ctx.region, rule.name), {})
            for gone in [id_ for id_, (last, *_) in clients.items() if now - last > 3 * limits.TARGET_SECONDS]:
                del clients[gone]
            counts = (told["RequestCount"], told["SampledCount"], told.get("BorrowCount", 0))
            if told["ClientID"] in clients or len(clients) < _CLIENTS:
                clients[told["ClientID"]] = (now, *counts)
            quota = _share(rule.reservoir, sorted(clients), told["ClientID"])
            shown.append(
                {
                    "RuleName": rule.name,
                    "FixedRate": rule.rate,
                    "ReservoirQuota": quota,
                    "ReservoirQuotaTTL": now + limits.TARGET_SECONDS,
                    "Interval": limits.TARGET_SECONDS,
                }
            )
        modified = max((rule.modified for rule in rules), default=0.0)
        return {
            "SamplingTargetDocuments": shown,
            "LastRuleModification": modified,
            "UnprocessedStatistics": unprocessed,
        }

    @operation("GetSamplingStatisticSummaries")
    async def statistics(self, ctx: Context, params: Params) -> Result:
        """What clients have told of the last while, rule by rule."""
        shown = []
        for (account, region, name), clients in self._clients.items():
            if (account, region) == (ctx.account, ctx.region) and clients:
                last = max(told[0] for told in clients.values())
                requests, sampled, borrowed = (sum(told[at] for told in clients.values()) for at in (1, 2, 3))
                shown.append(
                    {
                        "RuleName": name,
                        "Timestamp": last,
                        "RequestCount": requests,
                        "SampledCount": sampled,
                        "BorrowCount": borrowed,
                    }
                )
        return {"SamplingStatisticSummaries": shown}

    async def _found(self, ctx: Context, params: Params) -> Rule:
        name, arn = params.get("RuleName"), params.get("RuleARN")
        if (name is None) == (arn is None):
            raise errors.invalid("Exactly one of RuleName and RuleARN must be given.")
        if name is None:
            name = str(arn).rpartition("/")[2]
        found = await self._repository.rule(_at(ctx), name)
        if found is None:
            raise errors.no_such_rule(name)
        return found


def _share(reservoir: int, clients: Sequence[str], client: str) -> int:
    """A client's part of the certain requests of a second: together they are the reservoir, and never more."""
    if client not in clients:  # one too many to be remembered
        return 0
    each, left = divmod(reservoir, len(clients))
    return each + (clients.index(client) < left)


def _at(ctx: Context) -> Place:
    return Place(ctx.account, ctx.region)


def _check(told: Params) -> None:
    if told.get("SamplingRateBoost"):
        raise errors.unsupported("SamplingRateBoost", "rates stay as they are")
    if told.get("Version", 1) != 1:
        raise errors.invalid("Version must be 1.")
    if not 0 <= told.get("FixedRate", 0) <= 1:
        raise errors.invalid("FixedRate must be between 0 and 1.")


def _shown(rule: Rule) -> dict[str, Any]:
    told = {key: getattr(rule, member) for key, member in _MEMBERS.items()}
    return {
        "SamplingRule": {"RuleName": rule.name, "RuleARN": rule.arn, "Version": 1, **told},
        "CreatedAt": rule.created,
        "ModifiedAt": rule.modified,
    }

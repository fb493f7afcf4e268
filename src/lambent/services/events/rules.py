"""Rules: made, changed, shown, switched on and off, deleted."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.patterns.operators import BadPattern
from lambent.schedules.errors import Malformed
from lambent.schedules.expressions import Dialect, parse
from lambent.services.access import Place
from lambent.services.events import errors, limits, render, unsupported
from lambent.services.events.names import Named, bus_named
from lambent.services.events.pages import page
from lambent.services.events.records import DEFAULT, Rule
from lambent.services.events.repository import Kept, Repository, again_on_conflict, drop_rule, put_rule
from lambent.services.events.rulebook import compiled
from lambent.services.operation import Params, Result, operation


class Rules:
    """PutRule, DescribeRule, ListRules, ListRuleNamesByTarget, EnableRule, DisableRule, DeleteRule."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("PutRule")
    @again_on_conflict
    async def put(self, ctx: Context, params: Params) -> Result:
        """Make a rule, or say anew what it is; its targets and tags stay."""
        bus = await existing(self._repository, ctx, params)
        pattern, schedule = params.get("EventPattern") or None, params.get("ScheduleExpression") or None
        unsupported.check("PutRule", params)
        _check(bus, pattern, schedule)
        kept = await self._repository.kept_rule(bus.at, bus.name, params["Name"])
        now, enabled = ctx.clock.now(), params.get("State", "ENABLED") != "DISABLED"
        tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}
        if len(tags) > limits.TAGS:
            raise errors.limit("tags")
        rule = Rule(
            name=params["Name"],
            bus=bus.name,
            account=bus.at.account,
            region=bus.at.region,
            created_by=ctx.principal.account,
            pattern=pattern,
            schedule=schedule,
            enabled=enabled,
            description=params.get("Description"),
            role=params.get("RoleArn"),
            tags=tags,
            changed=now,
        )
        if kept is None:
            if await self._repository.count_rules(bus.at, bus.name) >= limits.RULES:
                raise errors.limit("rules of an event bus")
        else:
            unmanaged(kept.value, force=False)
            before = kept.value
            rule = msgspec.structs.replace(
                rule,
                created_by=before.created_by,
                tags=before.tags,
                targets=before.targets,
                changed=_since(before, rule),
            )
        await self._repository.commit(*put_rule(rule, kept))
        return {"RuleArn": rule.arn}

    @operation("DescribeRule")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """A rule without its targets."""
        rule = (await kept_rule(self._repository, ctx, params, params["Name"])).value
        return render.rule(rule) | {"CreatedBy": rule.created_by}

    @operation("ListRules")
    async def list_rules(self, ctx: Context, params: Params) -> Result:
        """A page of the rules of a bus."""
        bus, prefix = await existing(self._repository, ctx, params), params.get("NamePrefix", "")
        rules = [rule for rule in await self._repository.rules(bus.at, bus.name) if rule.name.startswith(prefix)]
        return page(params, "Rules", rules, lambda rule: rule.name, render.rule)

    @operation("ListRuleNamesByTarget")
    async def list_by_target(self, ctx: Context, params: Params) -> Result:
        """A page of the names of the rules that send to a target."""
        bus, arn = await existing(self._repository, ctx, params), params["TargetArn"]
        rules = await self._repository.rules(bus.at, bus.name)
        names = [rule.name for rule in rules if any(target.arn == arn for target in rule.targets)]
        return page(params, "RuleNames", names, str, str)

    @operation("EnableRule")
    @again_on_conflict
    async def enable(self, ctx: Context, params: Params) -> Result:
        """Switch a rule on."""
        return await self._switch(ctx, params, enabled=True)

    @operation("DisableRule")
    @again_on_conflict
    async def disable(self, ctx: Context, params: Params) -> Result:
        """Switch a rule off."""
        return await self._switch(ctx, params, enabled=False)

    @operation("DeleteRule")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a rule that has no targets (any more). One that is not there will do."""
        bus = await existing(self._repository, ctx, params)
        kept = await self._repository.kept_rule(bus.at, bus.name, params["Name"])
        if kept is None:
            return {}
        unmanaged(kept.value, force=bool(params.get("Force")))
        if kept.value.targets:
            raise errors.rule_has_targets()
        await self._repository.commit(*drop_rule(kept))
        return {}

    async def _switch(self, ctx: Context, params: Params, *, enabled: bool) -> Result:
        kept = await kept_rule(self._repository, ctx, params, params["Name"])
        unmanaged(kept.value, force=False)
        if kept.value.enabled is not enabled:
            rule = msgspec.structs.replace(kept.value, enabled=enabled, changed=ctx.clock.now())
            await self._repository.commit(*put_rule(rule, kept))
        return {}


async def existing(repository: Repository, ctx: Context, params: Params) -> Named:
    """The bus that a call is about, which must be there. Raises ApiError."""
    bus = bus_named(Place(ctx.account, ctx.region), params.get("EventBusName"))
    if await repository.bus(bus.at, bus.name) is None:
        raise errors.no_such_bus(bus.name)
    return bus


async def kept_rule(repository: Repository, ctx: Context, params: Params, name: str) -> Kept[Rule]:
    """The rule that a call is about, to be written back. Raises ApiError."""
    bus = await existing(repository, ctx, params)
    kept = await repository.kept_rule(bus.at, bus.name, name)
    if kept is None:
        raise errors.no_such_rule(name, bus.name)
    return kept


def unmanaged(rule: Rule, *, force: bool) -> None:
    """What a service made is not its users' to change, unless they insist. Raises ApiError."""
    if rule.managed_by is not None and not force:
        raise errors.managed(rule.name, rule.managed_by)


def _check(bus: Named, pattern: str | None, schedule: str | None) -> None:
    if pattern is None and schedule is None:
        raise errors.nothing_to_do()
    if pattern is not None:
        check_pattern(pattern)
    if schedule is not None:
        if bus.name != DEFAULT:
            raise errors.schedule_of_custom_bus()
        try:
            parse(schedule, Dialect.RULES)
        except Malformed:
            raise errors.bad_schedule() from None


def check_pattern(pattern: str) -> None:
    """Whether a text is an event pattern. Raises ApiError."""
    try:
        compiled(pattern)
    except BadPattern as error:
        raise errors.bad_pattern(error.told(pattern)) from None


def _since(before: Rule, now: Rule) -> float:
    same = (before.schedule, before.enabled) == (now.schedule, now.enabled)
    return before.changed if same else now.changed

"""Replays: started, shown, cancelled. `player` does the work."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.events import errors, limits, render
from lambent.services.events.names import archive_of, bus_of
from lambent.services.events.pages import page
from lambent.services.events.player import Player
from lambent.services.events.records import Replay
from lambent.services.events.repository import Kept, Repository, again_on_conflict, drop_replay, put_replay
from lambent.services.operation import Params, Result, operation

_UNDER_WAY = ("STARTING", "RUNNING")


class Replays:
    """StartReplay, DescribeReplay, ListReplays, CancelReplay."""

    def __init__(self, repository: Repository, player: Player) -> None:
        self._repository = repository
        self._player = player

    @operation("StartReplay")
    @again_on_conflict
    async def start(self, ctx: Context, params: Params) -> Result:
        """Begin to send archived events of a time to their bus again."""
        name, at = params["ReplayName"], Place(ctx.account, ctx.region)
        destination = params["Destination"]
        bus = bus_of(destination["Arn"])
        if bus is None:
            raise errors.parameter("Destination.Arn", "Must contain an event bus ARN.")
        if await self._repository.bus(bus.at, bus.name) is None:
            raise errors.no_such_bus(bus.name)
        named = archive_of(params["EventSourceArn"])
        if named is None:
            raise errors.parameter("EventSourceArn", "Must contain an archive ARN.")
        archive = await self._repository.kept_archive(named.at, named.name)
        if archive is None or named.at != at:
            raise errors.parameter("EventSourceArn", f"Archive {named.name} does not exist.")
        if archive.value.bus != destination["Arn"]:
            raise errors.parameter("Destination.Arn", "Cross event bus replay is not permitted.")
        first, last = params["EventStartTime"].timestamp(), params["EventEndTime"].timestamp()
        if first >= last:
            raise errors.parameter("EventEndTime", "EventStartTime must be before EventEndTime.")
        await self._make_room(at, name, ctx.clock.now())
        replay = Replay(
            name=name,
            account=at.account,
            region=at.region,
            archive=params["EventSourceArn"],
            bus=destination["Arn"],
            first=first,
            last=last,
            started=ctx.clock.now(),
            description=params.get("Description"),
            rules=tuple(destination.get("FilterArns") or ()),
        )
        await self._repository.commit(*put_replay(replay))
        self._player.play(at, name)
        return {"ReplayArn": replay.arn, "State": replay.state, "ReplayStartTime": replay.started}

    @operation("DescribeReplay")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """How far a replay is."""
        replay = (await self._kept(ctx, params)).value
        return render.replay(replay) | render.replay_options(replay)

    @operation("ListReplays")
    async def list_replays(self, ctx: Context, params: Params) -> Result:
        """A page of replays, of one archive or in one state if that is asked for."""
        found = await self._repository.replays(Place(ctx.account, ctx.region), prefix=params.get("NamePrefix", ""))
        archive, state = params.get("EventSourceArn"), params.get("State")
        listed = [each for each in found if archive in (None, each.archive) and state in (None, each.state)]
        return page(params, "Replays", listed, lambda each: each.name, render.replay)

    @operation("CancelReplay")
    @again_on_conflict
    async def cancel(self, ctx: Context, params: Params) -> Result:
        """End a replay before its end; what was sent is sent."""
        kept = await self._kept(ctx, params)
        if kept.value.state not in _UNDER_WAY:
            raise errors.not_running(params["ReplayName"])
        replay = msgspec.structs.replace(kept.value, state="CANCELLING")
        await self._repository.commit(*put_replay(replay, kept))
        return {"ReplayArn": replay.arn, "State": replay.state}

    async def _kept(self, ctx: Context, params: Params) -> Kept[Replay]:
        kept = await self._repository.kept_replay(Place(ctx.account, ctx.region), params["ReplayName"])
        if kept is None:
            raise errors.no_such_replay(params["ReplayName"])
        return kept

    async def _make_room(self, at: Place, name: str, now: float) -> None:
        """Forget what is over for long. Raises ApiError for a name that is taken, or too many at once."""
        running = 0
        for replay in await self._repository.replays(at):
            over = replay.ended is not None and replay.ended + limits.REPLAYS_KEPT_SECONDS <= now
            kept = await self._repository.kept_replay(at, replay.name) if over else None
            if kept is not None:
                await self._repository.commit(drop_replay(kept))
            elif replay.name == name:
                raise errors.replay_exists(name)
            running += replay.ended is None
        if running >= limits.REPLAYS:
            raise errors.limit("concurrent replays")

"""Dashboards: kept as they were put, after a look at their form."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.services.cloudwatch import errors, limits, pages
from lambent.services.cloudwatch.records import Dashboard
from lambent.services.cloudwatch.repository import Repository
from lambent.services.operation import Params, Result, operation

_WIDGETS = ("alarm", "custom", "explorer", "log", "metric", "text")


class Dashboards:
    """PutDashboard, GetDashboard, ListDashboards, DeleteDashboards."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("PutDashboard")
    async def put(self, ctx: Context, params: Params) -> Result:
        """Make or replace a dashboard."""
        name, body = params["DashboardName"], params["DashboardBody"]
        if not name or len(name) > 255 or not all(each.isalnum() or each in "-_" for each in name):
            raise errors.invalid(f"The value {name} for field DashboardName contains invalid characters.")
        if len(body.encode()) > limits.DASHBOARD_BYTES:
            raise errors.bad_dashboard("it is longer than 1 MB")
        try:
            parsed = msgspec.json.decode(body)
        except msgspec.DecodeError as bad:
            raise errors.bad_dashboard(str(bad)) from None
        widgets = parsed.get("widgets") if isinstance(parsed, dict) else None
        if not isinstance(widgets, list) or not all(isinstance(widget, dict) for widget in widgets):
            raise errors.bad_dashboard("Should have required property 'widgets'")
        for number, widget in enumerate(widgets):
            if widget.get("type") not in _WIDGETS:
                raise errors.bad_dashboard(f"Should be one of {', '.join(_WIDGETS)}", f"/widgets/{number}/type")
            if not isinstance(widget.get("properties"), dict):
                raise errors.bad_dashboard("Should have required property 'properties'", f"/widgets/{number}")
        old = await self._repository.dashboard(ctx.account, name)
        tags = {} if old is None else old.tags
        tags |= {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}
        await self._repository.keep_dashboard(Dashboard(ctx.account, name, body, ctx.clock.now(), tags))
        return {"DashboardValidationMessages": []}

    @operation("GetDashboard")
    async def get(self, ctx: Context, params: Params) -> Result:
        """A dashboard as it was put."""
        found = await self._repository.dashboard(ctx.account, params["DashboardName"])
        if found is None:
            raise errors.no_such_dashboard(params["DashboardName"])
        return {"DashboardArn": found.arn, "DashboardBody": found.body, "DashboardName": found.name}

    @operation("ListDashboards")
    async def list(self, ctx: Context, params: Params) -> Result:
        """The names of dashboards."""
        found = await self._repository.dashboards(ctx.account, params.get("DashboardNamePrefix", ""))
        page, token = pages.page(found, params.get("NextToken"), limits.PAGE)
        entries = [
            {
                "DashboardName": each.name,
                "DashboardArn": each.arn,
                "LastModified": each.modified,
                "Size": len(each.body.encode()),
            }
            for each in page
        ]
        return {"DashboardEntries": entries, **({"NextToken": token} if token else {})}

    @operation("DeleteDashboards")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete dashboards, all of them or none."""
        names = list(dict.fromkeys(params["DashboardNames"]))
        for name in names:
            if await self._repository.dashboard(ctx.account, name) is None:
                raise errors.no_such_dashboard(name)
        await self._repository.delete_dashboards(ctx.account, names)
        return {}

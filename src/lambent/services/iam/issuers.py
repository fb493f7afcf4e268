"""OpenID Connect providers: whose tokens AssumeRoleWithWebIdentity may accept."""

from __future__ import annotations

import re

import msgspec

from lambent.context import Context
from lambent.services.iam import errors, limits, render
from lambent.services.iam.entities import Entities
from lambent.services.iam.records import OidcIssuer
from lambent.services.iam.repository import again_on_conflict, drop, put
from lambent.services.iam.tagging import tags_of
from lambent.services.operation import Params, Result, operation
from lambent.store.base import Conflict

_URL = re.compile(r"https://([a-z0-9.-]+(?::\d+)?(?:/[\x21-\x7e]*)?)", re.IGNORECASE)


class Issuers:
    """Create, Get, List, Delete and changes of OpenIDConnectProvider."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    @operation("CreateOpenIDConnectProvider")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Trust an issuer's tokens, as far as roles do."""
        given = _URL.fullmatch(params["Url"])
        if given is None:
            raise errors.bad_url()
        url = given[1].rstrip("/")
        provider = OidcIssuer(
            url=url,
            arn=f"arn:aws:iam::{ctx.account}:oidc-provider/{url}",
            created=float(int(ctx.clock.now())),
            clients=_clients(params.get("ClientIDList", ())),
            thumbprints=tuple(params.get("ThumbprintList", ())),
            tags=tags_of(params.get("Tags", ())),
        )
        try:
            await self._entities.repository.commit(put(ctx.account, provider))
        except Conflict:
            raise errors.provider_exists(params["Url"]) from None
        return {"OpenIDConnectProviderArn": provider.arn, "Tags": render.tag_list(provider.tags)}

    @operation("GetOpenIDConnectProvider")
    async def get(self, ctx: Context, params: Params) -> Result:
        """One provider."""
        provider = await self._entities.get(ctx, OidcIssuer, params["OpenIDConnectProviderArn"])
        return {
            "Url": provider.url,
            "ClientIDList": list(provider.clients),
            "ThumbprintList": list(provider.thumbprints),
            "CreateDate": provider.created,
            "Tags": render.tag_list(provider.tags),
        }

    @operation("ListOpenIDConnectProviders")
    async def list_providers(self, ctx: Context, params: Params) -> Result:
        """Every provider."""
        found = await self._entities.repository.every(OidcIssuer, ctx.account)
        return {"OpenIDConnectProviderList": [{"Arn": each.arn} for each in found]}

    @operation("DeleteOpenIDConnectProvider")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Trust an issuer no more."""
        _, kept = await self._entities.kept(ctx, OidcIssuer, params["OpenIDConnectProviderArn"])
        await self._entities.repository.commit(drop(kept))
        return {}

    @operation("AddClientIDToOpenIDConnectProvider")
    @again_on_conflict
    async def add_client(self, ctx: Context, params: Params) -> Result:
        """Accept tokens for one more audience."""
        provider, kept = await self._entities.kept(ctx, OidcIssuer, params["OpenIDConnectProviderArn"])
        clients = _clients((*provider.clients, params["ClientID"]))
        await self._entities.save(ctx, msgspec.structs.replace(provider, clients=clients), kept)
        return {}

    @operation("RemoveClientIDFromOpenIDConnectProvider")
    @again_on_conflict
    async def remove_client(self, ctx: Context, params: Params) -> Result:
        """Accept tokens for an audience no more."""
        provider, kept = await self._entities.kept(ctx, OidcIssuer, params["OpenIDConnectProviderArn"])
        clients = tuple(each for each in provider.clients if each != params["ClientID"])
        await self._entities.save(ctx, msgspec.structs.replace(provider, clients=clients), kept)
        return {}

    @operation("UpdateOpenIDConnectProviderThumbprint")
    @again_on_conflict
    async def update_thumbprints(self, ctx: Context, params: Params) -> Result:
        """Set the certificates that the issuer's address may have."""
        provider, kept = await self._entities.kept(ctx, OidcIssuer, params["OpenIDConnectProviderArn"])
        thumbprints = tuple(params["ThumbprintList"])
        await self._entities.save(ctx, msgspec.structs.replace(provider, thumbprints=thumbprints), kept)
        return {}


def _clients(given: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    clients = tuple(dict.fromkeys(given))
    if len(clients) > limits.PROVIDER_CLIENTS:
        raise errors.quota("ClientIdsPerOpenIdConnectProvider", limits.PROVIDER_CLIENTS)
    return clients

"""The condition keys of a request: who asks, for what, from where, when. Each is made when a policy speaks of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from lambent.context import Clock, Principal
from lambent.http.message import Request
from lambent.services.access import Need
from lambent.services.iam.identities import Identity

_OWNERS = frozenset({"cloudwatch.amazonaws.com"})
"""Services that say as `aws:SourceOwner` whose resource they act for: the policy that every topic has lets those of its
account publish."""

_TYPES = (("user", "User"), ("role", "AssumedRole"), ("service", "Service"))


class Keys:
    """One need's keys; call it with a name in small letters.

    All accounts are of the `organization`. `request` None: a call of a part of Lambent in another's name. An address
    that a proxy claims is not believed.
    """

    __slots__ = ("_clock", "_identity", "_need", "_organization", "_principal", "_region", "_request", "_tags")

    def __init__(
        self,
        need: Need,
        principal: Principal,
        identity: Identity | None,
        tags: Mapping[str, str],
        region: str,
        request: Request | None,
        clock: Clock,
        organization: str | None = None,
    ) -> None:
        self._organization = organization
        self._need = need
        self._principal = principal
        self._identity = identity
        self._tags = tags
        self._region = region
        self._request = request
        self._clock = clock

    def __call__(self, key: str) -> Sequence[str] | None:
        """The values of a key; None if the request does not have it."""
        own = self._need.keys.get(key)
        if own is not None:
            return own
        for prefix, tags in (("aws:resourcetag/", self._tags), ("aws:principaltag/", self._principal_tags())):
            if key.startswith(prefix):
                return _tag(tags, key.removeprefix(prefix))
        made = _KEYS.get(key)
        value = None if made is None else made(self)
        return None if value is None else (value,)

    def _principal_tags(self) -> Mapping[str, str]:
        session = self._principal.session
        tags = {} if self._identity is None else self._identity.tags
        return tags if session is None else {**tags, **session.tags}

    def _principal_arn(self) -> str | None:
        if self._principal.service is not None:
            return None
        return self._identity.arn if self._identity is not None else self._principal.arn

    def _user_id(self) -> str | None:
        principal, identity = self._principal, self._identity
        if principal.is_root:
            return principal.account
        if identity is None:
            return None
        return f"{identity.id}:{principal.session.name}" if principal.role and principal.session else identity.id

    def _type(self) -> str:
        return next((shown for member, shown in _TYPES if getattr(self._principal, member)), "Account")

    def _moment(self) -> str:
        return datetime.fromtimestamp(self._clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _issued(self) -> str | None:
        session = self._principal.session
        return None if session is None else datetime.fromtimestamp(session.issued, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _header(self, name: str) -> str | None:
        return None if self._request is None else self._request.headers.get(name)

    def _address(self) -> str | None:
        client = None if self._request is None else self._request.client
        return None if client is None else client[0].removeprefix("::ffff:")

    def _secure(self) -> str:
        return "true" if self._request is None or self._request.scheme == "https" else "false"

    def _function(self) -> str | None:
        arn = self._principal.function_arn
        return None if arn is None else arn.rpartition(":")[0]

    def _member(self) -> str | None:
        """The organization of who asks: services and the anonymous are of none."""
        principal = self._principal
        return self._organization if principal.account and principal.service is None else None

    def _account(self) -> str | None:
        return self._principal.account or None


def _tag(tags: Mapping[str, str], name: str) -> tuple[str] | None:
    return next(((value,) for key, value in tags.items() if key.lower() == name), None)


_KEYS: Mapping[str, Callable[[Keys], str | None]] = {
    "aws:principalarn": Keys._principal_arn,
    "aws:principalaccount": Keys._account,
    "aws:principalorgid": Keys._member,
    "aws:resourceorgid": lambda keys: keys._organization,
    "aws:principaltype": Keys._type,
    "aws:userid": Keys._user_id,
    "aws:username": lambda keys: keys._principal.user,
    "aws:sourceidentity": lambda keys: (
        None if keys._principal.session is None else keys._principal.session.source_identity
    ),
    "aws:principalisawsservice": lambda keys: "true" if keys._principal.service else "false",
    "aws:principalservicename": lambda keys: keys._principal.service,
    "aws:sourcearn": lambda keys: keys._principal.source_arn,
    "aws:sourceowner": lambda keys: keys._principal.source_account if keys._principal.service in _OWNERS else None,
    "aws:sourceaccount": lambda keys: keys._principal.source_account,
    "aws:sourceip": Keys._address,
    "aws:securetransport": Keys._secure,
    "aws:useragent": lambda keys: keys._header("user-agent"),
    "aws:referer": lambda keys: keys._header("referer"),
    "aws:requestedregion": lambda keys: keys._region,
    "aws:resourceaccount": lambda keys: keys._need.account,
    "aws:currenttime": Keys._moment,
    "aws:epochtime": lambda keys: str(int(keys._clock.now())),
    "aws:tokenissuetime": Keys._issued,
    "aws:viaawsservice": lambda keys: "false",
    "lambda:sourcefunctionarn": Keys._function,
}

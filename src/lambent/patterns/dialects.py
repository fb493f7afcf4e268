"""Which operators of the pattern language a service takes. AWS's services share the language, but not all of it."""

from __future__ import annotations

import msgspec

_TEXTS = frozenset({"prefix", "suffix", "equals-ignore-case"})
_COMMON = _TEXTS | {"anything-but", "numeric", "exists"}


class Dialect(msgspec.Struct, frozen=True):
    """`operators` may stand in a leaf, `negated` inside `anything-but` (besides values); `mixed`: its values may be
    texts and numbers at once; `folding`: prefixes and suffixes may ignore case; `choices`: `$or` is known."""

    operators: frozenset[str]
    negated: frozenset[str]
    mixed: bool = False
    folding: bool = True
    choices: bool = True


EVENTBRIDGE = Dialect(_COMMON | {"cidr", "wildcard"}, _TEXTS | {"wildcard"})
"""Rules, archives and TestEventPattern: the whole language."""

LAMBDA = Dialect(_COMMON, _TEXTS, mixed=True)
"""Filters of event source mappings."""

PIPES = Dialect(_COMMON | {"cidr"}, frozenset())
"""Filters of EventBridge Pipes: nothing but values may be negated."""

SNS = Dialect(_COMMON | {"cidr", "wildcard"}, _TEXTS | {"wildcard"})
"""Filter policies of subscriptions whose scope is the message's body."""

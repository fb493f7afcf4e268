"""The index: it finds what asking every rule would find, and asks few."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.patterns.dialects import EVENTBRIDGE
from lambent.patterns.index import Index
from lambent.patterns.pattern import Pattern

TEXTS = st.sampled_from(["", "a", "A", "ab", "Ba", "10.0.0.1", "10.0.0.9", "::1"])
SCALARS = st.one_of(TEXTS, st.integers(-2, 2), st.sampled_from([True, False, None, 1.5]))
NAMES = st.sampled_from(["p", "q", "r"])
TESTS = st.one_of(
    SCALARS,
    TEXTS.map(lambda text: {"prefix": text}),
    TEXTS.map(lambda text: {"suffix": {"equals-ignore-case": text}}),
    TEXTS.map(lambda text: {"equals-ignore-case": text}),
    st.sampled_from(["a*", "*a", "a*b", "*"]).map(lambda text: {"wildcard": text}),
    st.sampled_from(["10.0.0.0/30", "10.0.0.8/29", "::/64"]).map(lambda text: {"cidr": text}),
    st.booleans().map(lambda there: {"exists": there}),
    st.integers(-2, 2).map(lambda number: {"numeric": [">", number, "<=", number + 2]}),
    st.integers(-2, 2).map(lambda number: {"numeric": ["<", number]}),
    TEXTS.map(lambda text: {"anything-but": [text]}),
)
LEAVES = st.lists(TESTS, min_size=1, max_size=3)
OBJECTS = st.recursive(
    st.dictionaries(NAMES, LEAVES, min_size=1, max_size=2),
    lambda inner: st.one_of(
        st.dictionaries(NAMES, st.one_of(LEAVES, inner), min_size=1, max_size=2),
        st.lists(inner, min_size=2, max_size=3).map(lambda choices: {"$or": choices}),
    ),
    max_leaves=4,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
EVENTS = st.dictionaries(NAMES, VALUES, max_size=3)


@settings(max_examples=150, deadline=None)
@given(st.lists(OBJECTS, max_size=6), st.lists(EVENTS, min_size=1, max_size=4))
def test_it_finds_what_asking_every_rule_finds(patterns: list[Any], events: list[Any]) -> None:
    rules = [(number, Pattern(json.dumps(each), EVENTBRIDGE)) for number, each in enumerate(patterns)]
    index = Index(rules)
    for event in events:
        assert index.matching(event) == [number for number, pattern in rules if pattern.matches(event)]


class Counted(Pattern):
    """A pattern that counts how often it is asked."""

    def __init__(self, text: str) -> None:
        super().__init__(text, EVENTBRIDGE)
        self.asked, test = 0, self.test

        def counted(event: Any) -> bool:
            self.asked += 1
            return test(event)

        self.test = counted


def test_true_is_not_one() -> None:
    index = Index([(1, Pattern('{"a": [1, true]}', EVENTBRIDGE)), (2, Pattern('{"a": [1]}', EVENTBRIDGE))])
    assert [index.matching({"a": value}) for value in (1, True, 1.0, False)] == [[1, 2], [1], [1, 2], []]


def test_an_event_is_held_against_few_rules() -> None:
    rules = [
        (number, Counted(json.dumps({"source": ["shop"], "detail": detail})))
        for number in range(1000)
        for detail in [[{"id": [f"o-{number}"]}, {"sum": [{"numeric": [">", number, "<", number + 3]}]}][number % 2]]
    ]
    index = Index(rules)
    assert index.matching({"source": "shop", "detail": {"id": "o-6", "sum": 502.5}}) == [6, 501]
    assert sum(pattern.asked for _, pattern in rules) == 2


def test_too_deep_an_event_matches_nothing() -> None:
    deep: Any = {"a": "x"}
    for _ in range(3000):
        deep = {"a": [deep]}
    assert Index([(1, Pattern('{"a": {"a": ["x"]}}', EVENTBRIDGE))]).matching({"a": [[deep]]}) == []

"""Dialects: what one has that another lacks."""

from __future__ import annotations

from lambent.patterns.dialects import EVENTBRIDGE, LAMBDA, PIPES, SNS


def test_rules_have_the_whole_language() -> None:
    for dialect in (LAMBDA, PIPES, SNS):
        assert dialect.operators <= EVENTBRIDGE.operators
        assert dialect.negated <= EVENTBRIDGE.negated


def test_filters_of_mappings_know_neither_wildcards_nor_networks() -> None:
    assert EVENTBRIDGE.operators - LAMBDA.operators == {"cidr", "wildcard"}


def test_pipes_negate_nothing_but_values() -> None:
    assert not PIPES.negated

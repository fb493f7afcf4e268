"""Expressions as trees."""

from __future__ import annotations

import pytest

from lambent.services.cloudwatch.math_syntax import (
    Apply,
    BadExpression,
    Node,
    Number,
    Reference,
    Text,
    parse,
    references,
)


def shown(node: Node) -> str:
    match node:
        case Number(value):
            return f"{value:g}"
        case Text(value):
            return repr(value)
        case Reference(name):
            return name
        case Apply(name, arguments):
            return f"({name} {' '.join(map(shown, arguments))})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("m1", "m1"),
        ("1 + 2 * 3", "(+ 1 (* 2 3))"),
        ("(1 + 2) * 3", "(* (+ 1 2) 3)"),
        ("1 - 2 - 3", "(- (- 1 2) 3)"),
        ("2 ^ 3 ^ 2", "(^ 2 (^ 3 2))"),
        ("-m1 ^ 2", "(NEGATE (^ m1 2))"),
        ("m1 > 1 && m2 <= 2 || m3 == 4", "(OR (AND (> m1 1) (<= m2 2)) (== m3 4))"),
        ("m1 > 1 AND m2 != 2 OR m3", "(OR (AND (> m1 1) (!= m2 2)) m3)"),
        ("sum([m1, m2])", "(SUM ([] m1 m2))"),
        ("FILL(METRICS('err'), 0)", "(FILL (METRICS 'err') 0)"),
        ("IF(m1 > 1.5e2, m1, m2)", "(IF (> m1 150) m1 m2)"),
        ("SEARCH(\"{a,b} c\", 'Sum', 300)", "(SEARCH '{a,b} c' 'Sum' 300)"),
        ("METRICS()", "(METRICS )"),
    ],
)
def test_trees(text: str, tree: str) -> None:
    assert shown(parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it ends too early"),
        ("m1 +", "it ends too early"),
        ("m1 m2", "unexpected 'm2'"),
        ("SUM(m1", "',' expected at the end"),
        ("(m1", "')' expected at the end"),
        ("m1 ? 2", "unexpected character at position 3"),
        ("*", "unexpected '*'"),
        ('select AVG(m) FROM "n"', "queries of Metrics Insights (SELECT) are not supported by Lambent"),
        ("(" * 60 + "1" + ")" * 60, "too deeply nested"),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(BadExpression) as bad:
        parse(text)
    assert str(bad.value) == why


def test_references() -> None:
    assert references(parse("IF(m1 > 2, SUM([m2, m3]), FILL(m1, REPEAT))")) == {"m1", "m2", "m3", "REPEAT"}

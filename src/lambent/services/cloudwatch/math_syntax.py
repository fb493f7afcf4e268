"""Metric math as text: an expression becomes a tree. Pure; what the tree means is `math_values`'.

Weakest first: OR, AND, comparisons, sums, products, powers (which group to the right), signs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from lambent.services.tokens import tokens

DEEPEST = 50
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^<>()\[\],]))"
)
_LEVELS: tuple[Mapping[str, str], ...] = (
    {"||": "OR", "OR": "OR"},
    {"&&": "AND", "AND": "AND"},
    {sign: sign for sign in ("==", "!=", "<=", ">=", "<", ">")},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "/"},
)


class BadExpression(Exception):
    """The text is no expression; says why."""


class Number(msgspec.Struct, frozen=True):
    """A constant."""

    value: float


class Text(msgspec.Struct, frozen=True):
    """A text in quotes, without them."""

    value: str


class Reference(msgspec.Struct, frozen=True):
    """The result of another query, by its id; in an argument also a bare word (`FILL(m1, REPEAT)`)."""

    name: str


class Apply(msgspec.Struct, frozen=True):
    """An operator or a function, by its name in capitals, and what it is applied to."""

    name: str
    arguments: tuple[Node, ...]


Node = Number | Text | Reference | Apply


def parse(text: str) -> Node:
    """The tree of an expression. Raises BadExpression."""
    if text.lstrip()[:7].upper() == "SELECT ":
        raise BadExpression("queries of Metrics Insights (SELECT) are not supported by Lambent")
    reader = _Reader(text)
    tree = reader.level(0)
    reader.end()
    return tree


def references(tree: Node) -> frozenset[str]:
    """The ids that an expression may need."""
    if isinstance(tree, Reference):
        return frozenset((tree.name,))
    if isinstance(tree, Apply):
        return frozenset().union(*(references(argument) for argument in tree.arguments))
    return frozenset()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = tokens(_TOKEN, text, BadExpression)
        self._at = 0
        self._depth = 0

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise BadExpression(f"unexpected '{self._tokens[self._at][1]}'")

    def level(self, number: int) -> Node:
        """Everything that binds at least as strongly as a level of operators."""
        if number == len(_LEVELS):
            return self._power()
        left = self.level(number + 1)
        while (sign := _LEVELS[number].get(self._peek())) is not None:
            self._at += 1
            left = Apply(sign, (left, self.level(number + 1)))
        return left

    def _power(self) -> Node:
        base = self._single()
        if self._peek() != "^":
            return base
        self._at += 1
        return Apply("^", (base, self._power()))

    def _single(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadExpression("too deeply nested")
        try:
            kind, token = self._take()
            if kind == "number":
                return Number(float(token))
            if kind == "text":
                return Text(token[1:-1])
            if kind == "name":
                return Apply(token.upper(), self._until(")")) if self._accept("(") else Reference(token)
            if token in ("-", "+"):
                inner = self._power()
                return Apply("NEGATE", (inner,)) if token == "-" else inner
            if token == "(":
                inner = self.level(0)
                self._expect(")")
                return inner
            if token == "[":
                return Apply("[]", self._until("]"))
            raise BadExpression(f"unexpected '{token}'")
        finally:
            self._depth -= 1

    def _until(self, closing: str) -> tuple[Node, ...]:
        arguments: list[Node] = []
        if self._accept(closing):
            return ()
        while True:
            arguments.append(self.level(0))
            if self._accept(closing):
                return tuple(arguments)
            self._expect(",")

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _accept(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._at += 1
        return True

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise BadExpression(
                f"'{token}' expected" + (f" before '{self._peek()}'" if self._peek() else " at the end")
            )

    def _take(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise BadExpression("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

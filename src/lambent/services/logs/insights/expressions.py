"""Expressions of queries, made into functions of a row. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from lambent.services.logs.insights.functions import function, member
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.rows import Row
from lambent.services.logs.insights.statistics import NAMES
from lambent.services.logs.insights.tokens import Token
from lambent.services.logs.insights.values import equal, less, number, period, text, true

Expression = Callable[[Row], Any]

_END = Token("end", "", 0)
_DEPTH = 100


class Words:
    """The words of a command, from first to last. `now_ms` is the time of the query."""

    def __init__(self, tokens: Sequence[Token], query: str, now_ms: int, labels: Collection[str] = ()) -> None:
        """`labels` are what the figures of an earlier `stats` are called."""
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self.query = query
        self.now_ms = now_ms
        self.statistic: Callable[[Words, Token], Expression] = partial(_earlier, labels)
        """What the name of a statistic and its parenthesis mean here."""

    @property
    def next(self) -> Token:
        """The word that comes."""
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    @property
    def ended(self) -> bool:
        """Whether none comes."""
        return self._at >= len(self._tokens)

    def take(self) -> Token:
        """Pass over a word. Raises Malformed at the end."""
        if self.ended:
            raise Malformed("something is missing at the end of a command")
        self._at += 1
        return self._tokens[self._at - 1]

    def said(self, *texts: str) -> str | None:
        """Pass over a word or sign if it is one of these; in small letters."""
        token = self.next
        if token.kind in ("name", "sign") and token.text.lower() in texts:
            self._at += 1
            return token.text.lower()
        return None

    def need(self, word: str) -> None:
        """Pass over what must come. Raises Malformed."""
        if self.said(word) is None:
            raise Malformed(f"{word} is missing before {self.next.text or 'the end of a command'}")

    def follows(self, text: str) -> bool:
        """Whether the word after the next is this sign."""
        return self._at + 1 < len(self._tokens) and self._tokens[self._at + 1].text == text

    def written(self, start: Token) -> str:
        """The query's text from a word to the last that was passed over."""
        last = self._tokens[self._at - 1]
        end = last.at + len(last.text) + (2 if last.kind in ("text", "quoted", "regex") else 0)
        return self.query[start.at : end]

    def deeper(self, by: int) -> None:
        """One parenthesis more, or less. Raises Malformed if there are too many."""
        self._depth += by
        if self._depth > _DEPTH:
            raise Malformed("an expression is nested too deeply")


def expression(words: Words) -> Expression:
    """What comes next. Raises Malformed."""
    words.deeper(1)
    parts = [_both(words)]
    while words.said("or"):
        parts.append(_both(words))
    words.deeper(-1)
    return parts[0] if len(parts) == 1 else lambda row: any(true(part(row)) for part in parts)


def _both(words: Words) -> Expression:
    parts = [_negated(words)]
    while words.said("and"):
        parts.append(_negated(words))
    return parts[0] if len(parts) == 1 else lambda row: all(true(part(row)) for part in parts)


def _negated(words: Words) -> Expression:
    if words.said("not"):
        words.deeper(1)
        inner = _negated(words)
        words.deeper(-1)
        return lambda row: not true(inner(row))
    return _comparison(words)


def _comparison(words: Words) -> Expression:
    left = _sum(words)
    if (sign := words.said("=", "==", "!=", "<", ">", "<=", ">=")) is not None:
        return _compared(left, sign, _sum(words))
    if words.said("=~"):
        return _like(left, words)
    negated = words.said("not") is not None
    if words.said("like"):
        inner = _like(left, words)
    elif words.said("in"):
        words.need("[")
        among = _arguments(words, "]")
        inner = lambda row: member(left(row), [each(row) for each in among])  # noqa: E731
    elif negated:
        raise Malformed("like or in is missing after not")
    else:
        return left
    return (lambda row: not inner(row)) if negated else inner


def _compared(left: Expression, sign: str, right: Expression) -> Expression:
    match sign:
        case "=" | "==":
            return lambda row: equal(left(row), right(row))
        case "!=":
            return lambda row: not equal(left(row), right(row))
        case "<":
            return lambda row: less(left(row), right(row))
        case ">":
            return lambda row: less(right(row), left(row))
        case "<=":
            return lambda row: less(a := left(row), b := right(row)) or equal(a, b)
    return lambda row: less(b := right(row), a := left(row)) or equal(a, b)


def _like(left: Expression, words: Words) -> Expression:
    token = words.take()
    if token.kind == "text":
        part = token.text
        return lambda row: part in (text(left(row)) or "")
    if token.kind != "regex":
        raise Malformed("like takes a text, or an expression between strokes")
    found = regex(token.text).search
    return lambda row: (value := text(left(row))) is not None and found(value) is not None


def regex(source: str) -> re.Pattern[str]:
    """An expression between strokes. Raises Malformed."""
    source = re.sub(r"\(\?<(?![=!])", "(?P<", source)
    flags = re.IGNORECASE if source.startswith("(?i)") else re.NOFLAG
    try:
        return re.compile(source.removeprefix("(?i)"), flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise Malformed(f"a regular expression is not valid: {error}") from None


def _sum(words: Words) -> Expression:
    left = _product(words)
    while (sign := words.said("+", "-")) is not None:
        left = _calculated(left, sign, _product(words))
    return left


def _product(words: Words) -> Expression:
    left = _power(words)
    while (sign := words.said("*", "/", "%")) is not None:
        left = _calculated(left, sign, _power(words))
    return left


def _power(words: Words) -> Expression:
    left = _value(words)
    if words.said("^"):
        words.deeper(1)
        right = _power(words)
        words.deeper(-1)
        return _calculated(left, "^", right)
    return left


def _calculated(left: Expression, sign: str, right: Expression) -> Expression:
    def value(row: Row) -> float | None:
        one, other = number(left(row)), number(right(row))
        if one is None or other is None:
            return None
        try:
            match sign:
                case "+":
                    return one + other
                case "-":
                    return one - other
                case "*":
                    return one * other
                case "/":
                    return one / other
                case "%":
                    return one % other
            return float(one**other)
        except (ZeroDivisionError, OverflowError, TypeError):
            return None

    return value


def _value(words: Words) -> Expression:
    if words.said("-"):
        words.deeper(1)
        inner = _value(words)
        words.deeper(-1)
        return lambda row: None if (found := number(inner(row))) is None else -found
    if words.said("("):
        found = expression(words)
        words.need(")")
        return found
    token = words.take()
    match token.kind:
        case "number":
            constant = float(token.text)
            return lambda row: constant
        case "text":
            word = token.text
            return lambda row: word
        case "period":
            length = float(period(token.text))
            return lambda row: length
        case "quoted":
            return _field(token.text)
        case "name":
            return _named(token, words)
    raise Malformed(f"a value is missing before {token.text}")


def _earlier(labels: Collection[str], words: Words, start: Token) -> Expression:
    """A figure of an earlier `stats`, called as it was written there: `stats count(*) by a | sort count(*)`."""
    while words.take().text != ")":
        pass
    label = words.written(start)
    if label not in labels:
        raise Malformed(f"{label} is a statistic, which only stats has")
    return _field(label)


def _named(start: Token, words: Words) -> Expression:
    name = start.text
    if not words.said("("):
        if name.lower() in ("true", "false"):
            truth = name.lower() == "true"
            return lambda row: truth
        return _field(name)
    if name.lower() in NAMES:
        return words.statistic(words, start)
    arguments = _arguments(words, ")")
    if name.lower() == "bin":
        if len(arguments) != 1:
            raise Malformed("bin takes one period")
        floor, (step,) = function("datefloor", 2), arguments
        return lambda row: floor(row["@timestamp"], step(row))
    if name.lower() == "now" and not arguments:
        moment = words.now_ms / 1000
        return lambda row: moment
    work = function(name, len(arguments))
    return lambda row: work(*[each(row) for each in arguments])


def _arguments(words: Words, close: str) -> list[Expression]:
    found: list[Expression] = []
    while not words.said(close):
        if found:
            words.need(",")
        found.append(expression(words))
    return found


def _field(name: str) -> Expression:
    return lambda row: row[name]

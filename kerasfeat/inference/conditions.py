"""Conditions on rows, such as `tempo > 110 and (rock > 0.3 or "female vocalists" > 0.3)`.

    condition  = conjunction {"or" conjunction}
    conjunction = negation {"and" negation}
    negation   = "not" negation | "(" condition ")" | comparison
    comparison = column ("<" | "<=" | ">" | ">=" | "=" | "==" | "!=") (number | text)

A column is a name, in quotes or backticks where it has spaces; a text is in quotes. Numbers are
compared with a text by the number that it has. Nothing of it is run as a program.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kerasfeat import KerasfeatError
from kerasfeat.audio.measures.measure import MEASURES
from kerasfeat.inference.records import Record
from kerasfeat.registry import unknown
from kerasfeat.songs.keys import key_named, mode_number
from kerasfeat.songs.schema import KEY_NAMES, TAGS, plain

Holds = Callable[[Record], bool]

TOKEN = re.compile(
    r"""\s*(?:(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    |(?P<sign><=|>=|==|!=|<|>|=|\(|\))
    |(?P<quoted>"[^"]*"|'[^']*'|`[^`]*`)
    |(?P<name>[^\W][\w.-]*))""",
    re.VERBOSE,
)
COMPARISONS: dict[str, Callable[..., bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
MEASURED = {*MEASURES, *TAGS}
# What the numbers of these columns mean, and the names that they may be asked for by.
MEANINGS = {
    "key": ' (0 for C to 11 for B), or by = and != with a key such as "C" or "Am"',
    "key_relative": " (0 for C to 11 for B)",
    "mode": ' (1 for major, 0 for minor), or with "major" or "minor"',
}
EXAMPLE = """tempo > 110 and (rock > 0.3 or "female vocalists" > 0.3)"""


@dataclass(frozen=True)
class Condition:
    """What tells of a row whether a condition holds; of a missing value no comparison does.

    Attributes:
        holds: of one row.
        columns: that it compares, in order.
    """

    holds: Holds
    columns: tuple[str, ...]

    def __call__(self, row: Record) -> bool:
        """Whether it holds of a row."""
        return self.holds(row)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def condition(text: str, columns: Iterable[str]) -> Condition:
    """A condition by its text.

    Args:
        text: the condition.
        columns: names of the rows' columns.

    Raises:
        KerasfeatError: it can't be read, or names another column.
    """
    return _Reader(text, columns).read()


def column_named(name: str, columns: Iterable[str]) -> str:
    """The column that is called so, in any spelling: `Female vocalists` is female_vocalists.

    Raises:
        KerasfeatError: there is none.
    """
    columns = list(columns)
    spelled = {plain(column): column for column in reversed(columns)}
    found = name if name in columns else spelled.get(plain(name))
    if found is None:
        raise unknown("column", name, columns)
    return found


class _Reader:
    def __init__(self, text: str, columns: Iterable[str]) -> None:
        self.text, self.columns = text, list(columns)
        self.tokens = list(self._tokens())
        self.place = 0
        self.compared: dict[str, None] = {}

    def _tokens(self) -> Iterable[_Token]:
        place, end = 0, len(self.text.rstrip())
        while place < end:
            found = TOKEN.match(self.text, place)
            if not found or not found.lastgroup:
                raise self._error(f"{self.text[place:].strip()[:20]!r} is not part of a condition")
            yield _Token(found.lastgroup, found[found.lastgroup])
            place = found.end()

    def read(self) -> Condition:
        holds = self._any()
        if self.place < len(self.tokens):
            raise self._error(f"{self.tokens[self.place].text!r} does not belong there")
        return Condition(holds, tuple(self.compared))

    def _any(self) -> Holds:
        parts = [self._all()]
        while self._takes("or"):
            parts.append(self._all())
        return lambda row: any(part(row) for part in parts)

    def _all(self) -> Holds:
        parts = [self._one()]
        while self._takes("and"):
            parts.append(self._one())
        return lambda row: all(part(row) for part in parts)

    def _one(self) -> Holds:
        if self._takes("not"):
            inner = self._one()
            return lambda row: not inner(row)
        if self._takes("("):
            inner = self._any()
            if not self._takes(")"):
                raise self._error("a ')' is missing")
            return inner
        return self._comparison()

    def _comparison(self) -> Holds:
        column = self._next("a column", "name", "quoted")
        name = column_named(_bare(column), self.columns)
        if name == "sounds":
            raise self._error(
                f"{name} holds several names with their probabilities, which no condition "
                "compares; ask by a tag, or look for the name in what --format csv prints"
            )
        self.compared[name] = None
        sign = self._next("a comparison such as >", "sign")
        if sign.text not in COMPARISONS:
            raise self._error(f"{sign.text!r} is not a comparison")
        compare = COMPARISONS[sign.text]
        value = self._next("a number, or a text in quotes,", "number", "quoted")
        if value.kind == "number":
            number = float(value.text)
            return lambda row: _holds(compare, _as_number(row.get(name)), number)
        return self._with_text(name, sign.text, _bare(value))

    def _with_text(self, name: str, sign: str, text: str) -> Holds:
        compare, number, wanted = COMPARISONS[sign], _as_number(text), text.casefold()
        key = key_named(text) if name == "key" and compare in (operator.eq, operator.ne) else None
        if key:
            # A note alone is a major key, as where described songs are shown.
            called = KEY_NAMES[0 if key.mode == 0 else 1][key.tonic]
            return lambda row: _holds(compare, _key_name(row), called)
        if name == "mode" and number is None:
            number = _as_number(mode_number(text))
        no_number = self._error(f"{name} is compared with a number{MEANINGS.get(name, '')}")
        if name in MEASURED and number is None:
            raise no_number

        def holds(row: Record) -> bool:
            value = row.get(name)
            if isinstance(value, int | float):
                if number is None:  # of a column that only its rows tell to be of numbers
                    raise no_number
                return compare(value, number)
            return _holds(compare, _as_text(value), wanted)

        return holds

    def _next(self, what: str, *kinds: str) -> _Token:
        if self.place >= len(self.tokens):
            raise self._error(f"{what} is missing at its end")
        token = self.tokens[self.place]
        if token.kind not in kinds:
            raise self._error(f"{what} is missing before {token.text!r}")
        self.place += 1
        return token

    def _takes(self, word: str) -> bool:
        """Whether the next token is this word or sign, which is passed then."""
        if self.place >= len(self.tokens):
            return False
        token = self.tokens[self.place]
        found = token.kind != "quoted" and token.text.lower() == word
        self.place += found
        return found

    def _error(self, problem: str) -> KerasfeatError:
        return KerasfeatError(
            f"can't read the condition {self.text!r}: {problem}. It compares columns with numbers "
            f"or texts, joined by and, or, not: {EXAMPLE}"
        )


def _bare(token: _Token) -> str:
    return token.text[1:-1] if token.kind == "quoted" else token.text


def _holds(compare: Callable[..., bool], value: object, wanted: object) -> bool:
    return value is not None and compare(value, wanted)


def _as_number(value: object) -> float | None:
    """A cell as a number; None of one that is none."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number


def _as_text(value: object) -> str | None:
    return None if value is None else str(value).casefold()


def _key_name(row: Record) -> str | None:
    key, mode = row.get("key"), row.get("mode")
    return None if key is None or mode is None else KEY_NAMES[mode][key]

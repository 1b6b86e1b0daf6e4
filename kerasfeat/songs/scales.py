"""On which scale a table's numbers are.

Shares are from 0 to 1 or in percent, popularity the reverse, durations in milliseconds, seconds, or
minutes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.songs import headers, numbers, schema
from kerasfeat.songs.durations import FEWEST, milliseconds
from kerasfeat.songs.parsing import NEARLY_ALL, flagged
from kerasfeat.songs.problems import MISSING, NOTE, Problem

# Shares are in percent if half of the songs have more than 1 and nearly all at most 100; where most
# have 0, if all are whole numbers. Ratings go to 10 at most, so that one above is asked for.
PERCENT_ABOVE = 10
# Whole styles have less than 1 % of these: few songs that have say nothing of the scale, so many
# do.
OFTEN_NONE = ("instrumentalness", "acousticness")
MANY = 30
BY_NAME, BY_SIGNS = "by its name", "by the percent signs in its cells"
SLIPS = 0.005
# Hardly a song has less than 1 % of one of these, nor of two, and of all others too.
SELDOM_BELOW_1_PERCENT = ("danceability", "energy", "liveness", "valence")
# The typical song of no collection is so loud, or so slow.
LOUD_DB, SLOW_BPM = -1, 30
POPULARITIES = (schema.BY_NAME["popularity"], schema.BY_NAME["artist_popularity"])


@dataclass(frozen=True)
class Numbers:
    """The number columns of one table.

    Attributes:
        values: canonical name -> [rows] float64, in the column's unit and range, NaN where there is
            none.
        percent: share -> whether the table has it in percent.
        problems: what was wrong.
    """

    values: dict[str, Array]
    percent: dict[str, bool]
    problems: list[Problem]


def read_numbers(
    columns: Mapping[str, pd.Series],
    lines: Array,
    before: Mapping[str, bool] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> Numbers:
    """The number columns of one table.

    Args:
        columns: canonical name -> column [rows] as read from the file, called as there.
        lines: int [rows], lines in the file.
        before: share -> whether it was in percent in the table that a model was trained on, which
            decides where this one can't tell; None where there is no model.
        ranges: canonical name -> (lowest, highest) value, in place of the schema's.
    """
    held = {name: schema.ranged(name, (ranges or {}).get(name)) for name in columns}
    parsed = {name: numbers.parse(series, held[name]) for name, series in columns.items()}
    shares = [
        _share(name, column, columns[name].name)
        for name, column in parsed.items()
        if held[name].is_share
    ]
    shares = [share for share in shares if share.known.size or share.named == BY_SIGNS]
    percent, problems = _percent(shares, before)
    others = {scale: _on_the_other(parsed, percent, scale) for scale in set(percent.values())}
    values = {}
    for name, series in columns.items():
        column, in_unit = held[name], parsed[name]
        if name in percent and name in schema.FEATURES:
            rows = _doubtful(in_unit, others[percent[name]], percent[name])
            problems += flagged(rows, series, lines, _two_tables(percent[name]), MISSING)
            in_unit = in_unit.without(rows)
        if percent.get(name):
            in_unit = in_unit.times(0.01)
        elif column.unit == "ms":
            in_unit, notes = milliseconds(in_unit, series, column, lines, before is not None)
            problems += notes
        elif column in POPULARITIES:
            in_unit, notes = _popularity(in_unit, series.name)
            problems += notes
        values[name], wrong = numbers.checked(in_unit, series, column, lines)
        problems += wrong
        if column in (schema.BY_NAME["loudness"], schema.BY_NAME["tempo"]):
            problems += _unusual(values[name], series.name, column)
    return Numbers(values, percent, problems)


def _popularity(parsed: numbers.Parsed, in_file: str) -> tuple[numbers.Parsed, list[Problem]]:
    """Popularity from 0 to 100, also of a table that has it from 0 to 1, and what is said of it."""
    known = parsed.values[~np.isnan(parsed.values)]
    if (known > 1).any() or not ((known > 0) & (known < 1)).any():
        return parsed, []
    message = "read as shares of 1, since no song has more than 1 and some have fractions"
    return parsed.times(100), [Problem(None, in_file, message, NOTE)]


def _unusual(values: Array, in_file: str, column: schema.Column) -> list[Problem]:
    """A note where the typical song is too loud or too slow to be one.

    Args:
        values: [rows] loudness in dB or tempo in BPM, NaN where there is none.
        in_file: the column's name in the file.
        column: what it holds.
    """
    known = values[~np.isnan(values)]
    if known.size < FEWEST:
        return []
    typical, is_loudness = np.median(known), column.unit == "dB"
    if not (typical > LOUD_DB if is_loudness else typical < SLOW_BPM):
        return []
    more = "more" if is_loudness else "less"
    message = f"half of the songs have {typical:.3g} {column.unit} or {more}: is the scale another?"
    return [Problem(None, in_file, message, NOTE)]


@dataclass(frozen=True, eq=False)
class _Share:
    """A column of shares.

    Attributes:
        name: its canonical name.
        in_file: its name in the file.
        known: [songs that have a value without a percent sign] its values.
        named: what says that it is in percent where its values don't: BY_NAME, BY_SIGNS; "" where
            nothing does.
    """

    name: str
    in_file: str
    known: Array
    named: str


def _share(name: str, parsed: numbers.Parsed, in_file: str) -> _Share:
    named = BY_SIGNS if parsed.absolute.any() else ""
    named = BY_NAME if headers.factor_of(in_file, schema.column_of(name)) else named
    plain = ~np.isnan(parsed.values) & ~parsed.absolute
    return _Share(name, in_file, parsed.values[plain], named)


def _on_the_other(
    parsed: Mapping[str, numbers.Parsed], percent: Mapping[str, bool], is_percent: bool
) -> Array:
    """Which rows have shares from 0 to 1 where the table has them in percent, or the reverse.

    Those tell that are hardly ever below 1 %, where two of them agree and no other is above 1.
    Where most rows are so, the table's scale is what is doubtful.

    Args:
        parsed: canonical name -> the column, whose shares are as in the file.
        percent: share -> whether the table has it in percent.
        is_percent: which of the shares are looked at.

    Returns:
        bool [rows].
    """
    shares = {
        name: np.where(column.absolute | ~(column.values > 0), np.nan, column.values)
        for name, column in parsed.items()
        if percent.get(name) == is_percent
    }
    telling = [share for name, share in shares.items() if name in SELDOM_BELOW_1_PERCENT]
    if len(telling) < 2:
        return np.zeros(len(next(iter(parsed.values())).values), bool)
    rows, tell = np.array(telling), np.sum(~np.isnan(telling), axis=0) > 1  # [shares, rows], [rows]
    if is_percent:  # of which a few may be 1
        others = ~(np.array([*shares.values()]) > 1).any(axis=0) & (rows < 1).any(axis=0)
    else:
        others = ~((rows <= 1) | (rows > 100)).any(axis=0)
    return tell & others & (2 * np.sum(tell & others) <= tell.sum())


def _doubtful(share: numbers.Parsed, others: Array, is_percent: bool) -> Array:
    """Which values of a share could be read but mean something else, since their rows are `others`,
    bool [rows]; 0 is 0 on either scale.
    """
    could_be_read = (share.values > 0) & (share.values <= (100 if is_percent else 1))
    return others & could_be_read & ~share.absolute


def _two_tables(is_percent: bool) -> str:
    """What is said of such values."""
    return (
        f"the row's shares are {_scale(not is_percent)} and the table's {_scale(is_percent)}, as "
        "where two tables were put together"
    )


@dataclass(frozen=True)
class _Usual:
    """What is said of the scale of most shares of a table.

    Attributes:
        percent: share -> whether it is in percent, where its own values don't decide.
        by: what says so.
        has_model: whether it is a table that a model was trained on.
    """

    percent: dict[str, bool]
    by: str = "the table's other shares are"
    has_model: bool = False

    @property
    def where(self) -> str:
        """What is added to what is said, where a model says it."""
        return f", as {self.by}" if self.has_model else ""


def _percent(
    shares: list[_Share], before: Mapping[str, bool] | None
) -> tuple[dict[str, bool], list[Problem]]:
    """Which shares are in percent, and what is said of it.

    It is one decision for the table, but for columns whose own values contradict it.
    """
    was_percent = before is not None and _most(before.values())
    above = 1 if was_percent else PERCENT_ABOVE
    own = {share.name: _own_scale(share, above) for share in shares}
    clear = {name: scale.percent for name, scale in own.items() if scale.percent is not None}
    table, problems = _most(clear.values()), []
    usual = _Usual({share.name: table for share in shares})
    decided = {share.name: clear.get(share.name, table) for share in shares}
    if before is not None:
        model = {share.name: before.get(share.name, was_percent) for share in shares}
        if 2 * sum(percent != model[name] for name, percent in clear.items()) <= len(clear):
            usual = _Usual(model, "in the table that the model was trained on", has_model=True)
            decided = model
        else:
            message = (
                f"the shares are {_scale(table)}, other than in the table that the model was "
                "trained on"
            )
            problems.append(Problem(None, None, message, NOTE))
    if not clear and any(0 < share.known.max() <= 100 for share in shares):
        message = (
            "the values can't tell whether shares are from 0 to 1 or in percent: read as "
            f"{_scale(any(decided.values()))}{usual.where}"
        )
        problems.append(Problem(None, None, message, NOTE))
    for share in shares:
        problems += _scale_notes(share, own[share.name], usual, decided[share.name])
    return decided, problems


@dataclass(frozen=True)
class _OwnScale:
    """What a share's own values or its name say of its scale.

    Attributes:
        percent: whether it is in percent; None where they don't tell.
        why: what says that it is in percent.
    """

    percent: bool | None = None
    why: str = ""


def _scale_notes(share: _Share, own: _OwnScale, usual: _Usual, is_percent: bool) -> list[Problem]:
    """What is said of how one share is read."""
    notes = []
    told = own.percent if share.known.size else None  # signs in all cells leave no doubt
    if told is not None and told != usual.percent[share.name]:
        message = (
            f"doubtful: its values look as if they were {_scale(told)}; read as "
            f"{_scale(is_percent)}{usual.where}"
            if usual.has_model
            else f"doubtful: read as {_scale(is_percent)}, where {usual.by} "
            f"{_scale(usual.percent[share.name])}"
        )
        notes.append(Problem(None, share.in_file, message, NOTE))
    if is_percent:
        message = f"read as percent, {own.why or f'as {usual.by}'}"
        notes.append(Problem(None, share.in_file, message, NOTE))
    elif share.named == BY_SIGNS:
        message = "read as percent where a cell has a percent sign, else as from 0 to 1"
        notes.append(Problem(None, share.in_file, message, NOTE))
    return notes


def _scale(percent: bool) -> str:
    return "in percent" if percent else "from 0 to 1"


def _most(answers: Iterable[bool]) -> bool:
    """Whether at least half of the answers, and one, are yes."""
    answers = list(answers)
    return any(answers) and 2 * sum(answers) >= len(answers)


def _own_scale(share: _Share, above: float) -> _OwnScale:
    """What a share's own values or its name say of its scale.

    Args:
        share: the column.
        above: of a column in percent a song has more than this.
    """
    known = share.known
    many = known.size >= MANY or not (share.named == BY_NAME or share.name in OFTEN_NONE)
    fractions = ((known > 0) & (known < 1)).any()
    if fractions and many and np.sum((known < 0) | (known > 1)) <= SLIPS * known.size:
        return _OwnScale(False)
    if share.named:
        return _OwnScale(True, share.named)
    up_to_100 = np.mean((known >= 0) & (known <= 100)) >= NEARLY_ALL
    if not up_to_100 or not (known[known <= 100] > above).any():
        return _OwnScale()
    if np.median(known) > 1:
        return _OwnScale(True, f"since half of the songs have {np.median(known):g} or more")
    if (known == np.floor(known)).all():
        return _OwnScale(True, f"since all are whole numbers, up to {known.max():g}")
    return _OwnScale()

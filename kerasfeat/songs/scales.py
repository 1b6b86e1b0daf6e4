"""On which scale a table's numbers are: shares from 0 to 1 or in percent, durations in
milliseconds, seconds, or minutes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kerasfeat.songs import parsing, schema
from kerasfeat.songs.parsing import NEARLY_ALL
from kerasfeat.songs.problems import MISSING, NOTE, Problem

# Shares are in percent if half of the songs have more than 1 and nearly all at most 100; where most
# have 0, if all are whole numbers. Ratings go to 10 at most, so that one above is asked for.
PERCENT_ABOVE = 10
# Whole styles have less than 1 % of these: few songs that have say nothing of the scale, so many
# do.
OFTEN_NONE = ("instrumentalness", "acousticness")
MANY = 30
SLIPS = 0.005

MILLISECONDS, SECONDS, MINUTES = 1.0, 1000.0, 60_000.0
# Of durations whose name tells no unit, the median of the songs: below the one in minutes if there
# are fractions, below the other in seconds. No collection's typical song lasts under four seconds,
# or under half a minute and is told in fractions of it.
MINUTES_FROM, MINUTES_BELOW = 0.5, 20
SECONDS_BELOW = 3600
# The typical song of a collection lasts so long; of few songs most may be long, and one or two may
# be anything.
SHORTEST_S, LONGEST_S, FEW, FEWEST = 5, 600, 10, 3
# Songs differ in length by more than this part of it; clips, and samples of clips, do not.
ALIKE = 0.05


def read_numbers(
    columns: Mapping[str, pd.Series], lines: np.ndarray, before: Mapping[str, bool] | None = None
) -> tuple[dict[str, np.ndarray], dict[str, bool], list[Problem]]:
    """The number columns of one table.

    Args:
        columns: canonical name -> column [rows] as read from the file, called as there.
        lines: [rows] lines in the file.
        before: share -> whether it was in percent in the table that a model was trained on, which
            decides where this one can't tell; None where there is no model.

    Returns:
        ({canonical name: values [rows] float64, in the column's unit and range, NaN where there is
        none}, {share: whether it is in percent}, problems).
    """
    parsed = {
        name: parsing.parse(series, schema.column_of(name)) for name, series in columns.items()
    }
    shares = [
        _share(name, its, columns[name].name)
        for name, its in parsed.items()
        if schema.column_of(name).is_share
    ]
    percent, problems = _percent([share for share in shares if share.known.size], before)
    found = {}
    for name, series in columns.items():
        column, its = schema.column_of(name), parsed[name]
        if percent.get(name):
            its = its.times(0.01)
        elif column.unit == "ms":
            its, told = _milliseconds(its, series.name, column, before is not None)
            problems += told
        found[name], told = parsing.checked(its, series, column, lines)
        problems += told
    return found, percent, problems


@dataclass(frozen=True, eq=False)
class _Share:
    """A column of shares.

    Attributes:
        name: its canonical name.
        in_file: its name in the file.
        known: [songs that have a value] its values.
        named: what says that it is in percent whatever its values; "" where nothing does.
    """

    name: str
    in_file: str
    known: np.ndarray
    named: str


def _share(name: str, parsed: parsing.Parsed, in_file: str) -> _Share:
    named = "by the percent signs in its cells" if parsed.percent_signs else ""
    named = "by its name" if schema.factor_of(in_file, schema.column_of(name)) else named
    return _Share(name, in_file, parsed.values[~np.isnan(parsed.values)], named)


def _percent(
    shares: list[_Share], before: Mapping[str, bool] | None
) -> tuple[dict[str, bool], list[Problem]]:
    """Which shares are in percent: one decision for the table, but for columns whose own values
    contradict it.

    Returns:
        ({share: whether it is in percent}, problems).
    """
    was_percent = before is not None and _most(before.values())
    own = {share: _own_scale(share, above=1 if was_percent else PERCENT_ABOVE) for share in shares}
    plain = {share.name: percent for share, (percent, _) in own.items() if percent is not None}
    table = _most(plain.values())
    decided, by, where, problems = (
        {share.name: plain.get(share.name, table) for share in shares},
        "the table's other shares are",
        "",
        [],
    )
    usual = dict.fromkeys(decided, table)
    if before is not None:
        model = {share.name: before.get(share.name, was_percent) for share in shares}
        if 2 * sum(percent != model[name] for name, percent in plain.items()) <= len(plain):
            decided, by = model, "in the table that the model was trained on"
            usual = model
            where = f", as {by}"
        else:
            message = (
                f"the shares are {_scale(table)}, other than in the table that the model was "
                "trained on"
            )
            problems.append(Problem(None, None, message, NOTE))
    if not plain and any(0 < share.known.max() <= 100 for share in shares):
        message = (
            "the values can't tell whether shares are from 0 to 1 or in percent: read as "
            f"{_scale(any(decided.values()))}{where}"
        )
        problems.append(Problem(None, None, message, NOTE))
    for share in shares:
        name, (percent, why) = share.name, own[share]
        if percent is not None and percent != usual[name]:
            told = f"doubtful: read as {_scale(decided[name])}, where {by} {_scale(usual[name])}"
            told = (
                f"doubtful: its values look as if they were {_scale(percent)}; read as "
                f"{_scale(decided[name])}{where}"
                if where
                else told
            )
            problems.append(Problem(None, share.in_file, told, NOTE))
        if decided[name]:
            problems.append(
                Problem(None, share.in_file, f"read as percent, {why or f'as {by}'}", NOTE)
            )
    return decided, problems


def _scale(percent: bool) -> str:
    return "in percent" if percent else "from 0 to 1"


def _most(answers: Iterable[bool]) -> bool:
    """Whether at least half of the answers, and one, are yes."""
    answers = list(answers)
    return any(answers) and 2 * sum(answers) >= len(answers)


def _own_scale(share: _Share, above: float) -> tuple[bool | None, str]:
    """(Whether a share's own values or its name say that it is in percent, None where they don't;
    why).

    Args:
        share: the column.
        above: of a column in percent a song has more than this.
    """
    known = share.known
    many = known.size >= MANY or not (share.named or share.name in OFTEN_NONE)
    fractions = ((known > 0) & (known < 1)).any()
    if fractions and many and np.sum((known < 0) | (known > 1)) <= SLIPS * known.size:
        return False, ""
    if share.named:
        return True, share.named
    if (
        np.mean((known >= 0) & (known <= 100)) < NEARLY_ALL
        or not (known[known <= 100] > above).any()
    ):
        return None, ""
    if np.median(known) > 1:
        return True, f"since half of the songs have {np.median(known):g} or more"
    if (known == np.floor(known)).all():
        return True, f"since all are whole numbers, up to {known.max():g}"
    return None, ""


def _milliseconds(
    its: parsing.Parsed, in_file: str, column: schema.Column, has_model: bool
) -> tuple[parsing.Parsed, list[Problem]]:
    """Durations in milliseconds, by the unit in the name or by what is plausible for songs; and
    what is said of them.
    """
    factor, problems = schema.factor_of(in_file, column), []
    counted = its.values[~its.absolute & (its.values > 0)]
    if factor is None and counted.size:
        factor, why = _unit(counted)
        problems += [Problem(None, in_file, why, NOTE)] if why else []
        if factor == MILLISECONDS and not has_model and _is_no_duration(counted):
            message = (
                f"half of the songs have {np.median(counted):,.0f} or more, which is no "
                "song's length in seconds or milliseconds, or all "
                "have the same: samples, or clips? Read as missing; write the unit into "
                "its name, such as duration_ms"
            )
            return its.without_values(), [Problem(None, in_file, message, MISSING)]
    its = its.times(factor or MILLISECONDS)
    lengths_s = its.values[its.values > 0] / 1000
    typical_s = np.median(lengths_s) if lengths_s.size >= FEWEST else SHORTEST_S
    if typical_s < SHORTEST_S or (typical_s > LONGEST_S and lengths_s.size >= FEW):
        length = f"{typical_s:.2g}" if typical_s < SHORTEST_S else f"{typical_s:,.0f}"
        message = (
            f"half of the songs last {length} s or "
            f"{'less' if typical_s < SHORTEST_S else 'more'}: is the unit another?"
        )
        problems.append(Problem(None, in_file, message, NOTE))
    return its, problems


def _unit(counted: np.ndarray) -> tuple[float, str]:
    """(what durations under a name without a unit are multiplied by, what is said of it)."""
    median = np.median(counted)
    if MINUTES_FROM <= median < MINUTES_BELOW and (counted != np.floor(counted)).any():
        return MINUTES, f"read as minutes, since half of the songs have {median:g} or less"
    if median < SECONDS_BELOW:
        return SECONDS, f"read as seconds, since half of the songs have {median:g} or less"
    return MILLISECONDS, ""


def _is_no_duration(counted: np.ndarray) -> bool:
    """Whether numbers, as milliseconds, are too long for a collection's songs, or too alike."""
    median = np.median(counted)
    return counted.size >= FEW and bool(
        median > 1000 * LONGEST_S or np.ptp(counted) < ALIKE * median
    )

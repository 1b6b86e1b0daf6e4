"""Durations in milliseconds, whatever unit a table has them in."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.songs import headers, numbers, schema
from kerasfeat.songs.parsing import flagged
from kerasfeat.songs.problems import MISSING, NOTE, Problem

MILLISECONDS, SECONDS, MINUTES = 1.0, 1000.0, 60_000.0
# Of durations whose name tells no unit, the median of the songs: below the one in minutes if there
# are fractions, below the other in seconds. No collection's typical song lasts under four seconds,
# or under half a minute and is told in fractions of it.
MINUTES_FROM, MINUTES_BELOW = 0.5, 20
SECONDS_BELOW = 3600
# The typical song of a collection lasts so long; of few songs most may be long, and one or two may
# be anything.
SHORTEST_S, LONGEST_S, FEW, FEWEST = 5, 600, 10, 3
# One song among many may be very short or long, but not so: a minute in seconds read as
# milliseconds, or the reverse, is.
NO_SONG_BELOW_S, NO_SONG_ABOVE_S = 1, 12 * 3600
# Songs differ in length by more than this part of it; clips, and samples of clips, do not.
ALIKE = 0.05


def milliseconds(
    parsed: numbers.Parsed,
    series: pd.Series,
    column: schema.Column,
    lines: Array,
    has_model: bool,
) -> tuple[numbers.Parsed, list[Problem]]:
    """Durations in milliseconds, and what is said of them.

    Their unit is the one in the name, or what is plausible for songs.

    Args:
        parsed: the numbers.
        series: [rows] as read from the file.
        column: what it holds.
        lines: int [rows], lines in the file.
        has_model: whether it is for a model, which may be given few songs.
    """
    in_file, problems = str(series.name), []
    factor = headers.factor_of(in_file, column)
    counted = parsed.values[~parsed.absolute & (parsed.values > 0)]
    if factor is None and counted.size:
        factor, why = _unit(counted)
        problems += [Problem(None, in_file, why, NOTE)] if why else []
        if factor == MILLISECONDS and not has_model and _is_no_duration(counted):
            message = (
                f"half of the songs have {np.median(counted):,.0f} or more, which is no song's "
                "length in seconds or milliseconds, or all have the same: samples, or clips? Read "
                "as missing; write the unit into its name, such as duration_ms"
            )
            everywhere = np.full(len(lines), True)
            return parsed.without(everywhere), [Problem(None, in_file, message, MISSING)]
    durations = parsed.times(factor or MILLISECONDS)
    problems += _implausible(durations, in_file)
    for rows, message in _other_unit(durations):
        problems += flagged(rows, series, lines, message, MISSING)
        durations = durations.without(rows)
    return durations, problems


def _other_unit(durations: numbers.Parsed) -> Iterator[tuple[Array, str]]:
    """(Which songs of a table whose typical song may be one can be none [rows], what is said)."""
    lengths_s = durations.values / 1000
    known = lengths_s[lengths_s > 0]
    if known.size < FEW or not SHORTEST_S <= (typical_s := np.median(known)) <= LONGEST_S:
        return
    told = ~durations.absolute & (lengths_s > 0)
    usual = f"where half of the songs last {typical_s:,.0f} s or more: it is in another unit"
    are_seconds = (lengths_s >= SHORTEST_S / 1000) & (lengths_s < NO_SONG_BELOW_S)
    yield told & are_seconds, f"less than a second, {usual}"
    yield told & (lengths_s > NO_SONG_ABOVE_S), f"more than 12 hours, {usual}"


def _implausible(durations: numbers.Parsed, in_file: str) -> list[Problem]:
    """A note where the typical song is too short or too long to be one."""
    lengths_s = durations.values[durations.values > 0] / 1000
    typical_s = np.median(lengths_s) if lengths_s.size >= FEWEST else SHORTEST_S
    if typical_s < SHORTEST_S:
        length = f"{typical_s:.2g} s or less"
    elif typical_s > LONGEST_S and lengths_s.size >= FEW:
        length = f"{typical_s:,.0f} s or more"
    else:
        return []
    message = f"half of the songs last {length}: is the unit another?"
    return [Problem(None, in_file, message, NOTE)]


def _unit(counted: Array) -> tuple[float, str]:
    """(what durations under a name without a unit are multiplied by, what is said of it)."""
    median = np.median(counted)
    if MINUTES_FROM <= median < MINUTES_BELOW and (counted != np.floor(counted)).any():
        return MINUTES, f"read as minutes, since half of the songs have {median:g} or less"
    if median < SECONDS_BELOW:
        return SECONDS, f"read as seconds, since half of the songs have {median:g} or less"
    return MILLISECONDS, ""


def _is_no_duration(counted: Array) -> bool:
    """Whether numbers, as milliseconds, are too long for songs of a collection, or too alike."""
    median = np.median(counted)
    return counted.size >= FEW and bool(
        median > 1000 * LONGEST_S or np.ptp(counted) < ALIKE * median
    )

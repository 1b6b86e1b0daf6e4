"""Which inputs a table can give: tabular ones by its columns, the others by its audio."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.frontends.backbones import default_audio
from kerasfeat.experiment.member_kinds import MANY_SONGS
from kerasfeat.networks.columns import ONE_HOT_SIZES
from kerasfeat.progress import say
from kerasfeat.registry import unknown
from kerasfeat.songs import schema
from kerasfeat.songs.columns import ALL
from kerasfeat.songs.loading import Songs
from kerasfeat.tasks import Task

FEATURES = "features"
SHOWN = 60
# Categories have no distance.
MEASURED = tuple(
    column for column in schema.GROUPS[schema.GENRE_DISTANCE] if column not in ONE_HOT_SIZES
)


def choose_columns(
    table: Songs, task: Task, wanted: tuple[str, ...], label: str | None
) -> tuple[str, ...]:
    """The columns of `table` that the input `features` shall be: those named `wanted`, or all that
    have numbers.

    Row numbers, and numbers that stand for the label, are left out of all, and told.

    Raises:
        KerasfeatError: for a name that the table lacks, a column without numbers, or one that is
            the target.
    """
    targets = {*task.target.columns, *((label,) if label else ())}
    targets |= {name for name, in_file in table.names.items() if in_file in targets}
    if wanted == (ALL,):
        return _all_columns(table, task, targets)
    spelled = {
        schema.plain(own): name for name, in_file in table.names.items() for own in (in_file, name)
    }
    exact = {own: name for name, in_file in table.names.items() for own in (in_file, name)}
    columns = []
    for given in wanted:
        name = exact.get(given, spelled.get(schema.plain(given), ""))
        if name in targets or given in targets:
            raise KerasfeatError(
                f"--columns {given}: a target is never an input, and task {task.name!r} "
                "predicts it. Leave it out."
            )
        if not name and given not in table.frame:
            raise unknown("column", given, [table.names.get(its, its) for its in table.frame])
        if name not in table.numeric():
            raise KerasfeatError(
                f"--columns {given}: the column has no numbers; those that have: "
                f"{_some(table.numbers_left(targets))}."
            )
        columns.append(name)
    return tuple(dict.fromkeys(columns))


def _all_columns(table: Songs, task: Task, targets: set[str]) -> tuple[str, ...]:
    """Every column of numbers that a song could be known by."""
    columns = [name for name in table.numeric() if name not in targets]
    why = {name: _no_input(table.frame[name], table.frame, task) for name in columns}
    for name in columns:
        if why[name]:
            say(
                f"column {table.names[name]!r} is not an input: it {why[name]}. Name it in "
                "--columns if it is one."
            )
    columns = [name for name in columns if not why[name]]
    if not columns:
        raise KerasfeatError(
            f"--columns all: {table.path} has no columns of numbers but {', '.join(targets)}."
        )
    return tuple(columns)


def _no_input(values: pd.Series, frame: pd.DataFrame, task: Task) -> str:
    """Why a column of numbers [rows] is none that a song could be known by; "" if it may be one."""
    if len(values) > 1 and (np.diff(values) == 1).all():
        return "numbers the rows"
    return "numbers the labels" if task.target.is_numbered_by(values, frame) else ""


def say_columns(songs: Songs, task: Task, groups: Mapping[str, Sequence[str]]) -> None:
    """Say which columns of the table each input reads, and which columns of numbers none reads."""
    for name, columns in groups.items():
        read = [
            column
            if songs.names.get(column, column) == column
            else f"{songs.names[column]} ({column})"
            for column in columns
        ]
        say(f"input {name} reads {len(columns)} columns: {_some(read, SHOWN)}")
    left = songs.numbers_left({*columns_of(groups), *task.target.columns})
    if left:
        say(f"columns of numbers that no input reads: {_some(left, SHOWN)} (--columns takes any)")


def choose_inputs(
    songs: Songs,
    task: Task,
    wanted: tuple[str, ...] | None = None,
    audio: str | None = None,
    columns: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """The names of the inputs to use: `wanted`, or the table's features and its audio, read as
    `audio` or by default.

    Args:
        songs: that are learnt from.
        task: what is learnt.
        wanted: names of inputs.
        audio: how audio is read where `wanted` doesn't say.
        columns: of the input `features`, where they were chosen.

    Raises:
        KerasfeatError: for an unknown input, one that the table can't give, or none at all.
    """
    there = {name: group_columns(songs, task, name) for name in schema.GROUPS}
    there[FEATURES] = columns or there[FEATURES]
    there[schema.GENRE_DISTANCE] = tuple(
        column for column in there[schema.GENRE_DISTANCE] if column in MEASURED
    )
    has_audio = bool(songs.known(["audio"]))
    for name in wanted or ():
        _require_input(name, songs, bool(there.get(name)), has_audio)
    if wanted:
        return tuple(dict.fromkeys(wanted))
    chosen = [FEATURES] if there[FEATURES] else []
    if has_audio:
        chosen += [audio] if audio else default_audio(len(songs.frame) < MANY_SONGS)
    chosen = chosen or [
        name for name, columns in there.items() if columns and name != schema.GENRE_DISTANCE
    ]
    if not chosen:
        left = songs.numbers_left(task.target.columns)
        hint = f" --columns takes any numbers, such as {_some(left, 3)}." if left else ""
        raise KerasfeatError(
            f"{songs.path} has neither feature columns that task {task.name!r} may use "
            f"nor audio files that exist.{hint}"
        )
    return tuple(chosen)


def _require_input(name: str, songs: Songs, has_columns: bool, has_audio: bool) -> None:
    """Refuse an input that is unknown, or that the songs can't give."""
    heard = name in frontends.names()
    if not heard and name not in schema.GROUPS:
        raise unknown("input", name, sorted({*schema.GROUPS, *frontends.names()}))
    if not (has_columns or (heard and has_audio)):
        if name not in schema.GROUPS:
            raise KerasfeatError(
                f"input {name!r} needs audio files, but {songs.path} has no column 'audio' "
                "with files that exist."
            )
        columns = MEASURED if name == schema.GENRE_DISTANCE else schema.GROUPS[name]
        raise KerasfeatError(
            f"input {name!r} needs at least one of the columns {_some(columns)}"
            f"{' or audio files' if heard else ''}; {songs.path} has none to use."
        )
    if name == schema.GENRE_DISTANCE and not songs.known(["genre"]):
        raise KerasfeatError(
            f"input {schema.GENRE_DISTANCE!r} needs a column 'genre', whose features it "
            f"learns; {songs.path} has none."
        )


def _some(names: Sequence[str], shown: int = 13) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def group_columns(
    songs: Songs, task: Task, name: str, wanted: Sequence[str] = ()
) -> tuple[str, ...]:
    """The columns of a tabular input, in order, without the task's targets: a target is never an
    input.

    Args:
        songs: that are learnt from.
        task: what is learnt.
        name: one of schema.GROUPS.
        wanted: columns to take, whether the table has them or not; empty for those of the group
            that the table has.

    Returns:
        A tuple of names; of `lowlevel` all of the group if the table has any, since its front-end
        gives all of them too.
    """
    if wanted:
        return tuple(column for column in wanted if column not in task.target.columns)
    columns = tuple(
        column for column in songs.known(schema.GROUPS[name]) if column not in task.target.columns
    )
    return schema.GROUPS[name] if columns and name in frontends.names() else columns


def columns_of(groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The columns that tabular inputs share, each once, the first input's first."""
    return tuple(dict.fromkeys(column for its in groups.values() for column in its))

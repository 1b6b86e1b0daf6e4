"""Which inputs a table can give: tabular ones by the columns that it has, the others by its audio."""

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.frontends.backbones import default_audio
from kerasfeat.networks.columns import ONE_HOT_SIZES
from kerasfeat.registry import unknown
from kerasfeat.songs import schema

FEATURES = "features"


def choose_inputs(tracks, task, wanted=None, audio=None):
    """The names of the inputs to use: `wanted`, or the table's features and its audio, read as
    `audio` or by default.

    Raises:
        KerasfeatError: for an unknown input, one that the table can't give, or none at all.
    """
    there = {name: group_columns(tracks, task, name) for name in schema.GROUPS}
    # Categories have no distance.
    measured = tuple(
        column for column in schema.GROUPS[schema.GENRE_DISTANCE] if column not in ONE_HOT_SIZES
    )
    there[schema.GENRE_DISTANCE] = tuple(
        column for column in there[schema.GENRE_DISTANCE] if column in measured
    )
    has_audio = bool(tracks.known(["audio"]))
    known = sorted({*schema.GROUPS, *frontends.names()})
    for name in wanted or ():
        if name not in known:
            raise unknown("input", name, known)
        if there.get(name) or (name in frontends.names() and has_audio):
            continue
        if name in schema.GROUPS:
            files = " or audio files" if name in frontends.names() else ""
            columns = _some(measured if name == schema.GENRE_DISTANCE else schema.GROUPS[name])
            raise KerasfeatError(
                f"input {name!r} needs at least one of the columns {columns}{files}; "
                f"{tracks.path} has none to use."
            )
        raise KerasfeatError(
            f"input {name!r} needs audio files, but {tracks.path} has no column 'audio' "
            "with files that exist."
        )
    if schema.GENRE_DISTANCE in (wanted or ()) and not tracks.known(["genre"]):
        raise KerasfeatError(
            f"input {schema.GENRE_DISTANCE!r} needs a column 'genre', whose features it "
            f"learns; {tracks.path} has none."
        )
    if wanted:
        return tuple(dict.fromkeys(wanted))
    chosen = ([FEATURES] if there[FEATURES] else []) + (
        [audio or default_audio()] if has_audio else []
    )
    chosen = chosen or [
        name for name, columns in there.items() if columns and name != schema.GENRE_DISTANCE
    ]
    if not chosen:
        raise KerasfeatError(
            f"{tracks.path} has neither feature columns that task {task.name!r} may use "
            "nor audio files that exist."
        )
    return tuple(chosen)


def _some(names, shown=13):
    return ", ".join(names[:shown]) + (
        f" and {len(names) - shown} more" if len(names) > shown else ""
    )


def group_columns(tracks, task, name, wanted=()):
    """The columns of a tabular input, in order, without the task's targets: a target is never an
    input.

    Args:
        tracks: Tracks.
        task: a Task.
        name: one of schema.GROUPS.
        wanted: columns to take, whether the table has them or not; empty for those of the group
            that the table has.

    Returns:
        A tuple of names; of `lowlevel` all of the group if the table has any, since its front-end
        gives all of them too.
    """
    if wanted:
        return tuple(column for column in wanted if column not in task.target.columns)
    found = tuple(
        column for column in tracks.known(schema.GROUPS[name]) if column not in task.target.columns
    )
    return schema.GROUPS[name] if found and name in frontends.names() else found


def columns_of(groups):
    """The columns of the table that all tabular inputs share, each once: the first input's first."""
    return tuple(dict.fromkeys(column for its in groups.values() for column in its))

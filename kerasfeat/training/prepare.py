"""From a tracks table to what a model trains on: inputs, targets, and an account of every song that is left out."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.audio import frontends
from kerasfeat.data import schema
from kerasfeat.data.extract import extract
from kerasfeat.data.pipeline import Inputs
from kerasfeat.data.problems import DROPPED
from kerasfeat.data.store import Store
from kerasfeat.progress import progress, say
from kerasfeat.registry import unknown
from kerasfeat.tasks import CLASSES

FEATURES = "features"
DEFAULT_AUDIO = "logmel"


@dataclass(frozen=True)
class Prepared:
    """Songs ready for training.

    Attributes:
        frame: rows of the tracks table that are used.
        inputs: Inputs, one for each row of `frame`.
        columns: names of the table's columns in the tabular input.
        labels: label names in order, of a task that predicts classes.
        y: [songs] label index, or [songs, targets] in [0, 1] with NaN where missing.
        dropped: reason -> songs left out.
        imputed: column -> values missing.
        failures: audio file -> reason it can't be used.
    """

    frame: pd.DataFrame
    inputs: Inputs
    columns: tuple
    labels: tuple
    y: np.ndarray
    dropped: dict
    imputed: dict
    failures: dict


def choose_inputs(tracks, task, wanted=None):
    """The names of the inputs to use: `wanted`, or all that the table has.

    Raises:
        KerasfeatError: for an unknown input, one that the table can't give, or none at all.
    """
    columns = feature_columns(tracks, task)
    has_audio = "audio" in tracks.frame and tracks.frame["audio"].notna().any()
    known = [FEATURES, *frontends.names()]
    for name in wanted or ():
        if name not in known:
            raise unknown("input", name, known)
        if name == FEATURES and not columns:
            raise KerasfeatError(
                f"input 'features' needs at least one of the columns {', '.join(schema.FEATURES)}; {tracks.path} has none to use."
            )
        if name != FEATURES and not has_audio:
            raise KerasfeatError(f"input {name!r} needs audio files, but {tracks.path} has no column 'audio' with files that exist.")
    if wanted:
        return tuple(dict.fromkeys(wanted))
    chosen = ([FEATURES] if columns else []) + ([DEFAULT_AUDIO] if has_audio else [])
    if not chosen:
        raise KerasfeatError(f"{tracks.path} has neither feature columns that task {task.name!r} may use nor audio files that exist.")
    return tuple(chosen)


def feature_columns(tracks, task, wanted=()):
    """The columns `wanted`, or the table's feature columns, in order, without the task's targets: a target is never an input."""
    return tuple(column for column in wanted or tracks.features if column not in task.targets)


def table_of(frame, columns):
    """The tabular input [songs, columns] float32, NaN where missing; a column the table lacks is missing everywhere."""
    return frame.reindex(columns=list(columns)).to_numpy("float32")


def extract_audio(frame, chosen, decoder, strict):
    """Fill the store with every song's audio inputs.

    Args:
        frame: tracks, with absolute paths in `audio`.
        chosen: dict of name to front-end.
        decoder: "soundfile" or "tensorflow-io".
        strict: a file that can't be used is an error.

    Returns:
        (content keys [songs], None where there is no usable audio; Store; dict of file to reason).
    """
    store = Store()
    paths = [path if isinstance(path, str) else None for path in frame.get("audio", pd.Series([None] * len(frame)))]
    wanted = list(dict.fromkeys(path for path in paths if path))
    with progress("extracting", "files") as advance:
        result = extract(wanted, list(chosen.values()), store, decoder=decoder, progress=advance)
    keys = {str(path): key for path, key in result.keys.items()}
    failures = {str(path): reason for path, reason in result.failures.items()}
    if failures:
        say(f"{len(failures)} of {len(wanted)} audio files can't be used:")
        for path, reason in failures.items():
            say(f"  {path}: {reason}")
        if strict:
            raise KerasfeatError(f"{len(failures)} audio files can't be used, and --strict makes that an error.")
    return [keys.get(path) for path in paths], store, failures


def gather(frame, columns, chosen, decoder="soundfile", strict=False):
    """The inputs of every song that has any.

    Args:
        frame: tracks.
        columns: names of the tabular input's columns; empty for none.
        chosen: dict of audio input to front-end.
        decoder, strict: see `extract_audio`.

    Returns:
        (rows of `frame` that have an input [songs], their Inputs, dict of unusable audio file to reason).
    """
    keys, store, failures = [None] * len(frame), None, {}
    if chosen:
        keys, store, failures = extract_audio(frame, chosen, decoder, strict)
    table = table_of(frame, columns) if columns else None
    usable = np.array([key is not None for key in keys], bool)
    if table is not None:
        usable |= np.isfinite(table).any(1)
    rows = np.flatnonzero(usable)
    inputs = Inputs(None if table is None else table[rows], chosen, [keys[row] for row in rows] if chosen else [], store, FEATURES)
    return rows, inputs, failures


def prepare(tracks, task, names, chosen, decoder="soundfile", strict=False, wanted=()):
    """Everything that training needs of a table.

    Args:
        tracks: Tracks, loaded for `task`.
        task: a Task.
        names: input names.
        chosen: dict of audio input to front-end.
        decoder, strict: see `extract_audio`.
        wanted: columns of the tabular input, of which the table may lack some; empty for those that it has.

    Raises:
        KerasfeatError: if no song is left, or there is nothing to tell apart.
    """
    dropped = Counter()
    for problem in tracks.problems:
        if problem.effect == DROPPED:
            dropped[problem.message] += 1
    columns = feature_columns(tracks, task, wanted) if FEATURES in names else ()
    rows, inputs, failures = gather(tracks.frame, columns, chosen, decoder, strict)
    if len(rows) < len(tracks.frame):
        dropped["no value in any input" if columns else "no usable audio"] += len(tracks.frame) - len(rows)
    if not len(rows):
        first = f" The first audio file: {': '.join(next(iter(failures.items())))}" if failures else ""
        raise KerasfeatError(f"no song of {tracks.path} has an input that can be used.{first}")
    frame = tracks.frame.iloc[rows].reset_index(drop=True)
    missing = np.isnan(inputs.table).sum(0) if columns else ()
    imputed = {column: int(count) for column, count in zip(columns, missing, strict=True) if count}
    labels, y = _targets(frame, task)
    return Prepared(frame, inputs, columns, labels, y, dict(dropped), imputed, failures)


def _targets(frame, task):
    if task.kind == CLASSES:
        labels, y = np.unique(frame[task.targets[0]].to_numpy(str), return_inverse=True)
        if len(labels) < 2:
            raise KerasfeatError(
                f"every song has the {task.name} {labels[0]!r}: there is nothing to tell apart. At least two labels are needed."
            )
        return tuple(labels.tolist()), y
    return (), frame[list(task.targets)].to_numpy("float64") / task.scale

"""From a tracks table to what a model trains on: inputs, targets, and an account of every song that
is left out.
"""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.evaluation.baselines import pool
from kerasfeat.experiment.select_inputs import FEATURES, columns_of, group_columns
from kerasfeat.files import write_json
from kerasfeat.pipeline.extraction import extract
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.pipeline.store import Store
from kerasfeat.progress import detail, progress, say
from kerasfeat.songs import identity, schema, splits
from kerasfeat.songs.problems import DROPPED
from kerasfeat.targets import Target

CATEGORICAL = ("key", "time_signature")


@dataclass(frozen=True)
class Prepared:
    """Songs ready for training.

    Attributes:
        frame: rows of the tracks table that are used.
        inputs: Inputs, one for each row of `frame`.
        columns: names of the columns of `inputs.table`.
        target: what is learnt, with its labels.
        y: [songs, ...] the truth, as the target encodes it.
        dropped: reason -> songs left out.
        imputed: column -> values missing.
        failures: audio file -> reason it can't be used.
        audio_keys: [songs] the content of each song's audio file, None where it has none, or where
            nothing read the file and it is no copy.
        features_keys: [songs] as of kerasfeat.songs.identity.row_keys.
        groups: [songs] as of kerasfeat.songs.splits.groups.
    """

    frame: pd.DataFrame
    inputs: Inputs
    columns: tuple
    target: Target
    y: np.ndarray
    dropped: dict
    imputed: dict
    failures: dict
    audio_keys: np.ndarray
    features_keys: np.ndarray
    groups: np.ndarray

    @property
    def grouped(self) -> pd.DataFrame:
        """The frame with each song's group, as kerasfeat.evaluation.bootstrap.units reads it."""
        return self.frame.assign(group=self.groups)

    @property
    def genres(self):
        """The genres that the songs have, sorted; empty where no input needs them."""
        found = () if self.inputs.genres is None else self.inputs.genres
        return tuple(sorted({genre for genre in found if isinstance(genre, str)}))

    @cached_property
    def pooled(self):
        """Every song as one row: its table columns and each audio input's statistics. Returns
        ([songs, columns], categorical columns).
        """
        inputs, parts = self.inputs, []
        if inputs.table is not None:
            parts.append(inputs.table)
        for name, frontend in inputs.frontends.items():
            axes = frontend.field.axes
            rows = [
                pool(inputs.windows(name, song), axes) if inputs.has(name, song) else None
                for song in range(inputs.songs)
            ]
            size = next(len(row) for row in rows if row is not None)
            parts.append(np.stack([np.full(size, np.nan) if row is None else row for row in rows]))
        categorical = tuple(i for i, column in enumerate(self.columns) if column in CATEGORICAL)
        return np.concatenate(parts, axis=1), categorical


def table_of(frame, columns):
    """The tabular input [songs, columns] float32, NaN where missing; a column the table lacks is
    missing everywhere.
    """
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
    store = Store(decoder=decoder)
    paths = [
        path if isinstance(path, str) else None
        for path in frame.get("audio", pd.Series([None] * len(frame)))
    ]
    wanted = list(dict.fromkeys(path for path in paths if path))
    with progress("extracting", "files") as advance:
        result = extract(wanted, list(chosen.values()), store, progress=advance)
    detail(
        f"audio: {result.extracted} files computed, {result.cached} from the cache in {store.root}"
    )
    keys = {str(path): key for path, key in result.keys.items()}
    failures = {str(path): reason for path, reason in result.failures.items()}
    if failures:
        say(f"{len(failures)} of {len(wanted)} audio files can't be used:")
        for path, reason in failures.items():
            say(f"  {path}: {reason}")
        if strict:
            raise KerasfeatError(
                f"{len(failures)} audio files can't be used, and --strict makes that an error."
            )
    return [keys.get(path) for path in paths], store, failures


def gather(frame, groups, chosen, decoder="soundfile", strict=False):
    """The inputs of every song that has any.

    Args:
        frame: tracks.
        groups: dict of tabular input to the names of its columns; empty for none.
        chosen: dict of audio input to front-end; one that is also among `groups` is not computed:
            its columns are taken.
        decoder, strict: see `extract_audio`.

    Returns:
        (rows of `frame` that have an input [songs], their Inputs, dict of unusable audio file to
        reason).
    """
    keys, store, failures = [None] * len(frame), None, {}
    chosen = {name: frontend for name, frontend in chosen.items() if name not in groups}
    columns = columns_of(groups)
    if chosen:
        keys, store, failures = extract_audio(frame, chosen, decoder, strict)
    table = table_of(frame, columns) if columns else None
    usable = np.array([key is not None for key in keys], bool)
    if table is not None:
        usable |= np.isfinite(table).any(1)
    rows = np.flatnonzero(usable)
    genres = None
    if schema.GENRE_DISTANCE in groups and "genre" in frame:
        genres = frame["genre"].to_numpy(object)[rows]
    inputs = Inputs(
        None if table is None else table[rows],
        chosen,
        [keys[row] for row in rows] if chosen else [],
        store,
        {name: tuple(columns.index(column) for column in its) for name, its in groups.items()},
        genres,
    )
    return rows, inputs, failures


def prepare(tracks, task, names, chosen, decoder="soundfile", strict=False, wanted=()):
    """Everything that training needs of a table.

    Args:
        tracks: Songs, loaded for `task`.
        task: a Task.
        names: input names.
        chosen: dict of audio input to front-end.
        decoder, strict: see `extract_audio`.
        wanted: columns of the input `features`, of which the table may lack some; empty for those
            that it has.

    Raises:
        KerasfeatError: if no song is left, or there is nothing to tell apart.
    """
    dropped = Counter(problem.message for problem in tracks.problems if problem.effect == DROPPED)
    groups = {
        name: group_columns(tracks, task, name, wanted if name == FEATURES else ())
        for name in names
        if name in schema.GROUPS
    }
    groups = {name: its for name, its in groups.items() if its or name not in chosen}
    columns = columns_of(groups)
    rows, inputs, failures = gather(tracks.frame, groups, chosen, decoder, strict)
    if len(rows) < len(tracks.frame):
        dropped["no value in any input" if columns else "no usable audio"] += len(
            tracks.frame
        ) - len(rows)
    if not len(rows):
        first = (
            f" The first audio file: {': '.join(next(iter(failures.items())))}" if failures else ""
        )
        raise KerasfeatError(f"no song of {tracks.path} has an input that can be used.{first}")
    frame = tracks.frame.iloc[rows].reset_index(drop=True)
    missing = np.isnan(inputs.table).sum(0) if columns else ()
    imputed = {column: int(count) for column, count in zip(columns, missing, strict=True) if count}
    # Of the whole table, since who a song is depends on the others.
    audio_keys = np.array(identity.copied_audio(tracks.frame), object)
    audio_keys[rows] = inputs.keys or audio_keys[rows]
    groups, _ = splits.groups(tracks.frame, audio_keys)
    identities = {
        "audio_keys": audio_keys[rows],
        "features_keys": identity.row_keys(tracks.frame)[rows],
        "groups": groups[rows],
    }
    target = task.target.with_songs(frame)
    return Prepared(
        frame,
        inputs,
        columns,
        target,
        target.encode(frame),
        dict(dropped),
        imputed,
        failures,
        **identities,
    )


def require_same_songs(folder, begun, prepared):
    """Refuse to go on with other songs than a training began with: the split would be another, and
    checkpoints know songs of the test.

    Args:
        folder: of the run or search, as it is told to the user.
        begun: a JSON file that tells the songs; made where the training begins.
        prepared: Prepared.

    Raises:
        KerasfeatError: for other songs, or other audio of theirs.
    """
    songs = [
        list(song)
        for song in zip(
            prepared.frame["track_id"],
            prepared.inputs.keys or [None] * prepared.inputs.songs,
            strict=True,
        )
    ]
    if not begun.exists():
        write_json(begun, songs)
        return
    before = json.loads(begun.read_text(encoding="utf-8"))
    if songs != before:
        raise KerasfeatError(
            f"{folder} began with {len(before)} songs, and now {len(songs)} can be used, "
            "or their audio is another: "
            "audio files have changed, or what reads them. Put them back as they were, or "
            "begin anew with another --out."
        )

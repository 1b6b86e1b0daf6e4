"""From songs to what a model trains on: inputs, truth, and an account of every song left out."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.audio.tfio import tensorflow_io
from kerasfeat.choices import SOUNDFILE
from kerasfeat.engines import LOCAL, Engine
from kerasfeat.experiment.select_inputs import columns_of
from kerasfeat.fields import Field
from kerasfeat.files import damage_told, write_json
from kerasfeat.pipeline.extraction import Extracting, together
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.pipeline.store import Store
from kerasfeat.progress import detail, progress, say
from kerasfeat.simple.pooled import Pooled, pool
from kerasfeat.songs import identity, schema, splits
from kerasfeat.songs.loading import Songs
from kerasfeat.songs.problems import DROPPED, Problem, describe, refuse
from kerasfeat.targets import Target
from kerasfeat.tasks import Task


@dataclass(frozen=True)
class Dataset:
    """Songs ready for training.

    Attributes:
        songs: [songs] rows of the table that are used.
        inputs: of these songs.
        columns: names of the columns of `inputs.table`.
        target: what is learnt, with its labels.
        y: [songs, ...] the truth, as the target encodes it.
        dropped: reason -> songs left out.
        problems: what keeps songs of the table from being used, a line each.
        imputed: column -> values missing.
        failures: audio file -> reason it can't be used.
        audio_keys: [songs] the content of each song's audio file, None where it has none, or where
            nothing read the file and it is no copy.
        features_keys: [songs] as of kerasfeat.songs.identity.row_keys.
        measured: the columns that these keys are made of.
        groups: [songs] as of kerasfeat.songs.splits.groups.
    """

    songs: pd.DataFrame
    inputs: Inputs
    columns: tuple[str, ...]
    target: Target
    y: Array
    dropped: dict[str, int]
    problems: tuple[str, ...]
    imputed: dict[str, int]
    failures: dict[str, str]
    audio_keys: Array
    features_keys: Array
    measured: tuple[str, ...]
    groups: Array

    @property
    def grouped(self) -> pd.DataFrame:
        """The songs with each one's `group`, as kerasfeat.evaluation.bootstrap.units reads it."""
        return self.songs.assign(group=self.groups)

    @property
    def fields(self) -> list[Field]:
        """The inputs' Fields, in order."""
        return self.inputs.fields(self.columns)

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres that the songs have, sorted; empty where no input needs them."""
        genres = () if self.inputs.genres is None else self.inputs.genres
        return tuple(sorted({genre for genre in genres if isinstance(genre, str)}))

    def lacks_audio(self, songs: Array) -> bool:
        """Whether inputs are audio, and none of some songs has any.

        Args:
            songs: their places.
        """
        inputs = self.inputs
        return bool(inputs.frontends) and all(inputs.keys[song] is None for song in songs)

    def require_audio(self, songs: Array) -> None:
        """Refuse audio inputs that none of some songs has: nothing could be learnt of them.

        Args:
            songs: places of the songs that are learnt from.

        Raises:
            KerasfeatError: none of them has audio.
        """
        inputs, failures = self.inputs, self.failures
        if not self.lacks_audio(songs):
            return
        first = ""
        if failures:
            path, reason = next(iter(failures.items()))
            first = f" {len(failures)} files can't be used; the first: {path}: {reason}"
        raise KerasfeatError(
            f"input {', '.join(inputs.frontends)} can't be learnt: none of the "
            f"{len(songs)} songs has audio.{first} "
            f"Leave it out, e.g. --inputs {','.join(inputs.tables)}."
        )

    @cached_property
    def pooled(self) -> Pooled:
        """Each song's table columns and the statistics of each of its audio inputs."""
        inputs, names = self.inputs, list(self.columns)
        parts = [] if inputs.table is None else [inputs.table]
        for name, frontend in inputs.frontends.items():
            rows = [
                pool(inputs.windows(name, song), frontend.field.axes)
                if inputs.has(name, song)
                else None
                for song in range(inputs.songs)
            ]
            size = next(len(row) for row in rows if row is not None)
            parts.append(np.stack([np.full(size, np.nan) if row is None else row for row in rows]))
            names += [f"{name}/{place}" for place in range(size)]
        audio = frozenset(names[len(self.columns) :])
        return Pooled(np.concatenate(parts, axis=1).astype("float32"), tuple(names), audio)


@dataclass(frozen=True)
class Extracted:
    """The audio inputs of some songs.

    Attributes:
        keys: content of each song's audio [songs], None where there is none that can be used.
        store: where the inputs lie.
        failures: file -> reason.
    """

    keys: list[str | None]
    store: Store
    failures: dict[str, str]


@dataclass(frozen=True)
class Gathered:
    """The inputs of the songs that have any.

    Attributes:
        rows: which of the songs those are.
        inputs: of them.
        failures: audio file -> reason it can't be used.
    """

    rows: Array
    inputs: Inputs
    failures: dict[str, str]


def extract_audio(
    songs: pd.DataFrame,
    chosen: Mapping[str, FrontEnd],
    decoder: str,
    strict: bool = False,
    engine: Engine = LOCAL,
) -> Extracted:
    """Fill the store with every song's audio inputs.

    Args:
        songs: with absolute paths in `audio`.
        chosen: audio input -> front-end.
        decoder: "soundfile" or "tensorflow-io".
        strict: a file that can't be used is an error.
        engine: what does it.

    Raises:
        KerasfeatError: a file can't be used, with `strict`.
    """
    store, paths = Store(decoder=decoder), _audio_paths(songs)
    wanted = list(dict.fromkeys(path for path in paths if path))
    with progress("extracting", "files") as advance:
        work = Extracting(tuple(chosen.values()), store)
        result = together(engine.run(work, wanted, advance))
    detail(
        f"audio: {result.extracted} files computed, {result.cached} from the cache in {store.root}"
    )
    keys = {str(path): key for path, key in result.keys.items()}
    failures = {str(path): reason for path, reason in result.failures.items()}
    if failures and strict:
        listed = "".join(f"\n  {path}: {reason}" for path, reason in failures.items())
        raise KerasfeatError(
            f"{len(failures)} audio files can't be used, and --strict makes that an error:{listed}"
        )
    return Extracted([keys.get(path or "") for path in paths], store, failures)


def _audio_paths(songs: pd.DataFrame) -> list[str | None]:
    """Each song's audio file, None where it has none."""
    audio = songs.get("audio", pd.Series([None] * len(songs)))
    return [path if isinstance(path, str) else None for path in audio]


def _unread(songs: pd.DataFrame, chosen: Mapping[str, FrontEnd], decoder: str) -> Extracted:
    """What `extract_audio` would give if every file could be used, each under its path.

    Raises:
        KerasfeatError: a front-end or the decoder can't be used on this machine.
    """
    store = Store(decoder=decoder)
    for frontend in chosen.values():
        store.folder(frontend)  # which is of the weights that are here
    if decoder != SOUNDFILE:
        tensorflow_io()
    return Extracted(_audio_paths(songs), store, {})


def say_failures(songs: pd.DataFrame, failures: Mapping[str, str]) -> None:
    """Say which of the songs' audio files can't be used, and why."""
    if failures:
        say(f"{len(failures)} of {songs['audio'].nunique()} audio files can't be used:")
    for path, reason in failures.items():
        say(f"  {path}: {reason}")


def gather(
    songs: pd.DataFrame,
    groups: Mapping[str, Sequence[str]],
    chosen: Mapping[str, FrontEnd],
    decoder: str = "soundfile",
    strict: bool = False,
    engine: Engine = LOCAL,
    read_audio: bool = True,
) -> Gathered:
    """The inputs of every song that has any.

    Args:
        songs: rows of a table.
        groups: tabular input -> names of its columns; empty for none.
        chosen: audio input -> front-end; one that is also among `groups` is not computed: its
            columns are taken.
        decoder, strict, engine: see `extract_audio`.
        read_audio: False to take every file as one that can be used, without reading any.
    """
    computed = {name: frontend for name, frontend in chosen.items() if name not in groups}
    columns = columns_of(groups)
    usable, keys, store, failures = np.zeros(len(songs), bool), [], None, {}
    if computed:
        if read_audio:
            extracted = extract_audio(songs, computed, decoder, strict, engine)
        else:
            extracted = _unread(songs, computed, decoder)
        keys, store, failures = extracted.keys, extracted.store, extracted.failures
        usable |= np.array([key is not None for key in keys], bool)
    table = None
    if columns:
        # A column that the table lacks is missing everywhere.
        table = songs.reindex(columns=list(columns)).to_numpy("float32")
        usable |= np.isfinite(table).any(axis=1)
    rows = np.flatnonzero(usable)
    genres = None
    if schema.GENRE_DISTANCE in groups and "genre" in songs:
        genres = songs["genre"].to_numpy(object)[rows]
    inputs = Inputs(
        table=None if table is None else table[rows],
        frontends=computed,
        keys=[keys[row] for row in rows] if computed else [],
        store=store,
        groups={
            name: tuple(columns.index(column) for column in own) for name, own in groups.items()
        },
        genres=genres,
    )
    return Gathered(rows, inputs, failures)


def make_dataset(
    table: Songs,
    task: Task,
    groups: Mapping[str, Sequence[str]],
    chosen: Mapping[str, FrontEnd],
    *,
    decoder: str = "soundfile",
    strict: bool = False,
    read_audio: bool = True,
) -> Dataset:
    """Everything that training needs of the songs of a table.

    Args:
        table: read for `task`.
        task: what is learnt.
        groups: tabular input -> its columns, of which the table may lack some.
        chosen: audio input -> front-end.
        decoder: see `extract_audio`.
        strict: a song without any input, or a file that can't be used, is an error.
        read_audio: see `gather`; without it the dataset can't be trained on.

    Raises:
        KerasfeatError: no song is left, there is nothing to tell apart, or, with `strict`, a song
            is left out.
    """
    groups = {name: own for name, own in groups.items() if own or name not in chosen}
    columns = columns_of(groups)
    gathered = gather(table.frame, groups, chosen, decoder, strict, read_audio=read_audio)
    say_failures(table.frame, gathered.failures)
    rows, inputs = gathered.rows, gathered.inputs
    if not len(rows):
        raise KerasfeatError(
            f"no song of {table.path} has an input that can be used.{_first(gathered.failures)}"
        )
    lacking = _lacking(table, rows, "value in any input" if columns else "usable audio")
    refuse(lacking, table.path, strict)
    problems = tuple(describe(lacking))
    for line in problems:
        say(f"data: {len(lacking)} of {len(table.frame)} songs left out: {line}")
    songs = table.frame.iloc[rows].reset_index(drop=True)
    missing = np.isnan(inputs.table).sum(axis=0) if inputs.table is not None else ()
    # Of the whole table, since who a song is depends on the others.
    audio_keys = np.array(identity.copied_audio(table.frame), object)
    audio_keys[rows] = inputs.keys or audio_keys[rows]
    target = task.target.with_songs(songs)
    return Dataset(
        songs=songs,
        inputs=inputs,
        columns=columns,
        target=target,
        y=target.encode(songs),
        dropped=_dropped([*table.problems, *lacking]),
        problems=problems,
        imputed={name: int(n) for name, n in zip(columns, missing, strict=True) if n},
        failures=gathered.failures,
        audio_keys=audio_keys[rows],
        features_keys=identity.row_keys(table.frame)[rows],
        measured=tuple(identity.measured(table.frame)),
        groups=splits.groups(table.frame, audio_keys)[0][rows],
    )


def _lacking(table: Songs, used: Array, what: str) -> list[Problem]:
    """The rows of a table that have no input; `used` are the places of the others [songs], `what`
    is what those lack that were read.
    """
    return [
        Problem(int(line), None, f"no {what}", DROPPED) for line in np.delete(table.lines, used)
    ]


def _dropped(problems: Iterable[Problem]) -> dict[str, int]:
    """Why rows of a table are not used -> how many."""
    return dict(Counter(problem.message for problem in problems if problem.effect == DROPPED))


def _first(failures: Mapping[str, str]) -> str:
    if not failures:
        return ""
    path, reason = next(iter(failures.items()))
    return f" The first audio file: {path}, {reason}"


def require_same_songs(folder: Path, begun: Path, dataset: Dataset) -> None:
    """Refuse to go on with other songs than a training began with: the split would be another, and
    checkpoints know songs of the test.

    Args:
        folder: of the run or search, as it is told to the user.
        begun: a JSON file that tells the songs; made where the training begins.
        dataset: the songs.

    Raises:
        KerasfeatError: for other songs, or other audio of theirs.
    """
    keys = dataset.inputs.keys or [None] * dataset.inputs.songs
    songs = [list(song) for song in zip(dataset.songs["track_id"], keys, strict=True)]
    if not begun.exists():
        write_json(begun, songs)
        return
    with damage_told(begun, f"Remove {folder}, or start again with another --out."):
        before = json.loads(begun.read_text(encoding="utf-8"))
    if songs != before:
        raise KerasfeatError(
            f"{folder} began with {len(before)} songs, and now {len(songs)} can be used, "
            "or their audio is another: audio files have changed, or what reads them. Put "
            "them back as they were, or start again with another --out."
        )

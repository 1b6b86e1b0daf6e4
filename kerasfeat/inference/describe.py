"""Songs without labels described: what is measured, what networks hear, and what own models say."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

import hub_models
from kerasfeat import KerasfeatError, hub
from kerasfeat.arrays import Array
from kerasfeat.audio.measures.input import Measures, SongMean
from kerasfeat.audio.measures.measure import MEASURES
from kerasfeat.audio.sounds import naming_inputs
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.datasets.rows import labels_text
from kerasfeat.engines import LOCAL, Engine
from kerasfeat.inference.parts import Written, schema_of, write_parts
from kerasfeat.inference.predict import Predictor
from kerasfeat.inference.records import IDENTITY, NESTED, Record, answer_columns, flat, records
from kerasfeat.inference.requested import require_columns
from kerasfeat.pipeline.extraction import Extracting
from kerasfeat.pipeline.store import Store
from kerasfeat.progress import Advance, progress, say
from kerasfeat.songs import schema

Value = TypeVar("Value")

BLOCK_SONGS = 200
TAGS_INPUT, SOUNDS_INPUT = "musicnn_msd_tags", "yamnet_scores"
SOUNDS = 3  # of YAMNet's 521, the most probable
SOUNDS_COLUMN, ERROR_COLUMN = "sounds", "error"
# With all networks: what is not here leaves no name to a table's column of another meaning.
DESCRIBED = (*MEASURES, *schema.TAGS, SOUNDS_COLUMN)
TAG_INPUTS = {tag: name for name, tag in schema.TAG_COLUMNS.items()}  # as models read them
FROM_TABLE = " (table)"
WHOLE = ("duration_ms", "key", "mode", "key_relative", "time_signature")
DIGITS = {"tempo": 2, "tempo_half": 2, "tempo_double": 2, "loudness": 2, "loudness_lufs": 2}
SHARE_DIGITS = 4
NO_AUDIO = "no audio file"


@dataclass(frozen=True)
class Means:
    """What one network hears.

    Attributes:
        front_end: gives its mean over a song.
        classes: what it tells apart.
    """

    front_end: SongMean
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Answering:
    """A run whose model answers too.

    Attributes:
        predictor: the run.
        prefix: what its columns begin with.
        columns: of its answers.
    """

    predictor: Predictor
    prefix: str
    columns: tuple[str, ...]

    @property
    def texts(self) -> list[str]:
        """Those of its columns that are labels."""
        target = self.predictor.target
        return [self.prefix + head for head in target.heads] if target.has_labels else []


class Describer:
    """What is said of songs on this machine, by its networks and some runs.

    Args:
        runs: run directories whose models answer too.
        decoder: "soundfile" or "tensorflow-io".

    Raises:
        KerasfeatError: a run can't be used.
    """

    def __init__(self, runs: Sequence[str | Path] = (), *, decoder: str = "soundfile") -> None:
        self.measures = Measures()
        self.heard = _heard()
        self.runs = _answering([Predictor(run) for run in runs])
        self.store = Store(decoder=decoder)

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process loads the networks itself.
        paths = [run.predictor.run.path.absolute() for run in self.runs]
        return partial(Describer, decoder=self.store.decoder), (paths,)

    @property
    def front_ends(self) -> list[FrontEnd]:
        """All that reads the audio, in one pass."""
        means = [means.front_end for means in self.heard.values()]
        own = [each for run in self.runs for each in run.predictor.frontends.values()]
        return [self.measures, *means, *own]

    @property
    def columns_read(self) -> list[str]:
        """The columns that the runs' models read, which are to be numbers in tables."""
        return list(dict.fromkeys(name for run in self.runs for name in run.predictor.columns))

    @property
    def percent(self) -> dict[str, bool] | None:
        """Whether shares were in percent where the runs were trained; None without runs."""
        return _agreed([run.predictor.percent for run in self.runs]) if self.runs else None

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """See Predictor.unusual_ranges."""
        return _agreed([run.predictor.unusual_ranges for run in self.runs])

    def columns(self, frame: pd.DataFrame) -> list[str]:
        """The columns of the rows that `rows` gives of songs, in order."""
        known = [name for name in IDENTITY if name in frame]
        others = [name for own, name in self._renamed(frame).items() if own not in known]
        return [*known, *others, *self.own_columns, *self._answers, ERROR_COLUMN]

    @property
    def own_columns(self) -> tuple[str, ...]:
        """The columns of what is measured and heard."""
        tags = schema.TAGS if TAGS_INPUT in self.heard else ()
        sounds = (SOUNDS_COLUMN,) if SOUNDS_INPUT in self.heard else ()
        return (*MEASURES, *tags, *sounds)

    @property
    def _answers(self) -> tuple[str, ...]:
        """The columns of what the runs' models say."""
        return tuple(name for run in self.runs for name in run.columns)

    def _renamed(self, frame: pd.DataFrame) -> dict[str, str]:
        """A column of the songs -> what it is called in their rows: where what is described has
        its name, or would have it with more networks, the name is marked until it is free.
        """
        described = {*DESCRIBED, *self._answers, *NESTED, ERROR_COLUMN}
        renamed = {name: schema.TAG_COLUMNS.get(name, name) for name in frame}
        taken = {*described, *renamed.values()}
        for name in renamed:
            if renamed[name] in described:
                while renamed[name] in taken:
                    renamed[name] += FROM_TABLE
                taken.add(renamed[name])
        return renamed

    def rows(self, frame: pd.DataFrame, engine: Engine = LOCAL) -> Iterator[Record]:
        """A row for each song, in order, as soon as some are known.

        What is known lies in the store: who asks again, or goes on after an end, need not wait.

        Args:
            frame: the songs, with absolute paths in `audio`.
            engine: what does the work.

        Yields:
            The values of `columns` by name, None where there is none.
        """
        self._say_doubts(frame)
        with progress("describing", "songs") as advance:
            for rows in engine.run(self._work(frame), frame, advance):
                yield from rows

    def write(self, frame: pd.DataFrame, out: str | Path, engine: Engine = LOCAL) -> Written:
        """What `rows` gives, as Parquet files in a folder; see kerasfeat.inference.parts."""
        self._say_doubts(frame)
        columns = self.columns(frame)
        own = frame.rename(columns=self._renamed(frame)).select_dtypes(exclude="number")
        texts = [*own, *(head for run in self.runs for head in run.texts)]
        predictors = [run.predictor for run in self.runs]
        command = {
            "describe": [(str(each.run.path.absolute()), each.state) for each in predictors],
            "inputs": [self.store.folder(front_end).name for front_end in self.front_ends],
            "columns": columns,
        }
        schema = schema_of(columns, texts)
        return write_parts(self._work(frame), frame, schema, out, command=command, engine=engine)

    def _work(self, frame: pd.DataFrame) -> "Describing":
        """Describing as work on these songs."""
        return Describing(self, tuple(run.predictor.from_table(frame) for run in self.runs))

    def _say_doubts(self, frame: pd.DataFrame) -> None:
        """Say of each run what its model reads that nothing gives, and why its answers should not
        be believed, where that is known.
        """
        measured = {TAG_INPUTS.get(name, name) for name in self.own_columns}
        for run in self.runs:
            model = f"the model in {run.predictor.run.path}"
            require_columns(frame, run.predictor.columns, model=model, measured=measured)
            for caution in run.predictor.cautions:
                say(f"{model}: {caution}")

    def described(
        self,
        frame: pd.DataFrame,
        from_table: Sequence[Collection[str]],
        workers: int | None,
        advance: Advance,
    ) -> list[Record]:
        """The rows of some songs; see `rows`.

        Args:
            frame: the songs.
            from_table: of each run the inputs that are read from the table.
            workers: how many files at a time; as many as there are cores by default.
            advance: called as advance(done, of how many, name of a file) where some were unknown.
        """
        names, renamed = self.columns(frame), self._renamed(frame)
        frame = frame.reset_index(drop=True)
        audio = list(frame["audio"]) if "audio" in frame else [None] * len(frame)
        paths = [path for path in audio if isinstance(path, str)]
        result = Extracting(tuple(self.front_ends), self.store)(paths, workers, advance)
        keys = {str(path): key for path, key in result.keys.items()}
        failures = {str(path): reason for path, reason in result.failures.items()}
        described = [self._described(keys.get(path or "")) for path in audio]
        answers = self._answered(frame, described, [path in keys for path in audio], from_table)
        rows = []
        for song, own in enumerate(frame.to_dict("records")):
            row = {renamed[name]: _text(value) for name, value in own.items()}
            row |= described[song] | answers[song]
            if audio[song] not in keys:
                row[ERROR_COLUMN] = failures.get(audio[song] or "", NO_AUDIO)
            rows.append({name: row.get(name) for name in names})
        return rows

    def _described(self, key: str | None) -> Record:
        """What is measured and heard in a song of the store; nothing of one that is not there."""
        if key is None:
            return {}
        measured = self.store.read(self.measures, key)[0]
        row: Record = {
            name: _rounded(name, value) for name, value in zip(MEASURES, measured, strict=True)
        }
        for name, means in self.heard.items():
            shares = self.store.read(means.front_end, key)[0]
            if name == TAGS_INPUT:
                named = zip(means.classes, shares, strict=True)
                row |= {tag: _rounded(tag, share) for tag, share in named}
            else:
                row[SOUNDS_COLUMN] = _most(means.classes, shares)
        return row

    def _answered(
        self,
        frame: pd.DataFrame,
        described: Sequence[Record],
        heard: Sequence[bool],
        from_table: Sequence[Collection[str]],
    ) -> list[Record]:
        """What the models say of each song."""
        answers: list[Record] = [{} for _ in described]
        places = np.flatnonzero(heard)
        if not self.runs or not len(places):
            return answers
        songs = _with_columns(frame.iloc[places], [described[int(place)] for place in places])
        for run, names in zip(self.runs, from_table, strict=True):
            target = run.predictor.target
            predictions = run.predictor.predict(songs, self.store.decoder, from_table=names)
            told = flat(records(target, predictions, songs))
            for place, record in zip(places, told, strict=True):
                answers[place] |= {
                    name: record.get(name.removeprefix(run.prefix)) for name in run.columns
                }
        return answers


@dataclass(frozen=True)
class Describing:
    """Describing as work for an engine (kerasfeat.engines).

    Attributes:
        describer: what describes.
        from_table: of each run the inputs that are read from the table, which all songs decide.
    """

    describer: Describer
    from_table: tuple[tuple[str, ...], ...]

    @property
    def block(self) -> int:
        """Songs that are in memory at a time, and told before the next are read."""
        return BLOCK_SONGS

    def __call__(self, songs: pd.DataFrame, workers: int | None, advance: Advance) -> list[Record]:
        """The rows of a block of songs."""
        return self.describer.described(songs, self.from_table, workers, advance)


def _heard() -> dict[str, Means]:
    """The networks that name what they hear, and what those that are not here would give."""
    heard, wanted = {}, {TAGS_INPUT: "musicnn_msd", SOUNDS_INPUT: "yamnet"}
    here = [name for name in wanted.values() if hub_models.is_cached(name)]
    inputs = naming_inputs() if here else {}
    for name, backbone in wanted.items():
        if backbone not in here:
            say(hub_models.offer(backbone))
        elif name == TAGS_INPUT:
            heard[name] = Means(SongMean(heard=inputs[name]), schema.TAGS)
        else:
            classes = tuple(hub.class_names(backbone))
            heard[name] = Means(SongMean(heard=inputs[name]), classes)
    return heard


def _answering(predictors: Sequence[Predictor]) -> list[Answering]:
    """The runs with their columns, which begin with a run's name where one would be there twice.

    Raises:
        KerasfeatError: two such runs have one name.
    """
    answering: list[Answering] = []
    taken = {*IDENTITY, *DESCRIBED, ERROR_COLUMN}
    for predictor in predictors:
        own = set(answer_columns(predictor.target))
        prefix = f"{predictor.run.path.name}." if own & taken else ""
        columns = tuple(prefix + name for name in answer_columns(predictor.target))
        if not taken.isdisjoint(columns):
            raise KerasfeatError(
                f"two runs are called {predictor.run.path.name} and say the same: name each once, "
                "or rename a folder."
            )
        answering.append(Answering(predictor, prefix, columns))
        taken |= {*columns}
    return answering


def _agreed(of_runs: Sequence[Mapping[str, Value]]) -> dict[str, Value]:
    """Name -> what all runs that say something of it say."""
    said: dict[str, set[Value]] = {}
    for own in of_runs:
        for name, value in own.items():
            said.setdefault(name, set()).add(value)
    return {name: values.pop() for name, values in said.items() if len(values) == 1}


def _with_columns(songs: pd.DataFrame, described: Sequence[Record]) -> pd.DataFrame:
    """Songs with what was described in those canonical columns that they have not themselves."""
    own = pd.DataFrame(described, index=songs.index).drop(columns=SOUNDS_COLUMN, errors="ignore")
    own = own.rename(columns=TAG_INPUTS)
    own = own.drop(columns=[name for name in own if name in songs]).astype("float64")
    return pd.concat([songs, own], axis=1).reset_index(drop=True)


def _rounded(name: str, value: float) -> int | float | None:
    if np.isnan(value):
        return None
    if name in WHOLE:
        return int(round(float(value)))
    return round(float(value), DIGITS.get(name, SHARE_DIGITS))


def _most(classes: Sequence[str], shares: Array) -> dict[str, float]:
    """The most probable classes."""
    best = np.argsort(-shares, kind="stable")[:SOUNDS]
    return {classes[place]: round(float(shares[place]), 3) for place in best}


def _text(value: Any) -> Any:
    """A cell of a table as one that is written."""
    if isinstance(value, tuple | list):
        return labels_text(value)
    return None if isinstance(value, float) and np.isnan(value) else value

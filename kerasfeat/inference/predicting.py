"""A run's predictions of many songs as records, block by block."""

from collections.abc import Collection, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from kerasfeat.audio.sounds import naming_inputs, words
from kerasfeat.engines import LOCAL, Engine, Local
from kerasfeat.experiment.dataset import extract_audio
from kerasfeat.inference.parts import Written, schema_of, write_parts
from kerasfeat.inference.predict import Predictions, Predictor
from kerasfeat.inference.records import Record, record_columns, records
from kerasfeat.pipeline.store import Store
from kerasfeat.progress import Advance, progress, say_nothing

# Songs that are in memory at a time; a row of a table is small and soon predicted.
HEARD_SONGS, TABLE_SONGS = 200, 20_000


@dataclass(frozen=True)
class Predicting:
    """Prediction as work for an engine (kerasfeat.engines).

    Attributes:
        predictor: the run.
        from_table: the inputs that are read from the table, which all songs decide.
        decoder: "soundfile" or "tensorflow-io".
        strict: a file that can't be used is an error.
        timeline: also what the model says of each window.
        sounds: how many sounds and tags to name; 0 for none.
    """

    predictor: Predictor
    from_table: Collection[str]
    decoder: str = "soundfile"
    strict: bool = False
    timeline: bool = False
    sounds: int = 0

    @property
    def block(self) -> int:
        """Songs at a time."""
        heard = self.sounds or not self.predictor.frontends.keys() <= set(self.from_table)
        return HEARD_SONGS if heard else TABLE_SONGS

    def __call__(self, songs: pd.DataFrame, workers: int | None, advance: Advance) -> list[Record]:
        """The records of a block of songs."""
        engine = Local(workers)
        return self.records(songs, self.predictions(songs, engine), engine)

    def predictions(self, songs: pd.DataFrame, engine: Engine) -> Predictions:
        """What the model says of some songs."""
        return self.predictor.predict(
            songs, self.decoder, self.strict, engine=engine, from_table=self.from_table
        )

    def records(
        self, songs: pd.DataFrame, predictions: Predictions, engine: Engine
    ) -> list[Record]:
        """The records of these songs."""
        heard = {}
        if self.sounds:
            heard = heard_sounds(predictions.frame, self.sounds, self.decoder, engine)
        windows = partial(self.predictor.timeline, predictions) if self.timeline else None
        return list(
            records(self.predictor.target, predictions, songs, windows=windows, sounds=heard)
        )


def predicted(work: Predicting, songs: pd.DataFrame, engine: Engine) -> Iterator[Record]:
    """A record of each song, in order, as soon as some are known."""
    # Of a single block its own files are told.
    is_long = len(songs) > work.block
    with progress("predicting", "songs") if is_long else nullcontext(say_nothing) as advance:
        for block in engine.run(work, songs, advance):
            yield from block


def write_predicted(
    work: Predicting, songs: pd.DataFrame, out: str | Path, engine: Engine
) -> Written:
    """The records as Parquet files in a folder; see kerasfeat.inference.parts."""
    predictor, target = work.predictor, work.predictor.target
    columns = record_columns(target, songs, work.timeline, bool(work.sounds))
    labels = target.heads if target.has_labels else ()
    heard = [*predictor.frontends.values(), *(naming_inputs().values() if work.sounds else ())]
    store = Store(decoder=work.decoder)
    command = {
        "predict": str(predictor.run.path.absolute()),
        "state": predictor.state,
        "from_table": list(work.from_table),
        "inputs": [store.folder(front_end).name for front_end in heard],
        "columns": columns,
        "sounds": work.sounds,
    }
    schema = schema_of(columns, labels)
    return write_parts(work, songs, schema, out, command=command, engine=engine)


def heard_sounds(
    frame: pd.DataFrame, count: int, decoder: str = "soundfile", engine: Engine = LOCAL
) -> dict[str, dict[str, float]]:
    """What YAMNet and musicnn hear in songs, by those of them that are on this machine.

    Args:
        frame: rows of a table, with absolute paths in `audio`.
        count: how many sounds and tags to name, the most probable first.
        decoder: "soundfile" or "tensorflow-io".
        engine: what extracts what they hear.

    Returns:
        audio file -> sound or tag -> its mean probability over the song; files that can't be
        decoded are not in it.

    Raises:
        KerasfeatError: the weights of none are on this machine.
    """
    inputs = naming_inputs()
    extracted = extract_audio(frame, inputs, decoder, engine=engine)
    heard = {}
    for path, key in zip(frame.get("audio", ()), extracted.keys, strict=False):
        if key is not None:
            read = {name: extracted.store.read(each, key) for name, each in inputs.items()}
            heard[path] = dict(list(words(read).items())[:count])
    return heard

"""A finished run at work on songs it has not seen: by song, and window by window."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.spans import spans
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.engines import LOCAL, Engine
from kerasfeat.evaluation.run_files import load_metrics
from kerasfeat.evaluation.summary import cautions
from kerasfeat.experiment.dataset import Gathered, gather
from kerasfeat.experiment.run_directory import load
from kerasfeat.experiment.saved_model import load_model
from kerasfeat.experiment.spec import Spec
from kerasfeat.pipeline.batches import by_song, predict_windows
from kerasfeat.progress import detail
from kerasfeat.songs import schema
from kerasfeat.songs.loading import Songs, load_songs, require_ranges, with_columns, with_target
from kerasfeat.songs.reading import DATAFRAME
from kerasfeat.targets import of_run
from kerasfeat.tasks import Task, tasks


@dataclass(frozen=True)
class Predictions:
    """What a model says of some songs.

    Attributes:
        frame: the songs that it could read.
        rows: [songs], the place of each among the songs that were asked for.
        values: [songs, labels] probabilities, or [songs, targets] in the table's unit (of several
            labels their probabilities).
        windows: [windows, labels or targets], in the songs' order.
        owner: [windows] the song that each window belongs to.
        failures: song or file -> reason why there is no prediction, or none from its audio.
        decoder: what the audio was decoded with.
        frontends: audio input -> the front-end that cut the windows; empty where only the table was
            read.
        keys: content of each song's audio, None where there is none; empty where only the table was
            read.
    """

    frame: pd.DataFrame
    rows: Array
    values: Array
    windows: Array
    owner: Array
    failures: dict[str, str]
    decoder: str
    frontends: dict[str, FrontEnd]
    keys: list[str | None]


def task_of(state: dict[str, Any]) -> Task:
    """The Task of a run, by its run.json."""
    return replace(tasks.get(state["task"]), target=of_run(state))


class Predictor:
    """A model with everything that its run directory says of it."""

    def __init__(self, path: str | Path) -> None:
        self.run = load(path)
        self.state = self.run.read()
        self.task = task_of(self.state)
        self.target = self.task.target
        self.columns: list[str] = self.state["columns"]
        self.spec = Spec.from_json(self.state["config"])
        self.groups: dict[str, tuple[str, ...]] = {
            field["name"]: tuple(field["columns"])
            for field in self.state["fields"]
            if field["columns"]
        }
        audio = [name for name in self.state["inputs"] if name in frontends.names()]
        self.frontends = {name: _frontend(name, self.state["hyperparameters"]) for name in audio}
        self._check_weights()
        self.model = load_model(self.run)
        detail(
            f"{self.run.path}: {self.state['model']} from "
            f"{', '.join(self.state['inputs'])}, {self.model.count_params():,} parameters"
        )

    def _check_weights(self) -> None:
        """What a model heard through a backbone means nothing through another."""
        for name, weights in self.state["weights"].items():
            if self.frontends[name].weights != weights:
                raise KerasfeatError(
                    f"{self.run.path} was trained on {name} with other weights than those "
                    "on this machine (`kerasfeat hub list` shows "
                    "where they lie): put back the ones it was trained with by `kerasfeat "
                    "hub add`, or train it again."
                )

    def own_table(self, columns: Collection[str] = ()) -> Songs:
        """The table that the model was trained on, with its truth.

        Args:
            columns: to be numbers beside those that the model reads.

        Raises:
            KerasfeatError: it is not there, or no longer the same.
        """
        past = self.spec
        if past.data == DATAFRAME:
            raise KerasfeatError(
                f"{self.run.path} was trained on a DataFrame, which is not kept: write it to a CSV "
                "file, and train on that."
            )
        table = with_target(self.load(past.data or "", columns), self.task, past.label)
        if table.fingerprint != past.data_fingerprint:
            raise KerasfeatError(
                f"{past.data} is no longer what {self.run.path} was trained on: train it again."
            )
        return table

    def load(
        self,
        data: Path | str | pd.DataFrame | Songs,
        columns: Collection[str] = (),
    ) -> Songs:
        """A table read as the one that the model was trained on, for no task.

        Args:
            data: the table or a folder; a DataFrame; or what `load_songs` gave.
            columns: to be numbers beside those that the model reads.

        Raises:
            KerasfeatError: if it can't be used.
        """
        target = self.target
        numbers = (*self.columns, *columns, *(() if target.has_labels else target.columns))
        if isinstance(data, Songs):
            require_ranges(data, self.unusual_ranges)
            return with_columns(data, numbers)
        return load_songs(data, percent=self.percent, columns=numbers, ranges=self.unusual_ranges)

    @property
    def unusual_ranges(self) -> dict[str, tuple[float, float]]:
        """The ranges of numbers that are predicted and that tables have on another one usually."""
        return {
            name: limits
            for name, limits in self.spec.ranges.items()
            if not self.target.has_labels
            and name in schema.BY_NAME
            and limits != (schema.BY_NAME[name].low, schema.BY_NAME[name].high)
        }

    @property
    def percent(self) -> dict[str, bool]:
        """share -> whether the table that the model was trained on has it in percent."""
        return self.spec.percent

    @property
    def cautions(self) -> list[str]:
        """Why the model's answers should not be believed, a sentence each."""
        try:
            return cautions(load_metrics(self.run.path, self.target))
        except KerasfeatError as error:  # it predicts as well without its scores
            return [f"how good it is is not known: {error}"]

    @property
    def outputs(self) -> list[str]:
        """Names of the columns of `Predictions.values`: labels, or targets."""
        return list(self.target.outputs)

    def __reduce__(self) -> tuple[Any, ...]:
        return Predictor, (self.run.path.absolute(),)  # another process loads the model itself

    def predict(
        self,
        frame: pd.DataFrame,
        decoder: str = "soundfile",
        strict: bool = False,
        *,
        engine: Engine = LOCAL,
        from_table: Collection[str] | None = None,
    ) -> Predictions:
        """Predict every song that has an input.

        Args:
            frame: rows of a table, with absolute paths in `audio`.
            decoder: "soundfile" or "tensorflow-io".
            strict: a file that can't be used is an error.
            engine: what extracts the audio inputs.
            from_table: names of the inputs that are read from the table; by default as `from_table`
                says of these songs.

        Raises:
            KerasfeatError: if the model reads a table, and none of its columns is there.
        """
        if not self.frontends and not any(column in frame for column in self.columns):
            raise KerasfeatError(
                f"the model in {self.run.path} reads a table with the columns "
                f"{', '.join(self.columns)}; got none of them. "
                "Give a table, or train a model that reads audio (`--inputs logmel`)."
            )
        gathered = self.gather(frame, decoder, strict, engine=engine, from_table=from_table)
        rows, inputs = gathered.rows, gathered.inputs
        windows, owner = np.empty((0, len(self.outputs))), np.empty(0, int)
        if len(rows):
            heads, owner = predict_windows(self.model, inputs, np.arange(len(rows)))
            windows = np.concatenate([heads[head] for head in self.target.heads], axis=1)
            windows = self.target.in_unit(windows)
        values = by_song(windows, owner, len(rows))
        # An ensemble does not answer where it weighs with 0 the only members that could.
        answered = np.flatnonzero(np.isfinite(values).all(axis=1))
        own = np.isin(owner, answered)
        return Predictions(
            frame=frame.iloc[rows[answered]].reset_index(drop=True),
            rows=rows[answered],
            values=values[answered],
            windows=windows[own],
            owner=np.searchsorted(answered, owner[own]),
            failures=gathered.failures,
            decoder=decoder,
            frontends=inputs.frontends,
            keys=[inputs.keys[song] for song in answered] if inputs.keys else [],
        )

    def gather(
        self,
        frame: pd.DataFrame,
        decoder: str = "soundfile",
        strict: bool = False,
        *,
        engine: Engine = LOCAL,
        from_table: Collection[str] | None = None,
    ) -> Gathered:
        """The inputs of every song that has any; see `predict` for the arguments."""
        names = self.from_table(frame) if from_table is None else from_table
        groups = {name: columns for name, columns in self.groups.items() if name in names}
        return gather(frame, groups, self.frontends, decoder, strict=strict, engine=engine)

    def from_table(self, frame: pd.DataFrame) -> tuple[str, ...]:
        """The inputs that are read from the table: not those that can be heard, where no song has
        their columns.
        """
        return tuple(
            name
            for name, columns in self.groups.items()
            if name not in self.frontends
            or frame.reindex(columns=list(columns)).notna().any(axis=None)
        )

    def timeline(
        self, predictions: Predictions, song: int
    ) -> list[tuple[float, float, Array]] | None:
        """(start_s, end_s, values) of each window of a song; None of a song without audio."""
        windows = predictions.windows[predictions.owner == song]
        path = predictions.frame["audio"].iloc[song] if "audio" in predictions.frame else None
        if not predictions.frontends or not isinstance(path, str) or path in predictions.failures:
            return None
        places = spans(path, next(iter(predictions.frontends.values())), predictions.decoder)
        # Inputs of different rates may differ by one window at the end: as many count as all have.
        return [(*place, values) for place, values in zip(places, windows, strict=False)]


def _frontend(name: str, hyperparameters: Mapping[str, Any]) -> FrontEnd:
    """A run's front-end."""
    own = {
        key.split(".", 1)[1]: value
        for key, value in hyperparameters.items()
        if key.startswith(f"{name}.")
    }
    return replace(frontends.get(name), clip_s=hyperparameters["clip_s"], **own)

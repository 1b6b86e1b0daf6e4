"""A finished run in Python, and in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.choices import (
    DECODERS,
    FLOAT32,
    FORMATS,
    SAVED_MODEL,
    WEIGHTS,
    require_choice,
    whole_number,
)
from kerasfeat.evaluation.predictions import read_typed
from kerasfeat.evaluation.run_files import load_metrics
from kerasfeat.evaluation.score_table import score_table
from kerasfeat.experiment.run_directory import RunDirectory, load
from kerasfeat.experiment.spec import Spec
from kerasfeat.inference.hub_runs import SCHEME, downloaded
from kerasfeat.progress import say
from kerasfeat.silence import import_tensorflow
from kerasfeat.songs.loading import Songs
from kerasfeat.songs.problems import describe
from kerasfeat.targets import Target, of_run

if TYPE_CHECKING:
    import keras

    from kerasfeat.inference.predict import Predictor


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        path: of its directory.
    """

    path: Path

    @cached_property
    def state(self) -> dict[str, Any]:
        """run.json."""
        return RunDirectory(self.path).read()

    @property
    def spec(self) -> Spec:
        """Everything that the run's result depends on."""
        return Spec.from_json(self.state["config"])

    @property
    def target(self) -> Target:
        """What the model predicts."""
        return of_run(self.state)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """metrics.json: `test` with `ci95`, `baselines`, `split`, and more."""
        return load_metrics(self.path, self.target)

    @property
    def scores(self) -> pd.DataFrame:
        """The test scores with intervals beside those of simple models, as text."""
        return score_table(self.metrics, self.target.shown_metrics)

    @property
    def predictions(self) -> pd.DataFrame:
        """A row for each test song: who it is, facts, truth and answer in the table's unit."""
        return read_typed(self.path, self.target)

    @property
    def report(self) -> Path:
        """The page on the run."""
        return self.path / "report.html"

    @property
    def model(self) -> keras.Model:
        """The network that is kept."""
        return self._predictor.model

    @cached_property
    def _predictor(self) -> Predictor:
        import_tensorflow()
        from kerasfeat.inference.predict import Predictor

        return Predictor(self.path)

    def predict(
        self,
        songs: str | Path | pd.DataFrame | Songs | Iterable[str | Path],
        *,
        decoder: str = "soundfile",
        strict: bool = False,
    ) -> pd.DataFrame:
        """Predict songs.

        Args:
            songs: audio files, folders, and tables, one or several; a DataFrame; or what
                `kerasfeat.load_songs` gave.
            decoder: of audio files, "soundfile" or "tensorflow-io".
            strict: a file that can't be used, or a column that no song has, is an error.

        Returns:
            A row for each song, in order; of a single DataFrame for each of its rows, under its
            index, where later rows of a song have what the first has. A row has the song's names,
            the prediction in the table's unit, `error` where there is none, and `note` where the
            audio can't be used. The columns are always the same; what there is none of is missing.

        Raises:
            KerasfeatError: there are no songs, or a table can't be used, or has none of the columns
                that the model reads.
        """
        require_choice("decoder", decoder, DECODERS)
        from kerasfeat.inference.records import Counted, flat, record_columns, records
        from kerasfeat.inference.requested import require_columns, songs_of

        predictor = self._predictor
        asked = songs_of(songs, predictor.percent, predictor.columns, predictor.unusual_ranges)
        for line in describe(asked.problems):
            say(f"data: {line}")
        require_columns(asked.frame, predictor.columns, strict)
        predictions = predictor.predict(asked.frame, decoder, strict)
        answers = Counted(records(predictor.target, predictions, asked.frame))
        columns = record_columns(predictor.target, asked.frame)
        table = pd.DataFrame(flat(answers), columns=columns)
        answers.say_unheard(asked.frame)
        return asked.answered(table)

    def evaluate(
        self, data: str | Path | pd.DataFrame | Songs, label: str | None = None
    ) -> dict[str, Any]:
        """Score the model on labelled songs that it was not trained on.

        Args:
            data: a table or a folder; a DataFrame; or what `kerasfeat.load_songs` gave.
            label: the table's column that holds the label; None for the one that the model learned
                from, or where the table lacks it, for the task's own.

        Returns:
            `data` (rows used and left out), `test` with `ci95`, and what the intervals are over.

        Raises:
            KerasfeatError: the songs can't be used, or none is left.
        """
        import_tensorflow()
        from kerasfeat.inference.evaluate import evaluate

        return evaluate(self.path, data, label)[1]

    def export(
        self,
        exports: str | Path,
        *,
        name: str,
        version: int | None = None,
        format: Literal["saved_model", "litert", "onnx"] = "saved_model",
        weights: Literal["float32", "float16", "int8"] = "float32",
    ) -> Path:
        """Write the model for TensorFlow Serving, or as files for other programs.

        Each is checked before it is there.

        Args:
            exports: the folder of all models.
            name: of the model on the server, or of the files' folder.
            version: of "saved_model", 1 or more; None for the one after the highest.
            format: "saved_model", a version that TensorFlow Serving serves; "litert", a file for
                small devices; "onnx", a file for ONNX Runtime of each signature that it can hold.
            weights: of a "litert" file.

        Returns:
            Folder of the version, or of the files.

        Raises:
            KerasfeatError: the export answers otherwise than the model, the format can't hold it,
                or the name can't be used.
        """
        require_choice("format", format, FORMATS)
        require_choice("kind of weights", weights, WEIGHTS)
        if format == SAVED_MODEL and weights != FLOAT32:
            raise KerasfeatError(f"a SavedModel supports only weights of {FLOAT32}, not {weights}.")
        if format != SAVED_MODEL and version is not None:
            raise KerasfeatError(f"only a SavedModel has a version; {format} files have none.")
        if version is not None:
            version = whole_number("version", version, 1)
        import_tensorflow(gpu=False)
        from kerasfeat.serving.export import export
        from kerasfeat.serving.files import export_files

        if format == SAVED_MODEL:
            return export(self.path, exports, name, version).path
        return export_files(self.path, exports, name, format, weights)

    @property
    def title(self) -> str:
        """What was learnt of what."""
        inputs, source = " + ".join(self.state["inputs"]), self.metrics["data"]["source"]
        return f"{self.state['task']} from {inputs}, on {source} data"

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        note = f"{html.escape(self.title)}: test scores with 95% intervals"
        return f"<p>{note}</p>{self.scores.to_html()}<p>{html.escape(str(self.report))}</p>"


def path_of(run: Run | str | Path) -> str | Path:
    """The directory of a run, or of what names it."""
    return run.path if isinstance(run, Run) else run


def load_run(path: str | Path) -> Run:
    """A run that `fit`, `combine` or `tune` has finished.

    Args:
        path: of its directory; or "hf://owner/name" of one that was put on the Hugging Face Hub,
            which is downloaded once.

    Raises:
        KerasfeatError: there is none, or it is not finished.
    """
    if str(path).startswith(SCHEME):
        path = downloaded(str(path))
    return Run(load(path).path)

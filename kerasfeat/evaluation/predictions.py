"""predictions.csv of a run: what is known of each test song, its truth, and what the model said."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.evaluation import bootstrap
from kerasfeat.evaluation.run_files import damage_told
from kerasfeat.files import file_name
from kerasfeat.songs import schema
from kerasfeat.targets import Target

FILE = "predictions.csv"
# Numbers that no table has: which songs belong together, and facts.
NUMBERS = ("group", "artist_songs", "year")


@dataclass(frozen=True)
class TestPredictions:
    """The predictions of test songs by models that had not seen them.

    Attributes:
        songs: a row a song, as text: `track_id`, `title`, `artist`, `group`, `audio`, facts,
            and `fold`.
        truth, prediction: of these songs, as the target has them.
    """

    __test__ = False  # no test class of pytest's

    songs: pd.DataFrame
    truth: Array
    prediction: Array

    @cached_property
    def unit(self) -> Array:
        """[songs] the number of each one's group, as of `bootstrap.units`."""
        known = self.songs.filter(["group", "artist", "title"])
        return bootstrap.units(known.replace({"": None}))[0]

    def __getitem__(self, rows: Array) -> "TestPredictions":
        """Some of the songs, by their places or a mask."""
        return TestPredictions(self.songs.iloc[rows], self.truth[rows], self.prediction[rows])


def read_table(run_dir: Path) -> pd.DataFrame | None:
    """predictions.csv of the run in `run_dir` as text; None where it has none."""
    path = Path(run_dir) / FILE
    if not path.is_file():
        return None
    with damage_told(path):
        if not path.read_bytes().endswith(b"\n"):
            raise ValueError("its last line is cut off")
        # A song may be called "NA" and a label "1990": nothing is guessed.
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        if table.empty or "track_id" not in table:
            raise ValueError("it has no songs")
    if "audio" in table:
        names = [file_name(audio) for audio in table["audio"]]
        table["audio"] = pd.Series(names, table.index, dtype=object)
    return table


def read_predictions(run_dir: Path, target: Target) -> TestPredictions | None:
    """The predictions of the run in `run_dir`; None where it has none."""
    songs = read_table(run_dir)
    return None if songs is None else TestPredictions(songs, *answers(run_dir, target, songs))


def answers(run_dir: Path, target: Target, songs: pd.DataFrame) -> tuple[Array, Array]:
    """(truth, prediction) of songs of `read_table`.

    Raises:
        KerasfeatError: the file is damaged.
    """
    with damage_told(Path(run_dir) / FILE):
        return target.from_columns(songs)


def read_typed(run_dir: Path, target: Target) -> pd.DataFrame:
    """predictions.csv of a finished run with numbers, and None or NaN where there is nothing.

    Raises:
        KerasfeatError: it is not there.
    """
    table = read_table(run_dir)
    if table is None:
        raise KerasfeatError(f"{run_dir} has no {FILE}: it is not a finished run.")
    own = ("probability_",) if target.has_labels else ("true_", "predicted_")
    known = [name for name, column in schema.BY_NAME.items() if column.kind == schema.NUMBER]
    numbers = {*NUMBERS, *known, *(name for name in table if name.startswith(own))}
    with damage_told(Path(run_dir) / FILE):
        typed = {
            name: pd.to_numeric(table[name]) if name in numbers else table[name].replace("", None)
            for name in table
        }
    return table.assign(**typed)

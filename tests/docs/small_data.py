"""What the commands of the documentation are run on: everything that a page may ask for."""

import shutil
from pathlib import Path

import pandas as pd
import soundfile

from kerasfeat.datasets import demo
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.spec import Spec


def make(name: str, place: Path, songs: Path) -> None:
    """Write the file or folder that pages call `name` to `place`, from synthesised songs."""
    frame = pd.read_csv(songs / "tracks.csv", dtype=str)
    table = frame.drop(columns="audio")
    files = [songs / path for path in frame["audio"]]
    place.parent.mkdir(parents=True, exist_ok=True)
    match name:
        case "moods.csv":
            table.to_csv(place, index=False)
        case "more.csv":
            table.drop(columns="mood").head(7).to_csv(place, index=False)
        case "ratings.csv":
            table.assign(arousal=1 + 8 * table["energy"].astype(float)).to_csv(place, index=False)
        case "song.mp3":
            sound, rate_hz = soundfile.read(files[3])
            soundfile.write(place, sound, rate_hz)
        case "songs/":
            shutil.copytree(songs, place)
        case "music/":
            _copy(files[:5], place)
        case "album/":
            _copy(files[5:8], place)
        case "labelled-music/":
            for row, file in zip(frame.itertuples(), files, strict=True):
                _copy([file], place / row.mood)
        case "labelled/":
            demo.render(place, seed=6, songs=13)
        case "runs/mood":
            _fit(songs, place, ())
        case "runs/other":
            _fit(songs, place, ("features",))
        case _:
            raise ValueError(f"no page can ask for {name!r} yet: say here what it is")


def _copy(files: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy(file, folder)


def _fit(songs: Path, place: Path, inputs: tuple[str, ...]) -> None:
    fit(Spec(members=("linear",), task="mood", data=str(songs), inputs=inputs), out=str(place))

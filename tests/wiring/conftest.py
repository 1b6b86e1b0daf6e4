"""What the tests of the wiring share: small tables that name the parts, and commands on them."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pandas as pd
import pytest
import soundfile

RATE_HZ = 16_000


@pytest.fixture
def table() -> pd.DataFrame:
    """63 songs by as many artists: numbers, labels of all kinds, and the part of each."""
    draw, songs = np.random.default_rng(23), 63
    frame = pd.DataFrame({"track_id": [f"t{song:02}" for song in range(songs)]})
    frame["artist"] = [f"artist {song}" for song in range(songs)]
    for column in ("danceability", "energy", "valence", "acousticness", "speechiness"):
        frame[column] = draw.random(songs).round(4)
    frame["loudness"] = draw.normal(-9, 3, songs).round(3)
    frame["tempo"] = draw.normal(115, 20, songs).round(2)
    frame["key"] = draw.integers(12, size=songs)
    happy = frame["energy"] + draw.normal(0, 0.2, songs)
    frame["mood"] = np.array(["calm", "happy", "sad"])[np.digitize(happy, [0.3, 0.7])]
    frame["genre"] = draw.choice(["folk", "pop"], songs)
    frame["genres"] = draw.choice(["folk; pop", "pop", "folk"], songs)
    frame["popularity"] = draw.integers(101, size=songs)
    parts = ["train", "test", "train", "validation", "train", "train", "test"]
    return frame.assign(split=np.resize(parts, songs))


@pytest.fixture
def with_sounds(tmp_path: Path) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A function that gives each song of a table a short sound of its own."""

    def write(songs: pd.DataFrame) -> pd.DataFrame:
        draw, paths = np.random.default_rng(7), []
        for song in songs["track_id"]:
            seconds = np.arange(int(RATE_HZ * draw.choice([0.5, 0.8, 1.3]))) / RATE_HZ
            tone = np.sin(2 * np.pi * draw.uniform(100, 3000) * seconds) * draw.uniform(0.05, 0.5)
            paths.append(str(tmp_path / f"{song}.wav"))
            soundfile.write(paths[-1], tone + draw.normal(0, 0.02, len(tone)), RATE_HZ)
        return songs.assign(audio=paths)

    return write


@pytest.fixture
def ended(kerasfeat: Callable[..., Any]) -> Callable[..., Any]:
    """A function that runs a command, which must succeed."""

    def run(*words: object) -> Any:
        end = kerasfeat(*words)
        assert end.code == 0, end.err
        return end

    return run


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., list[object]]:
    """A function that writes a table and gives the words of the command to train on it."""

    def words(songs: pd.DataFrame, name: str, *further: object) -> list[object]:
        path = tmp_path / "tables" / name / "songs.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        songs.to_csv(path, index=False)
        asked = () if "--members" in further else ("--members", "network")
        given = ["fit", "--data", path, "--split", "table", "--out", tmp_path / name]
        return [*given, *asked, *further]

    return words


@pytest.fixture
def fit(
    command: Callable[..., list[object]],
    ended: Callable[..., Any],
    tmp_path: Path,
) -> Callable[..., Path]:
    """A function that trains on a table, which tells the parts, and gives the run directory."""

    def run(songs: pd.DataFrame, name: str, *further: object) -> Path:
        ended(*command(songs, name, *further))
        return tmp_path / name

    return run


@pytest.fixture
def weights_of() -> Callable[[Path], dict[str, np.ndarray]]:
    """A function that gives what a run's model and its encoders have learnt, by name."""

    def read(run: Path) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = {}

        def keep(name: str, item: object) -> None:
            if isinstance(item, h5py.Dataset):
                found[name] = item[()]

        with zipfile.ZipFile(run / "model.keras") as archive:
            content = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(content) as file:
            file.visititems(keep)
        assert found
        return found

    return read


class _Kill(keras.callbacks.Callback):
    """Ends a training as a kill would, in the middle of an epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.last, self.epoch = epoch, -1

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.epoch == self.last and batch >= 1:
            raise KeyboardInterrupt


@pytest.fixture
def killed(kerasfeat: Callable[..., Any]) -> Callable[..., None]:
    """A function that runs a command until its first training of so many epochs is in another."""

    def run(epochs: int, *words: object) -> None:
        real = keras.Model.fit

        def doomed(model: keras.Model, *given: Any, callbacks: Any = (), **options: Any) -> Any:
            return real(model, *given, callbacks=[*callbacks, _Kill(epochs)], **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keras.Model, "fit", doomed)
            assert kerasfeat(*words).code == 130

    return run

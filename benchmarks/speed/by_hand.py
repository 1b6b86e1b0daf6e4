"""What one would write by hand, without kerasfeat; each is run as a process of its own.

python by_hand.py fit TABLE LABEL EPOCHS OUT
python by_hand.py boosting RUN TABLE LABEL
python by_hand.py clips RUN FOLDER
python by_hand.py rows RUN TABLE OUT
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pandas as pd

COLUMNS = ["danceability", "energy", "loudness", "speechiness", "acousticness"]
COLUMNS += ["instrumentalness", "liveness", "valence", "tempo", "key"]
BATCH = 64


def fit(table: str, label: str, epochs: str, out: str) -> None:
    """The network of `--model mood_mlp`, trained, scored on songs by other artists, and saved."""
    import keras
    from sklearn.model_selection import GroupShuffleSplit

    frame = pd.read_csv(table)
    labels, y = pd.factorize(frame[label], sort=True)[::-1]
    low, high = frame[COLUMNS].min(), frame[COLUMNS].max()
    x = ((frame[COLUMNS] - low) / (high - low)).fillna(0.0).to_numpy("float32")
    artists = frame["artist" if "artist" in frame else "track_artist"].astype(str)
    rest, test = next(GroupShuffleSplit(1, test_size=0.2, random_state=0).split(x, y, artists))
    halves = GroupShuffleSplit(1, test_size=0.2, random_state=0)
    train, check = (rest[part] for part in next(halves.split(x[rest], y[rest], artists[rest])))
    layers = [keras.Input([len(COLUMNS)])]
    for units in (512, 128, 64):
        layers += [keras.layers.Dense(units, use_bias=False), keras.layers.BatchNormalization()]
        layers += [keras.layers.ReLU(), keras.layers.Dropout(0.3)]
    model = keras.Sequential([*layers, keras.layers.Dense(len(labels), activation="softmax")])
    model.compile("adamw", "sparse_categorical_crossentropy", metrics=["accuracy"])
    best = keras.callbacks.EarlyStopping(patience=int(epochs), restore_best_weights=True)
    model.fit(
        x[train],
        y[train],
        validation_data=(x[check], y[check]),
        batch_size=BATCH,
        epochs=int(epochs),
        callbacks=[best],
        verbose=0,
    )
    print(model.evaluate(x[test], y[test], verbose=0))
    model.save(out)


def boosting(run: str, table: str, label: str) -> None:
    """Gradient boosting on the parts of a run."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import log_loss

    frame, split = pd.read_csv(table), pd.read_csv(Path(run) / "splits.csv")
    ids = "id" if "id" in frame else "track_id"
    frame = frame.drop_duplicates(ids).set_index(ids).loc[split["track_id"]]
    model, known = HistGradientBoostingClassifier(random_state=0), split["part"].ne("test").values
    model.fit(frame[COLUMNS][known], frame[label][known])
    probabilities = model.predict_proba(frame[COLUMNS][~known])
    print(log_loss(frame[label][~known], probabilities, labels=model.classes_))


def clips(run: str, folder: str) -> None:
    """librosa and `model.predict`, a clip at a time."""
    import librosa
    import numpy as np

    model, state = _model(run)
    (name,) = state["inputs"]
    hyperparameters = state["hyperparameters"]
    frames, mels = model.input[name].shape[1:]
    for path in sorted(Path(folder).glob("*.mp3")):
        waveform, rate_hz = librosa.load(path, sr=22_050)
        waveform = librosa.util.fix_length(
            waveform, size=round(hyperparameters["clip_s"] * rate_hz)
        )
        power = librosa.feature.melspectrogram(y=waveform, sr=rate_hz, n_mels=mels)
        level = librosa.power_to_db(power, top_db=80.0).T  # [frames, mels]
        answer = model.predict({name: level[np.newaxis, :frames]}, verbose=0)
        print(path.name, *next(iter(answer.values()))[0], sep=",")


def rows(run: str, table: str, out: str) -> None:
    """A table read, `model.predict` on all of it, and a table written."""
    model, state = _model(run)
    frame = pd.read_csv(table)
    answers = model.predict({"features": frame[state["columns"]].to_numpy("float32")}, verbose=0)
    labels = state["labels"]
    answer = pd.DataFrame(next(iter(answers.values())), columns=labels)
    answer.insert(0, "best", answer.idxmax(axis=1))
    answer.insert(0, "track_id", frame["track_id"])
    answer.to_csv(out, index=False)


def _model(run: str) -> tuple[Any, dict[str, Any]]:
    """A run's Keras model, and its run.json."""
    import keras

    import kerasfeat  # its layers

    assert kerasfeat
    state = json.loads((Path(run) / "run.json").read_text(encoding="utf-8"))
    return keras.models.load_model(Path(run) / "model.keras"), state


WRITTEN: dict[str, Callable[..., None]] = {
    "fit": fit,
    "boosting": boosting,
    "clips": clips,
    "rows": rows,
}


if __name__ == "__main__":
    WRITTEN[sys.argv[1]](*sys.argv[2:])

"""A finished run at work on songs it has not seen: by song, and window by window."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import hub_models
from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.experiment.dataset import extract_audio, gather
from kerasfeat.experiment.run import load
from kerasfeat.experiment.saved_model import load_model
from kerasfeat.experiment.timelines import spans
from kerasfeat.pipeline.batches import by_song, predict_windows
from kerasfeat.progress import detail
from kerasfeat.targets import of_run
from kerasfeat.tasks import tasks


@dataclass(frozen=True)
class Predictions:
    """What a model says of some songs.

    Attributes:
        frame: the songs that it could read.
        values: [songs, labels] probabilities, or [songs, targets] in the table's unit (of several
            labels their probabilities).
        windows: [windows, labels or targets], in the songs' order.
        owner: [windows] the song that each window belongs to.
        failures: song or file -> reason why there is no prediction, or none from its audio.
        decoder: what the audio was decoded with.
        frontends: dict of audio input to the front-end that cut the windows; empty where only the
            table was read.
        keys: content key of each song's audio, None where there is none; empty where only the table
            was read.
    """

    frame: pd.DataFrame
    values: np.ndarray
    windows: np.ndarray
    owner: np.ndarray
    failures: dict
    decoder: str
    frontends: dict
    keys: list


def task_of(state):
    """The Task of a run, by its run.json."""
    return replace(tasks.get(state["task"]), target=of_run(state))


class Predictor:
    """A model with everything that its run directory says of it."""

    def __init__(self, path: str | Path) -> None:
        self.run = load(path)
        self.state = self.run.read()
        self.task = task_of(self.state)
        self.target = self.task.target
        self.columns = self.state["columns"]
        self.percent = self.state["config"].get("percent", {})
        self.groups = {
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

    def _check_weights(self):
        """What a model heard through a backbone means nothing through another."""
        for name, weights in self.state["weights"].items():
            if self.frontends[name].weights != weights:
                raise KerasfeatError(
                    f"{self.run.path} was trained on {name} with other weights than those "
                    "on this machine (`kerasfeat hub list` shows "
                    "where they lie): put back the ones it was trained with by `kerasfeat "
                    "hub add`, or train it again."
                )

    @property
    def outputs(self):
        """Names of the columns of `Predictions.values`: labels, or targets."""
        return list(self.target.outputs)

    def predict(self, frame, decoder="soundfile", strict=False):
        """Predict every song of a tracks frame that has an input.

        Raises:
            KerasfeatError: if none has.
        """
        if not self.frontends and not any(column in frame for column in self.columns):
            raise KerasfeatError(
                f"the model in {self.run.path} reads a table with the columns "
                f"{', '.join(self.columns)}; got none of them. "
                "Give a table, or train a model that reads audio (`--inputs logmel`)."
            )
        rows, inputs, failures = self.gather(frame, decoder, strict)
        if not len(rows):
            none = np.empty((0, len(self.outputs)))
            return Predictions(
                frame.iloc[:0],
                none,
                none,
                np.empty(0, int),
                failures,
                decoder,
                inputs.frontends,
                [],
            )
        windows, owner = predict_windows(self.model, inputs, np.arange(len(rows)))
        joined = self.target.in_unit(
            np.concatenate([windows[head] for head in self.target.heads], axis=1)
        )
        values = by_song(joined, owner, len(rows))
        # An ensemble does not answer where it weighs with 0 the only members that could.
        answered = np.flatnonzero(np.isfinite(values).all(axis=1))
        its = np.isin(owner, answered)
        used, keys = (
            frame.iloc[rows[answered]].reset_index(drop=True),
            [inputs.keys[song] for song in answered] if inputs.keys else [],
        )
        owner = np.searchsorted(answered, owner[its])
        return Predictions(
            used, values[answered], joined[its], owner, failures, decoder, inputs.frontends, keys
        )

    def gather(self, frame, decoder="soundfile", strict=False):
        """The inputs of every song of a tracks frame that has any, as
        kerasfeat.experiment.dataset.gather gives them.
        """
        in_table = {
            name
            for name, its in self.groups.items()
            if frame.reindex(columns=its).notna().any(axis=None)
        }
        groups = {
            name: its
            for name, its in self.groups.items()
            if name in in_table or name not in self.frontends
        }
        return gather(frame, groups, self.frontends, decoder, strict)

    def timeline(self, predictions, song):
        """Where each window of a song lies: a list of (start_s, end_s, values), or None of a song
        without audio.
        """
        windows = predictions.windows[predictions.owner == song]
        path = predictions.frame["audio"].iloc[song] if "audio" in predictions.frame else None
        if not predictions.frontends or not isinstance(path, str) or path in predictions.failures:
            return None
        places = spans(path, next(iter(predictions.frontends.values())), predictions.decoder)
        # Inputs of different rates may differ by one window at the end: as many count as all have.
        return [(*place, values) for place, values in zip(places, windows, strict=False)]


def _frontend(name, hyperparameters):
    own = {
        key.split(".", 1)[1]: value
        for key, value in hyperparameters.items()
        if key.startswith(f"{name}.")
    }
    return replace(frontends.get(name), clip_s=hyperparameters["clip_s"], **own)


def sounds(frame, count, decoder="soundfile"):
    """What YAMNet hears in songs.

    Args:
        frame: tracks, with absolute paths in `audio`.
        count: how many of AudioSet's 521 classes to name, the most probable first.
        decoder: see kerasfeat.audio.decode.decode.

    Returns:
        {audio file: {class: its mean probability over the song}}; files that can't be decoded are
        not in it.

    Raises:
        HubError: YAMNet's weights are not on this machine.
    """
    frontend = frontends.get("yamnet_scores")
    names = hub_models.class_names("yamnet")
    keys, store, _ = extract_audio(frame, {frontend.name: frontend}, decoder, strict=False)
    heard = {}
    for path, key in zip(frame.get("audio", ()), keys, strict=False):
        if key is not None:
            probabilities = store.read(frontend, key).mean(
                (0, 1)
            )  # [windows, patches, classes] -> [classes]
            heard[path] = {
                names[i]: float(probabilities[i])
                for i in np.argsort(-probabilities, kind="stable")[:count]
            }
    return heard

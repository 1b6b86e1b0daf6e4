"""A finished run scored on labelled songs that it was not trained on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from kerasfeat import KerasfeatError
from kerasfeat.datasets.fuzzy import other_artist, plain
from kerasfeat.datasets.rows import lasting_id, names_one_song
from kerasfeat.evaluation import bootstrap
from kerasfeat.experiment.run import Run
from kerasfeat.inference.predict import Predictor
from kerasfeat.progress import say
from kerasfeat.songs import identity, loading, splits
from kerasfeat.songs.labels import respelled
from kerasfeat.songs.parsing import artist_names
from kerasfeat.songs.problems import DROPPED, describe
from kerasfeat.songs.repeats import on_a_line
from kerasfeat.tasks import Task

SHOWN = 10  # labels that the model does not know


def evaluate(
    path: str, data: str, label: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Score the run at `path` on the table `data`.

    Songs and artists that the model was trained on are left out, and counted: a score on them says
    nothing. Of several numbers that the model predicts, those are scored that the table has.

    Returns:
        (run.json, {"data": rows used and left out, "resampled" and "units": of `bootstrap.units`,
        "test": metrics with ci95, "baselines": {}}).

    Raises:
        KerasfeatError: if no song is left.
    """
    predictor = Predictor(path)
    task = _with_values(predictor, data)
    table = loading.load(
        data, label=label, task=task, percent=predictor.percent, columns=predictor.columns
    )
    for line in describe(table.problems):
        say(f"data: {line}")
    frame, dropped = (
        table.frame,
        Counter(problem.message for problem in table.problems if problem.effect == DROPPED),
    )
    frame = frame.assign(group=splits.groups(frame)[0])
    known = seen(frame, predictor.run, table)
    if known.any():
        dropped["the model was trained on the song or its artist"] = int(known.sum())
        frame = frame[~known]
    target = task.target
    if target.has_labels:
        frame = frame.assign(
            **{column: respelled(frame[column], target.outputs) for column in target.columns}
        )
    strange = ~target.knows(frame)
    if strange.any():
        dropped[f"a {task.name} that the model doesn't know"] = int(strange.sum())
        frame = frame[~strange]
    uncounted = target.uncounted(frame)
    if uncounted:
        say(
            f"{len(uncounted)} {task.name} that the model doesn't know don't count: "
            f"{', '.join(uncounted[:SHOWN])}"
        )
    used, values = _predicted(predictor, frame.reset_index(drop=True), table, dropped)
    for reason, count in dropped.items():
        say(f"{count} of {len(table.frame)} songs left out: {reason}")
    if not len(used):
        raise KerasfeatError(f"no song of {table.path} is left to score the model on.")
    values = values[:, [predictor.outputs.index(output) for output in target.outputs]]
    data = {"rows": len(used), "dropped": dict(dropped), "source": table.source}
    unit, resampled = bootstrap.units(used)
    test = bootstrap.with_intervals(target, target.encode(used), target.from_unit(values), unit)
    return predictor.state, {"data": data, **resampled, "test": test, "baselines": {}}


def _with_values(predictor: Predictor, data: str) -> Task:
    """The run's task with those of its targets that the table at `data` has values of; with all,
    where it has none.
    """
    task = predictor.task
    if len(task.target.columns) == 1:
        return task
    there = loading.load(data, percent=predictor.percent).known(task.target.columns)
    absent = [column for column in task.target.columns if column not in there]
    if not there or not absent:
        return task
    say(f"{data} has no values of {', '.join(absent)}, which the model predicts too: not scored")
    return replace(task, target=task.target.only(there))


def _predicted(predictor, frame, table, dropped):
    """(songs that can be predicted and are new to the model, their predictions); the others are
    added to `dropped`.
    """
    if frame.empty:
        return frame, None
    predictions = predictor.predict(frame)
    if len(predictions.frame) < len(frame):
        dropped["no input that can be used"] = len(frame) - len(predictions.frame)
    heard = seen(predictions.frame, predictor.run, table, predictions.keys)
    if heard.any():
        dropped["the model was trained on the same audio under another name"] = int(heard.sum())
    return predictions.frame[~heard], predictions.values[~heard]


def seen(
    frame: pd.DataFrame, run: Run, table: loading.Tracks, keys: Sequence[str | None] = ()
) -> np.ndarray:
    """[rows] whether the kept model's training or validation part has the song, its artist, or the
    same audio.

    In another table than the model's own an id that is neither Spotify's nor an ISRC may be a mere
    number: it means the song unless both tables name an artist, and not the same one. Where one of
    them has no ids, equal features mean the song.

    Args:
        frame: some rows of a tracks table.
        run: a finished Run.
        table: the Tracks that the rows are of.
        keys: content key of each row's audio, None where there is none; nothing where they are not
            known.
    """
    # An artist may be called "None".
    split = pd.read_csv(run / "splits.csv", dtype=str, keep_default_na=False, na_values=[""])
    last = split[split["fold"] == split["fold"].iloc[-1]]
    known = last[last["part"] != "test"]
    same_table = table.fingerprint == run.read()["config"]["data_fingerprint"]
    ids = known["track_id"].map(lasting_id)
    found = (
        frame["track_id"].isin(ids)
        if same_table
        else _by_id(table.lasting_ids(frame), frame, known.assign(track_id=ids))
    )
    # Both at once, since who the artists in a name are depends on the others.
    theirs = known[next(name for name in ("artists", "artist") if name in known)].map(artist_names)
    ours = frame["artists"] if "artists" in frame else pd.Series([()] * len(frame), dtype=object)
    people = [identity.people(names) for names in identity.apart(pd.concat([theirs, ours]))]
    heard = set().union(*people[: len(known)])
    found |= np.array([not heard.isdisjoint(own) for own in people[len(known) :]], bool)
    if len(keys):
        found |= pd.Series(keys, frame.index, dtype=object).isin(known["audio_key"].dropna())
    if "features_key" in known:
        found |= _by_features(frame, known)
    return found.to_numpy()


def _by_features(frame: pd.DataFrame, known: pd.DataFrame) -> np.ndarray:
    """[rows] whether a song has the features of a known one, where one of both has no id that would
    tell them apart.
    """
    keys = known["features_key"].dropna()
    without_id = keys[on_a_line(known["track_id"])[keys.index]]
    found = identity.have_keys(frame, set(keys)) & on_a_line(frame["track_id"]).to_numpy()
    return found | identity.have_keys(frame, set(without_id))


def _by_id(ids: pd.Series, frame: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """[rows] whether a song of another table has the id of a known one, and is not by another
    artist.
    """
    artists = frame["artist"] if "artist" in frame else [None] * len(frame)
    known_artists = dict(
        zip(known["track_id"], known["artist"].map(identity.somebody), strict=True)
    )

    def same(track_id, artist):
        if pd.isna(track_id) or track_id not in known_artists:
            return False
        names = identity.somebody(artist), known_artists[track_id]
        return (
            names_one_song(track_id)
            or any(map(pd.isna, names))
            or not other_artist(*map(plain, names))
        )

    return pd.Series(
        [same(*song) for song in zip(ids, artists, strict=True)], frame.index, dtype=bool
    )

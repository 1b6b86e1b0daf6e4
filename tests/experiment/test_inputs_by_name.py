"""Tabular inputs by name, front-ends with channels, and what a table can't give."""

import numpy as np
import pandas as pd
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import decode
from kerasfeat.audio.frontends.lowlevel import COLUMNS, descriptors
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.select_inputs import choose_inputs
from kerasfeat.experiment.spec import Spec
from kerasfeat.inference.predict import Predictor
from kerasfeat.inference.requested import songs_of
from kerasfeat.songs import loading, schema
from kerasfeat.tasks import tasks

SHORT = {"epochs": "2", "batch_size": "16"}
CLIPS = {**SHORT, "clip_s": "2"}
DESCRIBED = 3  # songs whose descriptors are those of their audio


@pytest.fixture(scope="module")
def described(songs, tmp_path_factory):
    """The corpus as SpotGenTrack describes songs: a table with the low-level descriptors of each,
    lyrics, metadata, and no audio.
    """
    table = pd.read_csv(songs / "tracks.csv", dtype=str).head(31)
    draw = np.random.default_rng(2)
    rows = [
        list(descriptors(decode(songs / audio, 44_100)[: 2 * 44_100], 44_100).values())
        for audio in table["audio"].head(DESCRIBED)
    ]
    made_up = draw.normal(
        np.mean(rows, axis=0), np.std(rows, axis=0), (len(table) - DESCRIBED, len(COLUMNS))
    )
    extra = pd.DataFrame(np.concatenate([rows, made_up]), columns=COLUMNS)
    for name in (*schema.GROUPS["lyrics"], *schema.GROUPS["metadata"]):
        extra[name] = draw.integers(1, 100, len(table))
    path = tmp_path_factory.mktemp("described") / "tracks.csv"
    pd.concat([table.drop(columns="audio"), extra], axis=1).to_csv(path, index=False)
    return path


@pytest.mark.slow
def test_a_model_of_a_tables_descriptors_reads_audio_too(described, songs, tmp_path):
    run = fit(
        Spec(
            members=("network",),
            task="popularity",
            data=str(described),
            inputs=("lowlevel",),
            hyperparameters=CLIPS,
        ),
        out=str(tmp_path / "run"),
    )
    state = run.read()
    assert state["inputs"] == ["lowlevel"] and state["columns"] == list(COLUMNS)
    predictor = Predictor(run.path)
    from_table = predictor.predict(songs_of([described])[0])
    table = pd.read_csv(songs / "tracks.csv", dtype=str).head(DESCRIBED)
    from_audio = predictor.predict(songs_of([songs / audio for audio in table["audio"]])[0])
    assert len(from_audio.windows) > DESCRIBED  # the table's row is that of the first window
    first = [int(np.flatnonzero(from_audio.owner == song)[0]) for song in range(DESCRIBED)]
    np.testing.assert_allclose(
        from_audio.windows[first], from_table.values[:DESCRIBED], atol=0.5
    )  # popularity, 0 to 100
    assert predictor.timeline(from_audio, 0) and predictor.timeline(from_table, 0) is None


@pytest.mark.slow
def test_every_group_of_columns_is_an_input_of_its_own(described, tmp_path):
    names = ("features", "lyrics", "metadata", "genre_distance")
    run = fit(
        Spec(
            members=("network",),
            task="mood",
            data=str(described),
            inputs=names,
            hyperparameters=SHORT,
        ),
        out=str(tmp_path / "run"),
    )
    shapes = {field["name"]: field["shape"] for field in run.read()["fields"]}
    assert shapes == {"features": [13], "lyrics": [6], "metadata": [3], "genre_distance": [13]}
    assert len(run.read()["columns"]) == 13 + 6 + 3
    predictor = Predictor(run.path)
    frame = songs_of([described])[0]
    saved = pd.read_csv(run / "predictions.csv")
    again = predictor.predict(
        frame[frame["track_id"].isin(saved["track_id"])].sort_values("track_id", ignore_index=True)
    )
    expected = saved.sort_values("track_id")[
        [f"probability_{label}" for label in predictor.outputs]
    ]
    np.testing.assert_allclose(again.values, expected, atol=1e-5)
    distances = predictor.model.get_layer("genre_distance_encoder")
    trained = pd.read_csv(run / "splits.csv").query("part == 'train'")["track_id"]
    genres = frame[frame["track_id"].isin(trained)]["genre"].dropna()
    centroids = dict(zip(distances.genres, np.asarray(distances.centroids), strict=True))
    assert set(genres) == {
        genre for genre, centroid in centroids.items() if np.abs(centroid).max() > 0
    }  # of training songs alone


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hpss", "midside_waveform", "bars"])
def test_front_ends_with_channels_train_with_the_default_model(name, songs, tmp_path):
    table = pd.read_csv(songs / "tracks.csv").head(23)
    table.assign(audio=[str(songs / audio) for audio in table["audio"]]).to_csv(
        tmp_path / "few.csv", index=False
    )
    overrides = {
        **CLIPS,
        "epochs": "1",
        **({"hpss.mels": "23", "hpss.n_fft": "1024"} if name == "hpss" else {}),
    }
    run = fit(
        Spec(
            members=("network",),
            task="danceability",
            data=str(tmp_path / "few.csv"),
            inputs=(name,),
            hyperparameters=overrides,
        ),
        out=str(tmp_path / "run"),
    )
    assert np.isfinite(pd.read_csv(run / "predictions.csv")["predicted_danceability"]).all()


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (("lyrics",), "input 'lyrics' needs at least one of the columns mean_syllables_word"),
        (("lyric",), "Did you mean lyrics"),
        (("metadata", "features"), "artist_popularity"),
        (("midside_logmel",), "whose first axis is 'mels' by default: name one with --model"),
    ],
)
def test_what_the_data_or_the_models_can_not_give_is_told(inputs, told, songs, tmp_path):
    with pytest.raises(KerasfeatError, match=told):
        fit(
            Spec(members=("network",), task="mood", data=str(songs), inputs=inputs),
            out=str(tmp_path / "run"),
        )


def test_lowlevel_needs_columns_or_audio_and_genre_distance_genres(tmp_path):
    table = pd.DataFrame({"track_id": ["a", "b"], "energy": [0.1, 0.2], "mood": ["sad", "happy"]})
    table.to_csv(tmp_path / "t.csv", index=False)
    for name, told in (
        ("lowlevel", "ZCR.* and 194 more or audio files"),
        ("genre_distance", "needs a column 'genre'"),
    ):
        with pytest.raises(KerasfeatError, match=told):
            fit(
                Spec(
                    members=("network",),
                    task="mood",
                    data=str(tmp_path / "t.csv"),
                    inputs=(name,),
                ),
                out=str(tmp_path / "run"),
            )


def test_categories_have_no_distance(tmp_path):
    (tmp_path / "songs.csv").write_text(
        "genre,key,time_signature,mood\nrock,3,4,calm\npop,5,3,sad\n"
    )
    table = loading.load_songs(tmp_path / "songs.csv", task=tasks.get("mood"))
    assert choose_inputs(table, tasks.get("mood")) == ("features",)
    with pytest.raises(
        KerasfeatError,
        match="'genre_distance' needs at least one of the columns danceability.*has none to use",
    ):
        choose_inputs(table, tasks.get("mood"), ("genre_distance",))

"""What `import kerasfeat` offers: from songs to a run, in one process."""

import dataclasses
import os
import random
import shutil
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import kerasfeat as kf

SMALL = {"epochs": 2, "submodels": 2, "units": 12}


@pytest.fixture(scope="module")
def frame(songs):
    """The songs' table without its audio."""
    return pd.read_csv(songs / "tracks.csv").drop(columns="audio")


@pytest.fixture(scope="module")
def run(frame, tmp_path_factory):
    """A run of the DataFrame."""
    out = tmp_path_factory.mktemp("api") / "run"
    return kf.fit(frame, task="mood", members=["network"], hyperparameters=SMALL, seed=3, out=out)


def test_the_import_alone_loads_no_library():
    code = (
        "import sys, kerasfeat; print(sorted({'tensorflow', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


LOAD = "keras.models.load_model({path!r}); print(type(loaded).__name__)"


def loaded_after(imports, path):
    """What a process prints, and its last error, that imports these and has Keras load a file."""
    code = f"{imports}; loaded = {LOAD.format(path=str(path))}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return done.stdout.strip(), done.stderr.strip().splitlines()[-1] if done.returncode else ""


def test_keras_loads_the_model_of_a_run_after_the_import_alone(run):
    assert loaded_after("import kerasfeat, keras", run.path / "model.keras") == (
        "KerasfeatNetwork",
        "",
    )


@pytest.mark.slow
def test_keras_may_be_imported_first_and_names_what_is_missing_without_the_import(run):
    assert loaded_after("import keras, kerasfeat", run.path / "model.keras")[0]
    said, error = loaded_after("import keras", run.path / "model.keras")
    assert not said and "'KerasfeatNetwork'" in error and "'kerasfeat.networks.saved'" in error


def test_every_public_name_is_there():
    assert {"fit", "load_songs", "load_run", "compare", "Run", "recipes"} <= set(dir(kf))
    assert all(getattr(kf, name) is not None for name in dir(kf))
    with pytest.raises(AttributeError, match="no attribute 'fits'"):
        kf.fits  # noqa: B018  the name is what is tested


def test_a_fit_leaves_the_process_as_it_was(frame, tmp_path):
    def drawn():
        own = random.random(), np.random.random()
        of_libraries = float(tf.random.uniform([])), float(keras.random.uniform([]))
        return own, of_libraries

    precision = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    keras.utils.set_random_seed(5)
    untouched = [drawn()[0] for _ in range(2)]
    keras.utils.set_random_seed(5)
    draws = []
    try:
        for out in ("one", "two"):
            kf.fit(
                frame,
                task="mood",
                members=["network"],
                hyperparameters={**SMALL, "epochs": 1},
                mixed_precision=True,
                out=tmp_path / out,
            )
            draws.append(drawn())
        assert [own for own, _ in draws] == untouched
        assert draws[0][1][0] != draws[1][1][0] and draws[0][1][1] != draws[1][1][1]
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy(precision)


def test_a_run_of_a_dataframe_tells_scores_and_predictions(run, frame):
    tested = run.predictions
    assert run.spec.task == "mood" and run.spec.seed == 3
    assert len(tested) == run.metrics["split"]["sizes"]["test"]
    shares = tested.filter(like="probability_")
    assert shares.dtypes.eq("float64").all()
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    accuracy = (tested["true_mood"] == tested["predicted_mood"]).mean()
    assert accuracy == pytest.approx(run.metrics["test"]["accuracy"])
    assert isinstance(run.model, keras.Model) and run.report.is_file()
    assert set(tested["track_id"]) <= set(frame["track_id"].astype(str))


def test_a_notebook_shows_the_scores(run):
    shown = run._repr_html_()
    assert "mood from features" in shown and "this model" in shown
    assert f"{run.metrics['test']['accuracy']:.3f}" in shown


def test_predictions_are_those_of_the_run(run, frame):
    answers = run.predict(frame).set_index("track_id")
    tested = run.predictions.set_index("track_id")
    assert len(answers) == len(frame)
    assert answers.loc[tested.index, "mood"].tolist() == tested["predicted_mood"].tolist()
    again = run.predict(kf.load_songs(frame))
    pd.testing.assert_frame_equal(again, run.predict(frame))


def test_an_export_leaves_the_environment_as_it_was(run, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    before = dict(os.environ)
    run.export(tmp_path, name="moods")
    assert dict(os.environ) == before


INDEXES = {
    "sorted otherwise": pd.Index([7, 3, 5, 1, 2]),
    "duplicate": pd.Index(["x", "y", "x", "z", "x"]),
    "of two levels": pd.MultiIndex.from_tuples(
        [("a", 1), ("a", 2), ("b", 1), ("b", 1), ("c", 1)], names=["album", None]
    ),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_answers_of_a_dataframe_lie_beside_its_rows(run, frame, index, capfd):
    rows = [0, 1, 0, 2, 1]  # two songs have a later row
    asked = frame.iloc[rows].set_axis(index)
    alone = run.predict(frame.head(3))["mood"].tolist()
    capfd.readouterr()
    answers = run.predict(asked)
    said = capfd.readouterr().err
    assert "gets the first's answer (2 rows: line 3" in said and "dropped" not in said
    pd.testing.assert_index_equal(answers.index, index)
    assert answers["track_id"].tolist() == asked["track_id"].astype(str).tolist()
    assert asked.assign(own=answers["mood"])["own"].tolist() == [alone[row] for row in rows]
    described = kf.describe(asked)
    pd.testing.assert_index_equal(described.index, index)
    assert described["title"].tolist() == asked["title"].tolist()
    first = kf.describe(asked, where=f"title = '{asked['title'].iloc[0]}'")
    pd.testing.assert_index_equal(first.index, index[[0, 2]])


def test_the_columns_of_answers_are_the_same_whatever_the_songs_are(
    run, frame, kerasfeat, tmp_path
):
    answered = ["mood", *(f"probability_{label}" for label in run.target.labels)]
    good = run.predict(frame.head(2))
    bad = run.predict(frame.head(2).assign(**dict.fromkeys(run.state["columns"])))
    assert list(good) == list(bad) == ["track_id", "title", "artist", *answered, "error", "note"]
    assert good[answered].notna().all(axis=None) and good["error"].isna().all()
    assert bad[answered].isna().all(axis=None) and bad["error"].notna().all()
    frame.head(2).to_csv(tmp_path / "two.csv", index=False)
    told = kerasfeat("predict", "--format", "csv", run.path, tmp_path / "two.csv")
    assert told.out.splitlines()[0].split(",") == list(good)


def test_answers_of_songs_are_numbered(run, frame):
    songs = kf.load_songs(frame.iloc[[4, 0, 4]])
    assert run.predict(songs).index.tolist() == [0, 1]


def test_a_file_that_is_not_there_is_a_row_with_its_error(run, frame, tmp_path):
    table = tmp_path / "five.csv"
    frame.head(5).to_csv(table, index=False)
    answers = run.predict([table, tmp_path / "none.mp3"])
    assert len(answers) == 6
    assert answers["error"].notna().tolist() == [False] * 5 + [True]


def test_the_command_line_gives_the_same_run(run, frame, tmp_path, kerasfeat):
    frame.to_csv(tmp_path / "songs.csv", index=False)
    words = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    table, out = str(tmp_path / "songs.csv"), str(tmp_path / "run")
    ended = kerasfeat(
        "fit",
        "--members",
        "network",
        "--task",
        "mood",
        "--data",
        table,
        "--seed",
        "3",
        "--out",
        out,
        *words,
    )
    assert ended.code == 0
    there = kf.load_run(out)
    assert there.metrics["test"]["log_loss"] == pytest.approx(run.metrics["test"]["log_loss"])
    compared = kf.compare(run, there)
    assert compared.scores["accuracy"].tolist() == [run.metrics["test"]["accuracy"]] * 2
    assert (compared.differences[["difference", "low", "high"]] == 0).all(axis=None)
    assert "log_loss" in compared._repr_html_()
    assert run.scores.loc["this model"].to_list() == there.scores.loc["this model"].to_list()


def test_a_recipe_makes_its_network(frame):
    network = kf.recipes.get("mood-mlp").build(frame)
    assert set(network.output) == {"mood"}
    assert network.output["mood"].shape == (None, frame["mood"].nunique())


def test_an_unknown_recipe_is_told_with_the_nearest():
    with pytest.raises(kf.KerasfeatError, match="mood-mlp"):
        kf.recipes.get("mood-mpl")


def test_a_front_end_is_called_on_a_waveform():
    logmel = kf.frontends.get("logmel")
    waveform = np.zeros((3, logmel.clip_samples), "float32")  # [batch, samples]
    assert logmel(waveform).shape == (3, *logmel.field.shape)


def test_bad_requests_are_told_before_any_training(frame, tmp_path):
    with pytest.raises(kf.KerasfeatError, match="unknown task 'moods'.*mood"):
        kf.fit(frame, task="moods", out=tmp_path / "run")
    with pytest.raises(kf.KerasfeatError, match="run.json"):
        kf.load_run(tmp_path)
    assert not (tmp_path / "run").exists()


def test_the_same_call_goes_on_after_ctrl_c_though_the_traceback_is_kept(
    frame, tmp_path, monkeypatch
):
    def begin():
        return kf.fit(frame, task="mood", members=["linear"], out=tmp_path / "run")

    def ctrl_c(*given):  # no signal: what starts the tests may have them ignored
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt) as kept:
        patch.setattr("kerasfeat.experiment.fit.write_importance", ctrl_c)
        begin()
    assert begin().path == tmp_path / "run"
    assert kept.tb is not None  # as IPython keeps the last one


def test_a_network_that_is_not_on_this_machine_is_told(songs, tmp_path, monkeypatch):
    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path / "cache"))
    for options in ({"inputs": ["yamnet"]}, {"finetune": "yamnet:layer13"}):
        with pytest.raises(kf.KerasfeatError, match="kerasfeat hub fetch yamnet"):
            kf.fit(songs, "mood", out=tmp_path / "run", **options)
        assert not (tmp_path / "run").exists()
    with pytest.raises(kf.KerasfeatError, match="kerasfeat hub fetch yamnet"):
        kf.frontends.get("yamnet")(np.zeros((1, 80_000)))


@pytest.mark.parametrize(
    "given",
    [["songs.csv"], ("songs.csv",), {"energy": [0.5, 0.25]}, pd.Series(["songs.csv"]), np.ones(3)],
    ids=lambda given: type(given).__name__,
)
def test_songs_of_an_unknown_type_are_refused(given):
    refused = pytest.raises(
        kf.KerasfeatError, match=f"from the type {type(given).__name__}: give the path of a table"
    )
    with refused:
        kf.fit(given, task="mood")
    with refused:
        kf.recipes.get("mood-mlp").build(given)
    with refused:
        kf.load_songs(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "no songs were given: the list is empty"),
        (None, "from the type NoneType: give audio files"),
        ({"energy": [0.5]}, "from the type dict: give"),
        ([{"energy": 0.5}], "from the type list of dict: give"),
        (np.ones((2, 3)), "from the type ndarray of ndarray: give"),
        (np.zeros(16000), "from the type ndarray of float64: give"),
        (np.float64(1), "from the type float64: give"),
        (pd.Series({"title": "One", "energy": 0.5}), "from the type Series of float: give"),
        ("nofolder", "nofolder doesn't exist"),
        (["~nobody-at-all/songs"], "songs doesn't exist"),
        ("", '"" is not a path'),
    ],
)
def test_what_holds_no_songs_is_told(run, given, message):
    with pytest.raises(kf.KerasfeatError, match=message):
        run.predict(given)
    with pytest.raises(kf.KerasfeatError, match=message):
        kf.describe(given)


def test_a_path_may_begin_with_the_home_folder(songs, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    audio = songs / pd.read_csv(songs / "tracks.csv")["audio"].iloc[0]
    (tmp_path / "folder").mkdir()
    shutil.copy(audio, tmp_path / "folder")
    described = kf.describe("~/folder")
    assert described["error"].isna().all() and described["audio"].tolist() == [
        str(tmp_path / "folder" / audio.name)
    ]


def test_a_run_is_evaluated_on_songs_however_they_are_given(run, frame, tmp_path):
    frame.to_csv(tmp_path / "songs.csv", index=False)
    scores = [
        run.evaluate(data)["test"]
        for data in (
            tmp_path / "songs.csv",
            frame,
            kf.load_songs(frame),
            kf.load_songs(frame, task="mood"),
        )
    ]
    assert scores[0] == scores[1] == scores[2] == scores[3]
    with pytest.raises(kf.KerasfeatError, match="from the type list: give"):
        run.evaluate([frame])


def test_a_task_of_songs_may_be_named(frame):
    named = kf.load_songs(frame.head(9), task="mood").frame
    pd.testing.assert_frame_equal(
        named, kf.load_songs(frame.head(9), task=kf.tasks.get("mood")).frame
    )
    with pytest.raises(kf.KerasfeatError, match="unknown task 'moods'. Did you mean mood?"):
        kf.load_songs(frame, task="moods")


def test_a_run_is_itself_or_its_folder(run, frame, tmp_path):
    described = kf.describe(frame.head(1), runs=[run])
    pd.testing.assert_frame_equal(described, kf.describe(frame.head(1), runs=[run.path]))
    assert "probability_calm" in described
    with pytest.raises(kf.KerasfeatError, match=f"{run.path} is a tabular, and model"):
        kf.fit(frame, task="mood", reused=[run], out=tmp_path / "run")


def test_an_empty_path_is_not_the_synthesised_songs():
    with pytest.raises(kf.KerasfeatError, match='"" is not a path'):
        kf.fit("", task="mood")
    with pytest.raises(kf.KerasfeatError, match='"" is not a path'):
        kf.recipes.get("mood-mlp").build("")


def test_two_specs_share_a_key_only_if_they_are_the_same_experiment(run):
    spec = run.spec
    assert kf.Spec.from_json(spec.to_json()) == spec
    assert kf.Spec.from_json(spec.to_json()).key() == spec.key()
    assert dataclasses.replace(spec, seed=spec.seed + 1).key() != spec.key()

"""Any columns of numbers as the table input: fit, resume, predict, evaluate, export; and what fit
says of columns.
"""

import json

import numpy as np
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.cli.fit import command
from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.setup import make_setup
from kerasfeat.experiment.spec import Spec
from kerasfeat.inference.predict import Predictor
from kerasfeat.inference.requested import songs_of

SMALL = {"epochs": "2", "units": "8", "blocks": "1", "submodels": "1", "patience": "1"}
HEADER = "Unnamed: 0,artist,rms_mean,1st peak (Hz),class,tempo,year,label_no,label"


def lines(songs, first=0):
    rng = np.random.default_rng(6)
    for song in range(songs):
        kind = song % 2
        values = [
            rng.normal(kind, 0.5),
            400 + 300 * rng.normal(kind),
            rng.normal(),
            90 + 9 * rng.normal(kind),
            1990 + song % 7,
        ]
        row = [
            song,
            f"A{song // 3}",
            *(f"{value:.4f}" for value in values),
            kind,
            ["blues", "Disco"][kind],
        ]
        if song >= first:
            yield ",".join(map(str, row))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "librosa.csv"
    path.write_text("\n".join([HEADER, *lines(60)]) + "\n")
    return path


def asked(path, columns=("all",), **other):
    return Spec(
        members=("network",),
        **{
            "task": "genre",
            "label": "label",
            "data": str(path),
            "columns": columns,
            "hyperparameters": SMALL,
            **other,
        },
    )


def test_all_columns_of_numbers_from_fit_to_export(path, tmp_path, capfd, kerasfeat):
    run = fit(asked(path), out=tmp_path / "run")
    said = capfd.readouterr().err
    assert (
        "column 'Unnamed: 0' is not an input: it numbers the rows" in said
        and "column 'label_no' is not an input: it numbers the labels" in said
    )
    assert (
        "input features reads 5 columns: tempo, rms_mean, 1st peak (Hz) "
        "(column_1st_peak_hz), class (column_class), year" in said
    )
    assert "columns of numbers that no input reads: Unnamed: 0, label_no" in said and said.index(
        "reads 5 columns"
    ) < said.index("training")
    state = run.read()
    assert state["columns"] == ["tempo", "rms_mean", "column_1st_peak_hz", "column_class", "year"]
    predictor = Predictor(run.path)
    whole = predictor.predict(songs_of([path], predictor.percent, predictor.columns)[0]).values
    part = tmp_path / "part.csv"
    part.write_text("\n".join([HEADER, list(lines(60))[31]]) + "\n")
    np.testing.assert_allclose(
        predictor.predict(songs_of([part], predictor.percent, predictor.columns)[0]).values[0],
        whole[31],
        atol=1e-6,
    )
    shown = json.loads(kerasfeat("predict", run.path, part, "--format", "json").out)
    np.testing.assert_allclose(
        [song["probabilities"]["Disco"] for song in shown], whole[[31], 0], atol=1e-4
    )
    scored = kerasfeat("evaluate", run.path, "--data", path, "--label", "label", "--json")
    assert json.loads(scored.out)["data"]["rows"] == sum(
        parts["sizes"]["test"]
        for parts in [json.loads((run / "metrics.json").read_text())["split"]]
    )
    exported = kerasfeat("export", run.path, tmp_path / "exports", "--name", "any")
    assert exported.code == 0 and "features" in exported.out + exported.err


def test_a_run_of_named_columns_is_resumed_with_the_same_ones(path, tmp_path, monkeypatch):
    from kerasfeat.experiment import fit as module

    out = tmp_path / "run"
    monkeypatch.setattr(
        module, "write_report", lambda path: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        fit(asked(path, ("class", "rms_mean", "tempo")), out=out)
    monkeypatch.undo()
    with pytest.raises(
        KerasfeatError, match="columns: .'class', 'rms_mean', 'tempo'. there, .'class'. now"
    ):
        fit(asked(path, ("class",)), out=out, resume=True)
    run = fit(asked(path, ("class", "rms_mean", "tempo")), out=out, resume=True)
    assert run.read()["columns"] == ["column_class", "rms_mean", "tempo"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("rms_meen",), "unknown column 'rms_meen'.*rms_mean"),
        (("artist",), "--columns artist: the column has no numbers; those that have: "),
        (("label",), "--columns label: a target is never an input"),
        (("rms_mean", "genre"), "--columns genre: a target is never an input"),
    ],
)
def test_columns_that_cannot_be(path, columns, message):
    with pytest.raises(KerasfeatError, match=message):
        make_setup(asked(path, columns))


def test_a_numeric_target_is_no_input(path):
    path.write_text(
        "id,energy,valence,x\n"
        + "".join(f"s{row},0.{row + 1},0.5,{row * row}\n" for row in range(9))
    )
    other = {"task": "attributes", "targets": ("energy",), "label": None}
    assert make_setup(asked(path, **other)).groups == {"features": ("valence", "x")}
    with pytest.raises(KerasfeatError, match="--columns energy: a target is never an input"):
        make_setup(asked(path, ("energy",), **other))


def test_a_recipe_with_columns_of_its_own_takes_no_others(path):
    with pytest.raises(KerasfeatError, match="reads columns of its own; leave --columns out"):
        make_setup(asked(path, recipe="mood-mlp", label=None, task="mood"))


def test_without_known_columns_fit_and_check_name_those_of_numbers(path, kerasfeat, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text(
        "name,rms_mean,label\n"
        + "".join(f"s{row},{row / 7:.3f},{'ab'[row % 2]}\n" for row in range(20))
    )
    ended = kerasfeat(
        "fit", "--members", "network", "--task", "genre", "--label", "label", "--data", other
    )
    assert ended.code == 1 and "--columns takes any numbers, such as rms_mean" in ended.err
    checked = kerasfeat("data", "check", other)
    assert (
        checked.code == 0
        and "numbers among them, which `fit --columns` takes: rms_mean" in checked.out
    )


def test_the_command_takes_names_and_all():
    context = command.make_context("fit", ["--task", "genre", "--columns", "a, b"])
    assert context.params["columns"] == ("a", "b")

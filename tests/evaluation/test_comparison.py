"""Runs against each other on the same songs: figures by hand, refusals, the page, and what the
command prints.
"""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from kerasfeat import KerasfeatError
from kerasfeat.cli import cli
from kerasfeat.evaluation.comparison import compare
from kerasfeat.evaluation.comparison_page import headline, standing, verdict, write_comparison
from kerasfeat.targets import Multiclass, Regression


@pytest.fixture
def pair(write_run, tmp_path):
    """A function: two runs of a kind on the same songs, the second of more skill; options as of
    write_run.
    """

    def make(kind, skill=0.4, **options):
        first = write_run(tmp_path / "weak", kind, skill=skill, **options)
        second = write_run(tmp_path / "strong", kind, skill=1.0, **options)
        for folder in (first, second):
            change(folder, "run.json", lambda run: run.update(FINISHED))
        return first, second

    return make


# What run.json holds when it is finished, beside what the report reads.
FINISHED = {"status": "complete", "config": {}, "weights": {}, "fields": [], "kerasfeat": "0.1.0"}


def change(folder, name, edit):
    content = json.loads((folder / name).read_text())
    edit(content)
    (folder / name).write_text(json.dumps(content))


def edit_table(folder, edit):
    table = pd.read_csv(folder / "predictions.csv")
    edit(table).to_csv(folder / "predictions.csv", index=False)


def test_values_by_hand(pair):
    weak, strong = pair("values")
    a, b = (pd.read_csv(folder / "predictions.csv") for folder in (weak, strong))
    result = compare([weak, strong], samples=101).facts
    assert (result["songs"], result["resampled"], result["units"]) == (53, "artist", 31)
    (found,) = result["pairs"]
    assert (found["run"], found["against"]) == ("strong", "weak")
    errors = [(table["predicted_valence"] - table["true_valence"]).abs() for table in (a, b)]
    difference = found["differences"]["valence/mae"]
    assert difference["value"] == pytest.approx(errors[1].mean() - errors[0].mean())
    assert difference["ci95"][0] < difference["value"] < difference["ci95"][1] < 0
    overall = next(
        row for row in found["wins"] if row["target"] == "valence" and row["band"] is None
    )
    assert overall["better"] == (errors[1] < errors[0]).sum() and overall["songs"] == 53
    assert (
        overall["share"] == overall["better"] / 53
        and overall["ci95"][0] < overall["share"] < overall["ci95"][1]
    )
    band = next(
        row for row in found["wins"] if row["target"] == "valence" and row["band"] == [0.2, 0.3]
    )
    inside = (b["true_valence"] >= 0.2) & (b["true_valence"] < 0.3)
    assert (band["songs"], band["better"]) == (inside.sum(), (errors[1] < errors[0])[inside].sum())
    right = ((b["true_valence"] > 0.5) == (b["predicted_valence"] > 0.5)).mean()
    alone = compare([_only(weak, "valence"), _only(strong, "valence")], samples=11).facts
    assert alone["runs"][1]["scores"]["accuracy"] == pytest.approx(right)


def _only(folder, target):
    change(folder, "run.json", lambda run: run.update(targets=[target]))
    return folder


def test_bands_hold_every_song_with_a_true_value(pair):
    result = compare(pair("values"), samples=11).facts
    for target in result["targets"]:
        rows = [row for row in result["pairs"][0]["wins"] if row["target"] == target]
        whole = next(row for row in rows if row["band"] is None)
        assert whole["songs"] == (51 if target == "danceability" else 53)  # two songs lack it
        for part in ("songs", "better", "worse", "equal"):
            assert sum(row[part] for row in rows if row["band"] is not None) == whole[part]


def test_classes_by_hand(pair):
    weak, strong = pair("classes")
    a, b = (pd.read_csv(folder / "predictions.csv") for folder in (weak, strong))
    result = compare([weak, strong], samples=101).facts
    found = result["pairs"][0]
    right = [(table["predicted_mood"] == table["true_mood"]).mean() for table in (a, b)]
    assert found["differences"]["accuracy"]["value"] == pytest.approx(right[1] - right[0])
    given = [
        np.array(
            [table.loc[song, f"probability_{table.loc[song, 'true_mood']}"] for song in table.index]
        )
        for table in (a, b)
    ]
    assert found["wins"][0]["better"] == (given[1] > given[0]).sum()
    assert [row["band"] for row in found["wins"]] == [None, *result["labels"]]
    assert compare([weak, strong], samples=5).target == Multiclass("mood", tuple(result["labels"]))
    assert result["runs"][0]["scores"]["per_class"].keys() == set(result["labels"])


def test_a_paired_interval_is_narrower_than_that_of_the_scores(pair):
    weak, strong = pair("values", skill=0.9, songs=211)
    result = compare([weak, strong], samples=301).facts
    low, high = result["pairs"][0]["differences"]["mae"]["ci95"]
    alone = [run["ci95"]["mae"] for run in result["runs"]]
    assert high - low < 0.8 * min(top - bottom for bottom, top in alone)


def test_songs_without_names_are_drawn_one_by_one(pair):
    weak, strong = pair("values")
    for folder in (weak, strong):
        edit_table(folder, lambda table: table.assign(title="", artist=""))
    result = compare([weak, strong], samples=101).facts
    assert (result["songs"], result["resampled"], result["units"]) == (53, "track", 53)
    low, high = result["pairs"][0]["differences"]["mae"]["ci95"]
    assert low < result["pairs"][0]["differences"]["mae"]["value"] < high


def test_a_run_against_itself_differs_in_nothing(pair):
    run, _ = pair("classes")
    result = compare([run, run], samples=11).facts
    found = result["pairs"][0]
    assert all(
        difference["value"] == 0 and difference["ci95"] == [0, 0]
        for difference in found["differences"].values()
    )
    assert found["wins"][0]["equal"] == 53 and standing(found, "accuracy") == "level"


def test_equal_runs_are_seldom_told_apart(write_run, tmp_path):
    """Under no difference a 95 % interval leaves out 0 in about one of twenty comparisons."""
    draw, left_out = np.random.default_rng(5), 0
    runs = [
        write_run(tmp_path / name, "values", targets=("valence",), songs=67) for name in ("a", "b")
    ]
    for _ in range(40):
        for run in runs:
            edit_table(
                run,
                lambda table: table.assign(predicted_valence=0.5 + draw.normal(0, 0.1, len(table))),
            )
        found = compare(runs, samples=101).facts["pairs"][0]["differences"]["mse"]["ci95"]
        left_out += not found[0] <= 0 <= found[1]
    assert left_out <= 7


def test_the_order_of_songs_does_not_matter(pair):
    weak, strong = pair("values")
    before = compare([weak, strong], samples=11).facts
    edit_table(strong, lambda table: table.sample(frac=1, random_state=1))
    assert compare([weak, strong], samples=11).facts == before


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (
            lambda table: table.iloc[:-2],
            "different test songs \\(51 in both, 2 only in weak, 0 only in strong; such as t5",
        ),
        (
            lambda table: table.assign(track_id="x" + table["track_id"]),
            "0 in both, 53 only in weak, 53 only in strong.*same --seed",
        ),
        (
            lambda table: table.assign(
                true_valence=table["true_valence"].where(table.index != 7, 0.1)
            ),
            r"other true values of valence, .* for 1 of 53 songs, such as t7: \[0\.\d+, .* "
            r"and \[0\.1, .*the same table",
        ),
    ],
)
def test_other_songs_are_refused(pair, edit, told):
    weak, strong = pair("values")
    edit_table(strong, edit)
    with pytest.raises(KerasfeatError, match=told):
        compare([weak, strong])


def test_songs_whose_inputs_a_run_lacks_are_left_out(pair, capfd):
    weak, strong = pair("values")
    before = compare([weak, strong], samples=11).facts
    edit_table(strong, lambda table: table.iloc[:-2])
    splits = pd.read_csv(strong / "splits.csv")
    splits[~splits["track_id"].isin(["t51", "t52"])].to_csv(strong / "splits.csv", index=False)
    after = compare([weak, strong], samples=11).facts
    assert (before["songs"], after["songs"]) == (53, 51)
    assert (
        "2 of 53 test songs left out: a run had no inputs of them, or another table"
        in capfd.readouterr().err
    )
    shorter = pd.read_csv(weak / "predictions.csv").iloc[:-2]
    error = (shorter["predicted_energy"] - shorter["true_energy"]).abs().mean()
    assert after["runs"][0]["scores"]["energy/mae"] == pytest.approx(error)


def test_other_tasks_are_refused(write_run, tmp_path):
    values, classes = (
        write_run(tmp_path / "values", "values"),
        write_run(tmp_path / "classes", "classes"),
    )
    with pytest.raises(
        KerasfeatError, match="one predicts valence, energy, danceability, the other mood \\(calm, "
    ):
        compare([values, classes])
    other = write_run(tmp_path / "other", "values", targets=("liveness", "speechiness"))
    with pytest.raises(KerasfeatError, match="no target is common"):
        compare([values, other])
    with pytest.raises(KerasfeatError, match="two runs or more"):
        compare([values])
    fewer = write_run(tmp_path / "fewer", "classes", labels=("calm", "sad"))
    with pytest.raises(
        KerasfeatError,
        match=r"one predicts mood \(calm, .*, the other mood \(calm, sad\). Name runs of one",
    ):
        compare([classes, fewer])


def test_runs_with_some_common_targets_are_compared_on_those(write_run, tmp_path):
    three = write_run(tmp_path / "three", "values")
    one = write_run(tmp_path / "one", "values", targets=("valence",))
    edit_table(
        one,
        lambda table: table.assign(
            true_valence=pd.read_csv(three / "predictions.csv")["true_valence"]
        ),
    )
    result = compare([three, one], samples=11).facts
    assert result["targets"] == ["valence"]
    table = pd.read_csv(three / "predictions.csv")
    error = (table["predicted_valence"] - table["true_valence"]).abs()
    assert result["runs"][0]["scores"]["mae"] == pytest.approx(error.mean())


def test_numbers_are_compared_as_shares_of_their_range_in_bands_of_the_tables_unit(pair):
    ranges = {"popularity": (0.0, 100.0), "arousal": (1.0, 9.0)}
    weak, strong = pair("values", targets=tuple(ranges), ranges=ranges)
    comparison = compare([weak, strong], samples=11)
    assert comparison.target == Regression(("popularity", "arousal"), (0.0, 1.0), (100.0, 9.0))
    table = pd.read_csv(strong / "predictions.csv")
    scores = comparison.facts["runs"][1]["scores"]
    for name, width in (("popularity", 100), ("arousal", 8)):
        error = (table[f"predicted_{name}"] - table[f"true_{name}"]).abs()
        assert scores[f"{name}/mae"] == pytest.approx(error.mean() / width)
    bands = [
        row["band"]
        for row in comparison.facts["pairs"][0]["wins"]
        if row["target"] == "arousal" and row["band"]
    ]
    assert bands == sorted(bands) and bands[0][0] >= 1 and bands[-1][1] <= 9
    assert {round(high - low, 6) for low, high in bands} == {0.8}
    json.dumps(comparison.facts, allow_nan=False)


def test_several_labels_by_hand(pair):
    weak, strong = pair("labels", labels=("folk", "jazz", "rock"))
    comparison = compare([weak, strong], samples=51)
    losses, truth = [], None
    for folder in (weak, strong):
        table = pd.read_csv(folder / "predictions.csv")
        truth, given = (
            table[[f"{part}_{label}" for label in ("folk", "jazz", "rock")]].to_numpy()
            for part in ("true", "predicted")
        )
        losses.append(-np.log(np.where(truth == 1, given, 1 - given)).mean(axis=1))
    (found,) = comparison.facts["pairs"]
    assert found["differences"]["log_loss"]["value"] == pytest.approx(
        losses[1].mean() - losses[0].mean()
    )
    whole, *by_label = found["wins"]
    assert (whole["target"], whole["songs"], whole["better"]) == (
        "genres",
        53,
        (losses[1] < losses[0]).sum(),
    )
    for place, row in enumerate(by_label):
        own = truth[:, place] == 1
        assert (row["songs"], row["better"]) == (own.sum(), (losses[1] < losses[0])[own].sum())
    assert headline(comparison).startswith("strong is better than weak: ROC AUC +0.")


UNDECIDED = {"value": 0.01, "ci95": [-0.02, 0.04]}
LEVEL_WINS = {"band": None, "songs": 69, "better": 31, "worse": 38, "equal": 0, "ci95": [0.4, 0.6]}


@pytest.mark.parametrize(
    ("log_loss", "wins", "said"),
    [
        ({"value": -0.2, "ci95": [-0.3, -0.1]}, {}, "but new is better than old: Log loss −0.2"),
        ({"value": 0.3, "ci95": [0.2, 0.4]}, {}, "but new is worse than old: Log loss +0.3"),
        (
            UNDECIDED,
            {"better": 62, "worse": 7, "ci95": [0.8, 0.95]},
            "but new is nearer to the truth on 62 of 69 songs",
        ),
    ],
)
def test_the_clearest_difference_is_named_where_the_main_score_tells_nothing(log_loss, wins, said):
    target = Multiclass("mood", ("happy", "sad"))
    differences = {**dict.fromkeys(target.compared_metrics, UNDECIDED), "log_loss": log_loss}
    pair = {"run": "new", "against": "old", "differences": differences}
    assert said in verdict({**pair, "wins": [{**LEVEL_WINS, **wins}]}, target)


@pytest.mark.parametrize("kind", ["values", "classes", "labels"])
def test_the_page_tells_who_is_better(pair, kind, tmp_path):
    page = write_comparison(compare(pair(kind), samples=51), tmp_path / "out")
    text = page.read_text(encoding="utf-8")
    assert "strong is better than weak" in text and "<script" not in text and "http" not in text
    assert {plot.name for plot in (tmp_path / "out" / "plots").glob("*.png")} >= {"compared.png"}
    assert text.count("<svg") == (4 if kind == "values" else 2)


@pytest.mark.parametrize("runs", [2, 3])
def test_runs_that_cannot_be_scored_are_called_so(write_run, tmp_path, runs):
    """All test songs have the same labels, so that no label can be told from its absence."""
    folders = [
        write_run(tmp_path / f"run{number}", "labels", labels=("rock", "pop"), skill=number / 3)
        for number in range(runs)
    ]
    for folder in folders:
        change(folder, "run.json", lambda run: run.update(FINISHED))
        edit_table(folder, lambda table: table.assign(true_rock=1, true_pop=0))
    ended = CliRunner().invoke(cli, ["compare", *map(str, folders), "--out", str(tmp_path / "out")])
    assert ended.exit_code == 0, ended.exception
    assert "undefined" in ended.stdout
    text = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert (
        "run1 can&#39;t be measured against run0: ROC AUC is undefined for these test songs" in text
    )
    assert ("No run can be scored" in text) == (runs == 3)


def test_the_command_prints_every_format(pair, tmp_path):
    weak, strong = pair("values")
    out = {
        form: CliRunner().invoke(
            cli,
            ["compare", str(weak), str(strong), "--format", form, "--out", str(tmp_path / form)],
        )
        for form in ("table", "csv", "json", "markdown")
    }
    assert all(result.exit_code == 0 for result in out.values()), out
    found = json.loads(out["json"].stdout)
    rows = list(csv.DictReader(io.StringIO(out["csv"].stdout)))
    (difference,) = [row for row in rows if row["what"] == "difference" and row["name"] == "mae"]
    assert float(difference["value"]) == pytest.approx(
        found["pairs"][0]["differences"]["mae"]["value"]
    )
    assert "| run | recipe | mse | mae | pearson | r2 | accuracy |" in out["markdown"].stdout
    assert "share nearer" in out["table"].stdout
    assert (tmp_path / "table" / "comparison.html").is_file()
    told = CliRunner().invoke(cli, ["compare", str(weak), str(tmp_path)])
    assert isinstance(told.exception, KerasfeatError) and "is not a run" in str(told.exception)

import json
import re
import time
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from kerasfeat import KerasfeatError
from kerasfeat.evaluation.numbers import duration, number
from kerasfeat.evaluation.report import write_report

VOID = {"meta", "br", "hr", "img", "input", "link"}
COMMON = {"scores", "errors", "calibration", "training", "data", "run"}


class Page(HTMLParser):
    """Holds that tags nest and ids are unique; collects what tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.tags, self.words = [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [
            value
            for name, value in attributes.items()
            if name in ("href", "src", "xlink:href", "data", "srcset", "action")
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


def page_of(folder):
    return Page(write_report(folder).read_text(encoding="utf-8"))


def change(folder, name, edit):
    content = json.loads((folder / name).read_text())
    edit(content)
    (folder / name).write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("kind", "options", "sections"),
    [
        ("classes", {}, {"labels"}),
        (
            "classes",
            {"folds": 3, "songs": 59, "labels": [f"genre {n}" for n in range(14)]},
            {"labels"},
        ),
        ("values", {}, {"values"}),
        ("values", {"folds": 3, "targets": ("valence",)}, {"values"}),
        ("labels", {}, {"labels"}),
    ],
)
def test_page_is_whole_and_self_contained(write_run, tmp_path, kind, options, sections):
    folder = write_run(tmp_path / "run", kind, **options)
    page = page_of(folder)
    assert set(page.ids) >= COMMON | sections
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    text = (folder / "report.html").read_text()
    assert "http" not in text and "@import" not in text and not re.search(r"url\((?!#)", text)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "img", "object"}
    # Every plot is there twice: as SVG with a text alternative, and as PNG.
    plots = [attributes for tag, attributes in page.tags if attributes.get("role") == "img"]
    assert (
        len(plots)
        == len(list((folder / "plots").glob("*.png")))
        == sum(tag == "svg" for tag, _ in page.tags)
    )
    assert all(len(plot["aria-label"]) > 20 for plot in plots)
    assert all(
        attributes.get("scope") in ("col", "row") for tag, attributes in page.tags if tag == "th"
    )
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []


def test_page_opens_with_the_finding(write_run, tmp_path):
    folder = write_run(tmp_path / "run")

    def edit(metrics):
        metrics["test"]["accuracy"], metrics["test"]["ci95"]["accuracy"] = 0.8, [0.76, 0.84]
        metrics["baselines"] = {
            "constant": {"accuracy": 0.3},
            "gradient_boosting": {"accuracy": 0.79},
        }
        lead = {"value": 0.01, "ci95": [-0.0312, 0.0519]}
        metrics["best_baseline"] = {"name": "gradient_boosting", "differences": {"accuracy": lead}}
        metrics["resampled"], metrics["units"] = "artist", 23

    change(folder, "metrics.json", edit)
    text = page_of(folder).text
    assert "Right for 80 of 100 songs, not clearly better than gradient boosting" in text
    assert (
        "80.0% of the test songs (95% interval 76.0 to 84.0%); the best baseline, gradient "
        "boosting, reaches 79.0%." in text
    )
    assert (
        "On the same songs the model is 1.0 points ahead (95% interval of the lead "
        "\N{MINUS SIGN}3.1 to +5.2 points)" in text
    )
    assert (
        "it is not distinguishable from it on this test." in text
        and "percentile bootstrap over 23 artist groups" in text
    )
    assert (
        "Intervals over 23 artist groups are too narrow; more artists, or cross-validation "
        "(--folds 10), would fix that." in text
    )
    assert "Always predicting the commonest label would be right for 30.0%." in text


def test_few_songs_are_judged_by_their_probabilities(write_run, tmp_path):
    folder = write_run(tmp_path / "run")

    def edit(metrics):
        metrics["test"]["accuracy"], metrics["test"]["ci95"]["accuracy"] = 0.8, [0.76, 0.84]
        metrics["test"]["log_loss"], metrics["test"]["ci95"]["log_loss"] = 0.448, [0.41, 0.49]
        metrics["baselines"] = {
            "constant": {"accuracy": 0.3, "log_loss": 1.25},
            "simple_blend": {"accuracy": 0.82, "log_loss": 0.5},
        }
        differences = {
            "accuracy": {"value": -0.02, "ci95": [-0.0612, 0.0219]},
            "log_loss": {"value": -0.052, "ci95": [-0.0861, -0.0212]},
        }
        metrics["best_baseline"] = {
            "name": "simple_blend",
            "by": "log_loss",
            "differences": differences,
        }

    change(folder, "metrics.json", edit)
    page = page_of(folder)
    drawn = [attributes.get("aria-label") for _, attributes in page.tags]
    assert "Log loss: fusion 0.448, constant 1.250, simple blend 0.500." in drawn
    text = page.text
    assert "Right for 80 of 100 songs, better probabilities than every baseline" in text
    assert (
        "the best baseline, simple blend, reaches 82.0%. On the same songs the model is 2.0 points "
        "behind (95% interval of the lead \N{MINUS SIGN}6.1 to +2.2 points). With so few songs, "
        "probabilities are the better measure: in log loss it is 0.052 ahead (95% interval of the "
        "lead +0.021 to +0.086), better than every baseline."
    ) in text


def test_every_member_has_its_row_whatever_it_is_called(write_run, tmp_path):
    folder = write_run(tmp_path / "run", model="ensemble")
    shares = {"model": 0.111, "gradient_boosting": 0.222, "own": 0.333}

    def edit(metrics):
        metrics["test"]["accuracy"], metrics["test"]["ci95"]["accuracy"] = 0.8, [0.76, 0.84]
        metrics["members"] = {name: {"accuracy": accuracy} for name, accuracy in shares.items()}
        metrics["baselines"] = {
            "constant": {"accuracy": 0.444},
            "gradient_boosting": {"accuracy": 0.555},
        }
        metrics["best_baseline"] = {
            "name": "gradient_boosting",
            "differences": {"accuracy": {"value": 0.245, "ci95": [0.1, 0.3]}},
        }

    change(folder, "metrics.json", edit)
    text = page_of(folder).text
    table = text[text.index("Scores beside simple models") : text.index("higher is better, ↓")]
    names = re.findall(r"(ensemble|model|gradient boosting|own|constant) (0\.\d{3})", table)
    assert names == [
        ("ensemble", "0.800"),
        ("model", "0.111"),
        ("gradient boosting", "0.222"),
        ("own", "0.333"),
        ("constant", "0.444"),
        ("gradient boosting", "0.555"),
    ]


CURVE = [
    {"songs": songs, "value": songs / 100, "interval": [songs / 110, songs / 90]}
    for songs in (19, 37, 73)
]


def test_too_few_songs_for_a_learning_curve_are_told(write_run, tmp_path):
    folder = write_run(tmp_path / "run")
    change(folder, "metrics.json", lambda metrics: metrics.update(learning_curve=CURVE[-1:]))
    assert (
        "can't be answered: 73 training songs are too few to train on parts of them."
        in page_of(folder).text
    )
    change(folder, "metrics.json", lambda metrics: metrics.update(learning_curve=CURVE))
    assert (
        "From 37 to 73 training songs, Accuracy went from 0.370 to 0.730." in page_of(folder).text
    )


def test_a_learning_curve_stands_beside_baselines_on_the_same_songs_only(write_run, tmp_path):
    for folds in (None, 3):
        folder = write_run(tmp_path / f"run{folds}", folds=folds)
        change(folder, "metrics.json", lambda metrics: metrics.update(learning_curve=CURVE))
        text = write_report(folder).read_text(encoding="utf-8")
        section = text[text.index('<section id="learning"') :].split("</section>")[0]
        assert (
            ("diamonds are the baselines" in section)
            == ("logistic regression" in section)
            == (folds is None)
        )


def test_markup_in_the_data_is_shown_not_run(write_run, tmp_path):
    evil = "<script>alert(1)</script>"
    folder = write_run(
        tmp_path / "run",
        labels=["calm", "$a_b$", '"><svg onload=x>', "日本の"],
        audio_failures={f"{evil}.mp3": evil},
        command=evil,
    )
    table = pd.read_csv(folder / "predictions.csv")
    table["title"], table["artist"] = evil, "Sigur Rós & Björk"
    table.to_csv(folder / "predictions.csv", index=False)
    page = page_of(folder)
    assert "script" not in {tag for tag, _ in page.tags}
    assert not [
        attributes
        for _, attributes in page.tags
        if any(name.startswith("on") for name in attributes)
    ]
    assert (
        evil in page.text
        and "Sigur Rós & Björk" in page.text
        and "$a_b$" in page.text
        and "日本の" in page.text
    )


def test_worst_errors_are_the_wrong_answers_that_leave_the_truth_least(write_run, tmp_path):
    folder = write_run(tmp_path / "run", songs=59, skill=0.1)
    table = pd.read_csv(folder / "predictions.csv")
    table["title"] = ["NA", "None", *table["title"][2:]]  # titles, not missing values
    wrong = table[table["true_mood"] != table["predicted_mood"]]
    left = [row[f"probability_{row['true_mood']}"] for _, row in wrong.iterrows()]
    order = wrong.assign(left=left).nsmallest(20, "left")
    table.to_csv(folder / "predictions.csv", index=False)
    text = page_of(folder).text
    section = text[text.index("Worst errors", text.index("Label by label")) :]
    places = [section.index(f" {title} Artist") for title in order["title"]]
    assert len(wrong) > 20 and places == sorted(places)
    assert "Listen" not in section  # there is no sound
    first = order.iloc[0]
    assert f"{first['true_mood']} {first['predicted_mood']} {first['left']:.3f}" in section


def test_worst_errors_of_labels_are_those_with_the_largest_log_loss(write_run, tmp_path):
    folder = write_run(tmp_path / "run", "labels", labels=("folk", "jazz", "rock"))
    table = pd.read_csv(folder / "predictions.csv")
    table.loc[
        17,
        [
            "true_folk",
            "true_jazz",
            "true_rock",
            "predicted_folk",
            "predicted_jazz",
            "predicted_rock",
        ],
    ] = 1, 1, 0, 0.01, 0.9, 0.98
    table.loc[
        18,
        [
            "true_folk",
            "true_jazz",
            "true_rock",
            "predicted_folk",
            "predicted_jazz",
            "predicted_rock",
        ],
    ] = 0, 0, 0, 0.2, 0.9, 0.98
    table.to_csv(folder / "predictions.csv", index=False)
    text = page_of(folder).text
    section = text[text.index("Worst errors", text.index("Label by label")) :]
    log_loss = -np.log([0.01 * 0.9 * 0.02, 0.8 * 0.1 * 0.02]) / 3
    first, second = f"folk, jazz jazz, rock {log_loss[0]:.3f}", f"none jazz, rock {log_loss[1]:.3f}"
    assert section.index(first) < section.index(second)
    assert "Can its probabilities be trusted?" in text


def test_worst_errors_of_values_name_their_target(write_run, tmp_path):
    folder = write_run(tmp_path / "run", "values")
    table = pd.read_csv(folder / "predictions.csv")
    table.loc[17, ["true_energy", "predicted_energy"]] = 0.0, 7.0
    table.to_csv(folder / "predictions.csv", index=False)
    assert "Song 17 Artist 17 energy 0.000 7.000 7.000" in page_of(folder).text


def test_numbers_are_shown_in_the_tables_unit_and_errors_ranked_by_their_share_of_the_range(
    write_run, tmp_path
):
    ranges = {"popularity": (0.0, 100.0), "arousal": (1.0, 9.0)}
    folder = write_run(tmp_path / "run", "values", targets=tuple(ranges), ranges=ranges)
    table = pd.read_csv(folder / "predictions.csv")
    assert (
        table["true_popularity"].max() > 50 and table["true_arousal"].between(1, 9).sum() == 51
    )  # two lack it
    table.loc[17, ["true_popularity", "predicted_popularity"]] = 2.5, 82.5
    table.loc[23, ["true_arousal", "predicted_arousal"]] = 1.5, 8.7
    table.to_csv(folder / "predictions.csv", index=False)
    text = page_of(folder).text
    places = [
        text.index(row)
        for row in (
            "Song 23 Artist 23 arousal 1.500 8.700 7.200",
            "Song 17 Artist 17 popularity 2.500 82.500 80.000",
        )
    ]
    assert places == sorted(places)
    (plot,) = re.findall(
        r'aria-label="(Popularity: true minus predicted value[^"]*)"',
        (folder / "report.html").read_text(),
    )
    error = table["true_popularity"] - table["predicted_popularity"]
    assert f"mean {number(error.mean())}, MAE {number(error.abs().mean())}" in plot


def test_synthesised_data_leaks_and_losses_are_said_loudly(write_run, tmp_path):
    folder = write_run(
        tmp_path / "run",
        audio_failures={f"audio/{n}.mp3": f"reason {n}" for n in range(67)},
        status="running",
    )

    def edit(metrics):
        metrics["data"] |= {"source": "synthesised demo songs", "artists": None}
        metrics["split"] |= {"shared_artists": None, "shared_ids": 2, "shared_audio": 0}

    change(folder, "metrics.json", edit)
    text = page_of(folder).text
    assert "Synthesised data." in text and "This run is not finished" in text
    assert "The split leaks. 2 track ids are on both sides of it" in text
    assert "67 audio files could not be used. The table has 1 problem." in text
    assert "reason 49" in text and "reason 50" not in text
    assert "no label 3" in text and "tempo 7" in text and "not known" in text


def test_optional_files_may_be_missing(write_run, tmp_path):
    for kind in ("classes", "values", "labels"):
        folder = write_run(tmp_path / kind, kind, folds=3)
        for name in ("history.csv", "predictions.csv", "splits.csv"):
            (folder / name).unlink()
        page = page_of(folder)
        assert {"scores", "data", "run"} <= set(page.ids)
        assert not {"errors", "calibration", "training"} & set(page.ids)
        assert all(link[1:] in page.ids for link in page.links)


def test_run_json_may_leave_out_what_there_was_nothing_of(write_run, tmp_path):
    folder = write_run(tmp_path / "run", "values")
    optional = (
        "recipe",
        "folds",
        "columns",
        "hyperparameters",
        "data_problems",
        "audio_failures",
        "imputed",
        "seconds",
        "versions",
    )
    change(folder, "run.json", lambda run: [run.pop(name) for name in optional])
    assert "could not be used" not in page_of(folder).text


def test_undefined_scores_are_called_so(write_run, tmp_path):
    folder = write_run(tmp_path / "run", "values")

    def edit(metrics):
        for name in ("r2", "pearson", "spearman", "energy/r2", "energy/pearson", "energy/mae"):
            metrics["test"][name] = metrics["test"]["ci95"][name] = None

    change(folder, "metrics.json", edit)
    table = pd.read_csv(folder / "predictions.csv").assign(true_energy=np.nan)
    table.to_csv(folder / "predictions.csv", index=False)
    assert page_of(folder).text.count("undefined") > 5


def test_a_lone_class_no_baselines_and_one_epoch(write_run, tmp_path):
    folder = write_run(tmp_path / "run")
    rows = pd.read_csv(folder / "history.csv").iloc[:1][["fold", "epoch", "loss", "accuracy"]]
    rows.to_csv(folder / "history.csv", index=False)

    def edit(metrics):
        metrics["baselines"], metrics["test"]["ci95"] = {}, {}
        del metrics["best_baseline"]
        metrics["test"]["per_class"] = {
            label: each | {"f1": None} for label, each in metrics["test"]["per_class"].items()
        }
        metrics["data"]["dropped"] = {}

    change(folder, "metrics.json", edit)
    text = page_of(folder).text
    assert "No baseline was trained." in text and "No song was left out." in text


def test_an_unfinished_run_is_refused(tmp_path):
    with pytest.raises(KerasfeatError, match="run.json is damaged .it is not there."):
        write_report(tmp_path)


@pytest.mark.parametrize("name", ["permutation_importance.json", "timelines.json"])
@pytest.mark.parametrize("content", ["", "[[]]", '{"inputs": 3}'])
def test_a_damaged_section_is_named(write_run, tmp_path, name, content):
    folder = write_run(tmp_path / "run")
    (folder / name).write_text(content)
    with pytest.raises(KerasfeatError, match=f"{name} is damaged .* The other commands still"):
        write_report(folder)


def test_page_stays_small_with_many_songs(write_run, tmp_path):
    folder = write_run(tmp_path / "run", "values", targets=("valence",), songs=5003)
    assert write_report(folder).stat().st_size < 700_000


def test_text_contrast_in_light_and_dark(write_run, tmp_path):
    text = write_report(write_run(tmp_path / "run")).read_text()
    themes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", text, re.DOTALL)[:2]
    ]
    assert themes[0].keys() == themes[1].keys()
    for theme in themes:
        full_cell = [
            (low + high) / 2
            for low, high in zip(rgb(theme["paper"]), rgb(theme["model"]), strict=True)
        ]
        pairs = [
            (theme[front], theme[back])
            for front in ("ink", "muted", "model", "other")
            for back in ("paper", "raised")
        ]
        for front, back in [*pairs, (theme["warn-ink"], theme["warn-paper"])]:
            assert contrast(rgb(front), rgb(back)) >= 4.5, (front, back)
        assert contrast(rgb(theme["ink"]), full_cell) >= 4.5


def rgb(colour):
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def contrast(*colours):
    """WCAG 2.2 contrast ratio."""

    def luminance(colour):
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in np.array(colour) / 255
        ]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    low, high = sorted(map(luminance, colours))
    return (high + 0.05) / (low + 0.05)


def test_numbers_and_times_are_readable():
    assert [number(value) for value in (None, float("nan"), 14273, 0.7839, -0.12)] == [
        "undefined",
        "undefined",
        "14,273",
        "0.784",
        "−0.120",
    ]
    assert [duration(seconds) for seconds in (3.14, 260.2, 3900)] == [
        "3.1 s",
        "4 min 20 s",
        "1 h 5 min",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classes", "values", "labels"])
def test_a_hundred_thousand_songs_take_seconds(write_run, tmp_path, kind):
    folder = write_run(tmp_path / "run", kind, songs=503)
    table = pd.read_csv(folder / "predictions.csv").sample(100_000, replace=True, random_state=0)
    table["year"], table["artist_songs"] = (
        1960 + np.arange(len(table)) % 61,
        np.arange(len(table)) % 40 + 1,
    )
    table["genre"], table["loudness"] = (
        "genre " + (table["year"] % 23).astype(str),
        -np.linspace(0, 60, len(table)),
    )
    table.to_csv(folder / "predictions.csv", index=False)
    start = time.monotonic()
    page = write_report(folder)
    assert time.monotonic() - start < 60  # some 5 s, on a machine with nothing else to do
    assert page.stat().st_size < 1_000_000

"""The exported graph beside the same computation outside it: cut with numpy, front-end, Keras
model, mean.
"""

import inspect
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from untrained_graphs import COLUMNS, MOOD, agree, songs_of, untrained

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.fields import Field
from kerasfeat.networks.assembly import assemble
from kerasfeat.networks.trunks import trunks
from kerasfeat.serving import BATCH_SIZES, answers, warmup
from kerasfeat.serving.graph import CHUNK_WINDOWS, Graph
from kerasfeat.serving.signatures import signatures
from kerasfeat.targets import Multilabel, Regression


def refused(name):
    """Why a server can't compute a front-end; "" where it can."""
    frontend = frontends.get(name)
    if frontend.channels != 1:
        return "it reads mid"
    by_librosa = "numpy_function" in Path(inspect.getfile(type(frontend))).read_text()
    return "librosa computes" if by_librosa else ""


def padded(waveforms, value=0.0):
    longest = max(map(len, waveforms))
    rows = np.stack([np.pad(w, (0, longest - len(w)), constant_values=value) for w in waveforms])
    return tf.constant(rows), [len(w) for w in waveforms]


@pytest.mark.parametrize("name", [name for name in frontends.names() if not refused(name)])
def test_songs_of_every_length_give_what_the_model_gives_outside_the_graph(name, backbones):
    graph = untrained([name])
    waveforms = songs_of(graph, 0.3, 2.3, 1.0)
    table = np.zeros((3, 0), "float32")
    # A server pads with a song's first sample, not with silence.
    agree(
        graph.from_waveform(*padded(waveforms, 0.25), table),
        warmup.reference(graph, waveforms, table),
    )


def test_inputs_of_several_rates_are_resampled_in_the_graph():
    graph = untrained(["logmel", "mfcc"])
    assert graph.rate_hz == 44_100
    waveforms, table = songs_of(graph, 0.4, 1.7), np.zeros((2, 0), "float32")
    agree(
        graph.from_waveform(*padded(waveforms), table),
        warmup.reference(graph, waveforms, table),
        3e-5,
    )


def test_a_song_of_more_windows_than_are_taken_at_a_time():
    graph = untrained(["waveform"])
    waveforms, table = songs_of(graph, CHUNK_WINDOWS + 7.5, 2.0), np.zeros((2, 0), "float32")
    agree(graph.from_waveform(*padded(waveforms), table), warmup.reference(graph, waveforms, table))


def test_fusion_answers_for_songs_without_audio_and_without_features():
    graph = untrained(["logmel"], features=COLUMNS)
    assert graph.alone == ("features", "audio")
    table = np.array([[0.5, 3, 120], [np.nan, np.nan, 99], [np.nan] * 3], "float32")
    waveforms = songs_of(graph, 1.4, 0.6, 0.2)
    got = graph.from_waveform(*padded(waveforms), table)
    agree(got, warmup.reference(graph, waveforms, table))
    rows, lengths = padded(waveforms)
    without = graph.from_waveform(rows, [lengths[0], 0, lengths[2]], table)
    assert not np.allclose(without["mood"][1], got["mood"][1], atol=1e-4)
    agree(
        {name: values[1:2] for name, values in without.items()},
        warmup.reference(graph, None, table[1:2]),
    )
    agree(
        {name: values[:1] for name, values in without.items()},
        {name: values[:1].numpy() for name, values in got.items()},
    )
    agree(graph.from_features(tf.constant(table[:2])), warmup.reference(graph, None, table[:2]))


def test_a_batch_of_empty_audio_is_a_batch_of_features():
    graph = untrained(["logmel"], features=COLUMNS)
    table = tf.constant([[0.5, 3, 120], [0.1, np.nan, 99]], tf.float32)
    agree(
        graph.from_waveform(tf.zeros([2, 0]), [0, 0], table),
        {n: v.numpy() for n, v in graph.from_features(table).items()},
    )


def test_names_stand_beside_numbers():
    graph = untrained(["waveform"])
    probabilities = tf.constant([[0.1, 0.2, 0.4, 0.3, 0.0], [0.9, 0.1, 0.0, 0.0, 0.0]])
    named = graph.named({"mood": probabilities})
    assert named["label"].numpy().tolist() == [b"sad", b"calm"] and named[
        "class_id"
    ].numpy().tolist() == [2, 0]
    assert named["classes"].shape == (2, 5) and named["classes"][1, 4] == b"wild"


def test_a_song_without_an_answer_has_no_label():
    graph = untrained(["waveform"])
    probabilities = np.array([[np.nan] * 5, [0.1, 0.2, 0.0, 0.0, 0.7]], "float32")
    named = graph.named({"mood": tf.constant(probabilities)})
    assert named["label"].numpy().tolist() == [b"", b"wild"]
    assert named["class_id"].numpy().tolist() == [-1, 4]


def test_what_is_no_number_is_missing_in_a_table_and_refused_in_sound():
    graph = untrained(["waveform"], features=COLUMNS)
    served = signatures(graph, "")
    values = tf.constant([np.nan, np.inf, -np.inf])
    found = served["features"](**{name: values for name in COLUMNS})["probabilities"].numpy()
    np.testing.assert_array_equal(found[1:], found[[0, 0]])
    one = {name: tf.constant([0.5]) for name in COLUMNS}
    for sample, said in ((np.nan, "not finite"), (32_768.0, "not scaled to 1")):
        waveform = np.full((1, graph.rate_hz), sample, "float32")
        audio = {"waveform": tf.constant(waveform), "waveform_length": tf.constant([graph.rate_hz])}
        with pytest.raises(tf.errors.InvalidArgumentError, match=said):
            served["serving_default"](**audio, **one)


def test_several_labels_have_names_and_no_choice():
    probabilities = tf.constant([[0.9, 0.2], [0.1, 0.8], [0.7, 0.7]])
    found = answers.named(Multilabel("genres", ("folk", "rock")), {"genres": probabilities})
    assert set(found) == {"probabilities", "classes"}
    assert found["classes"].numpy().tolist() == [[b"folk", b"rock"]] * 3


def test_numbers_are_told_in_the_tables_unit():
    target = Regression(("arousal", "popularity"), (1.0, 0.0), (9.0, 100.0))
    shares = np.array([[0.5, 0.25], [1.0, 0.0], [0.0, 0.831]], "float32")
    found = answers.named(
        target, {name: tf.constant(shares[:, [place]]) for place, name in enumerate(target.names)}
    )
    assert set(found) == set(target.served)
    np.testing.assert_allclose(
        np.stack([found[name] for name in target.served], axis=1), target.in_unit(shares), rtol=1e-6
    )


@pytest.mark.parametrize("name", [name for name in frontends.names() if refused(name)])
def test_what_a_server_cannot_compute_is_refused(name):
    frontend = frontends.get(name)
    # As a Predictor tells them: columns that were computed from audio too, though the table has
    # none of them.
    groups = {name: frontend.field.columns} if frontend.field.columns else {}
    with pytest.raises(KerasfeatError, match=f"input '{name}' can't be exported: {refused(name)}"):
        Graph(
            SimpleNamespace(
                target=None, columns=(), groups=groups, frontends={name: frontend}, model=None
            )
        )


def test_columns_stand_in_for_a_front_end_that_a_server_cannot_compute():
    columns, frontend = ("tempo", "ZCR", "Spectral_contrast_3"), frontends.get("lowlevel")
    fields = {"lowlevel": Field("lowlevel", (2,), ("columns",), columns=columns[1:])}
    fields["features"] = Field("features", (1,), ("columns",), columns=columns[:1])
    trunk, groups = trunks.get("fusion"), {"features": columns[:1], "lowlevel": columns[1:]}
    model = assemble(MOOD, fields, trunk, trunk.hyperparameters).model
    graph = Graph(
        SimpleNamespace(
            target=MOOD,
            columns=columns,
            groups=groups,
            frontends={"lowlevel": frontend},
            model=model,
        )
    )
    assert graph.alone == ("features",) and not graph.frontends
    table = np.array([[120, 0.2, 0.5], [99, np.nan, 0.1]], "float32")
    agree(graph.from_features(tf.constant(table)), warmup.reference(graph, None, table))
    drawn = [table for _, table in warmup.songs(graph)]
    assert [len(table) for table in drawn] == [1, 3, BATCH_SIZES[-1]] and np.isnan(
        drawn[1]
    ).sum() == 1

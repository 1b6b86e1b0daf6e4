"""Songs of any length as clips of one length."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasfeat.audio.windows import batch_windows, cut, window_starts

LENGTHS = st.integers(1, 300)
CLIPS = st.integers(1, 60)
NO_DEADLINE = settings(deadline=None, max_examples=60)


def song(samples, channels=None):
    """Samples that tell where they stand: 1, 2, 3, ... (0 would look like padding)."""
    line = np.arange(1, samples + 1, dtype=np.float32)
    return line if channels is None else np.stack([line, -line], axis=-1)


@given(samples=LENGTHS, clip=CLIPS)
def test_every_sample_has_a_clip_but_a_short_rest(samples, clip):
    starts = window_starts(samples, clip)
    covered = {sample for start in starts for sample in range(start, start + clip)}
    lost = set(range(samples)) - covered
    if samples < clip:
        assert starts == [0]
    else:
        assert max(covered) < samples
        assert len(lost) < clip / 10
        assert lost == set(range(samples - len(lost), samples)), "only the tail may be dropped"
    assert starts == sorted(set(starts))
    assert starts[:-1] == [number * clip for number in range(len(starts) - 1)], (
        "all but the last follow without overlap"
    )


@pytest.mark.parametrize(
    ("samples", "clip", "starts"),
    [
        (1, 7, [0]),
        (7, 7, [0]),
        (14, 7, [0, 7]),
        (15, 7, [0, 7, 8]),
        (20, 10, [0, 10]),
        (21, 10, [0, 10, 11]),
        (109, 100, [0]),
        (110, 100, [0, 10]),
    ],
)
def test_the_rule_at_its_edges(samples, clip, starts):
    assert window_starts(samples, clip) == starts


@given(samples=LENGTHS, clip=CLIPS, channels=st.sampled_from([None, 2]))
@NO_DEADLINE
def test_clips_begin_where_the_rule_says(samples, clip, channels):
    clips = cut(song(samples, channels), clip)
    for start, one in zip(window_starts(samples, clip), clips, strict=True):
        if samples >= clip:
            np.testing.assert_array_equal(one, song(samples, channels)[start : start + clip])


@given(samples=st.integers(1, 40), clip=st.integers(2, 100))
def test_a_short_song_is_repeated(samples, clip):
    clips = cut(song(samples), clip)
    if samples < clip:
        assert clips.shape == (1, clip)
        np.testing.assert_array_equal(clips[0], np.arange(clip) % samples + 1)


@given(lengths=st.lists(LENGTHS, min_size=1, max_size=5), clip=CLIPS)
@NO_DEADLINE
def test_a_batch_is_cut_as_each_song_alone(lengths, clip):
    padded = np.full((len(lengths), max(lengths)), np.nan, np.float32)
    for row, samples in zip(padded, lengths, strict=True):
        row[:samples] = song(samples)
    clips, mask = batch_windows(padded, np.array(lengths), clip)
    counts = [len(window_starts(samples, clip)) for samples in lengths]
    assert clips.shape == (len(lengths), max(counts), clip)
    for row, valid, samples, count in zip(
        clips.numpy(), mask.numpy(), lengths, counts, strict=True
    ):
        assert valid.tolist() == [True] * count + [False] * (max(counts) - count)
        np.testing.assert_array_equal(row[valid], cut(song(samples), clip))
        assert not row[~valid].any()


def test_a_batch_is_cut_in_one_graph():
    clip = 7
    signature = [tf.TensorSpec([None, None], tf.float32), tf.TensorSpec([None], tf.int64)]
    graph = tf.function(
        lambda waveform, length: batch_windows(waveform, length, clip), input_signature=signature
    )
    for lengths in ([3], [20, 5, 7], [1, 29]):
        padded = np.stack(
            [np.pad(song(samples), (0, max(lengths) - samples)) for samples in lengths]
        )
        clips, mask = graph(padded, lengths)
        for row, valid, samples in zip(clips.numpy(), mask.numpy(), lengths, strict=True):
            np.testing.assert_array_equal(row[valid], cut(song(samples), clip))

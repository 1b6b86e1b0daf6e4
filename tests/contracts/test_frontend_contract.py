"""The contract of every front-end, on clips of its own rate and channels.

What their numbers are is in tests/audio.
"""

from dataclasses import fields, replace

import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.fields import COLUMNS, Field
from kerasfeat.networks.trunks import default_trunk, trunks
from kerasfeat.simple.pooled import pool

pytestmark = pytest.mark.usefixtures("backbones")
every_frontend = pytest.mark.parametrize(
    "frontend", list(frontends), ids=lambda frontend: frontend.name
)


def batch(frontend: FrontEnd, count: int = 3) -> Array:
    """Clips of different sound, each a tenth as loud as the one before."""
    samples, rate_hz = frontend.clip_samples, frontend.sample_rate_hz
    sweep = scipy.signal.chirp(
        np.arange(samples) / rate_hz, 50, samples / rate_hz, 0.45 * rate_hz, "logarithmic"
    )
    noise = np.random.default_rng(0).normal(size=(count, samples))
    clips = (0.5 * sweep + 0.01 * noise).astype(np.float32)
    clips *= np.float32(0.1) ** np.arange(count, dtype=np.float32)[:, np.newaxis]
    return clips if frontend.channels == 1 else np.stack([clips, clips / 3], axis=-1)


@every_frontend
def test_the_result_has_the_declared_shape(frontend):
    field = frontend.field
    result = frontend(tf.constant(batch(frontend)))
    assert frontend.name == field.name
    assert result.shape == (3, *field.shape) and result.dtype == field.dtype
    assert len(field.columns) == (result.shape[1] if field.axes == (COLUMNS,) else 0)
    assert np.isfinite(result).all()


@every_frontend
def test_its_field_comes_back_from_json(frontend):
    assert Field(**frontend.field.to_json()) == frontend.field


@every_frontend
def test_its_parameters_have_defaults_and_another_is_another_front_end(frontend):
    assert all(
        parameter.default == getattr(frontend, parameter.name) for parameter in fields(frontend)
    )
    assert replace(frontend, clip_s=frontend.clip_s + 1) != frontend == replace(frontend)


@every_frontend
def test_bands_are_places_of_an_axis_of_frequency(frontend):
    sizes = [
        size
        for size, axis in zip(frontend.field.shape, frontend.field.axes, strict=True)
        if axis.is_frequency
    ]
    assert (len(sizes) == 1) == (frontend.bands_hz is not None)
    if sizes:
        assert len(frontend.bands_hz) == sizes[0] and (np.diff(frontend.bands_hz) > 0).all()


@every_frontend
def test_a_trunk_and_the_baselines_read_it(frontend):
    field = frontend.field
    if field.leading_axis.default_trunk:
        trunks.get(default_trunk([frontend.name])).check({field.name: field})
    windows = np.random.default_rng(1).normal(size=(2, *field.shape))
    pooled = pool(windows, field.axes)
    assert pooled.ndim == 1 and np.isfinite(pooled).all()


@every_frontend
def test_other_lengths_have_the_declared_shape_too(frontend):
    for clip_s in (1.3, 2.5):
        other = replace(frontend, clip_s=clip_s)
        assert other.clip_samples == round(clip_s * frontend.sample_rate_hz)
        assert other(batch(other, 2)).shape == (2, *other.field.shape)


@every_frontend
def test_a_clip_alone_equals_the_clip_in_a_batch(frontend):
    frontend = replace(frontend, clip_s=1.7)
    clips = tf.constant(batch(frontend))
    together = frontend(clips).numpy()
    for clip, result in zip(clips, together, strict=True):
        np.testing.assert_allclose(frontend(clip[tf.newaxis])[0], result, atol=1e-3)


@every_frontend
def test_eager_equals_graph_and_tf_data(frontend):
    frontend = replace(frontend, clip_s=1.7)
    clips = batch(frontend)
    eager = frontend(tf.constant(clips)).numpy()
    graph = tf.function(
        frontend.__call__, input_signature=[tf.TensorSpec((None, *clips.shape[1:]), tf.float32)]
    )
    np.testing.assert_allclose(graph(clips), eager, atol=1e-3)
    dataset = tf.data.Dataset.from_tensor_slices(clips).batch(2).map(frontend)
    assert dataset.element_spec.shape.as_list() == [None, *frontend.field.shape]
    np.testing.assert_allclose(np.concatenate(list(dataset.as_numpy_iterator())), eager, atol=1e-3)


@every_frontend
def test_float64_is_read_as_float32(frontend):
    frontend = replace(frontend, clip_s=1.3)
    clips = batch(frontend, 1).astype(np.float64)
    result = frontend(clips)
    assert result.dtype == tf.float32 and np.isfinite(result).all()
    np.testing.assert_array_equal(result, frontend(clips.astype(np.float32)))


@every_frontend
def test_whole_numbers_and_other_ranks_are_refused(frontend):
    frontend = replace(frontend, clip_s=1.3)
    clips = batch(frontend, 2)
    with pytest.raises(KerasfeatError, match="floating point in .*, not int16"):
        frontend((clips * 32767).astype(np.int16))
    for wrong in (clips[0], clips[np.newaxis], clips[..., np.newaxis]):
        with pytest.raises(KerasfeatError, match=r"waveforms \[batch, .*waveform\[np.newaxis"):
            frontend(wrong)


@every_frontend
def test_silence_and_full_scale_give_numbers(frontend):
    frontend = replace(frontend, clip_s=1.3)
    shape = batch(frontend, 1).shape[1:]
    clips = tf.stack([tf.zeros(shape), tf.ones(shape)])
    result = frontend(clips).numpy()
    assert np.isfinite(result).all()
    np.testing.assert_allclose(frontend(clips[:1]), result[:1], atol=1e-4)

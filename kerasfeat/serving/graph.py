"""What is exported: a finished run as functions of what a client has, made of stock TensorFlow
operations alone.

    waveform [batch, samples], waveform_length [batch], table columns [batch] each
        -> clips of every front-end -> the Keras model on at most CHUNK_WINDOWS windows at a time ->
        mean of each song's windows -> names

This is what `kerasfeat predict` does (kerasfeat.inference.predict), step by step; the check
compares the two.
"""

from functools import cached_property

import keras
import numpy as np
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Tensor
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.audio.windows import batch_windows
from kerasfeat.inference.predict import Predictor
from kerasfeat.networks.assembly import representation_of
from kerasfeat.serving.answers import named
from kerasfeat.serving.resample import resample
from kerasfeat.serving.wav import decode_wav

EMBEDDING = "embedding"
WAVEFORM, LENGTH, WAV = "waveform", "waveform_length", "wav_bytes"
# As many as `kerasfeat predict` takes at a time: an hour of music must not need an hour's memory.
CHUNK_WINDOWS = 64
NAN = np.float32(np.nan)


class Graph:
    """The functions of a finished run.

    Args:
        predictor: the run's.

    Attributes:
        target: of the run.
        columns: the table's columns that the model reads, in order.
        groups: tabular input -> its columns.
        frontends: audio input -> front-end.
        rate_hz: of the waveform that the functions take: the highest of the front-ends', 0 without
            audio.
        model: the Keras model, with its representation as another output.

    Raises:
        KerasfeatError: an input can't be computed by a server.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.target, self.columns = predictor.target, predictor.columns
        # An input with columns that the table did not have was computed from audio.
        self.groups = {
            name: columns
            for name, columns in predictor.groups.items()
            if set(columns) <= set(self.columns)
        }
        # What the table has is not computed from audio too.
        self.frontends: dict[str, FrontEnd] = {
            name: frontend
            for name, frontend in predictor.frontends.items()
            if name not in self.groups
        }
        for name, frontend in self.frontends.items():
            _refuse_unservable(name, frontend)
            # Called once, so that one that has weights makes them here, and not in a graph.
            frontend(tf.zeros([1, frontend.clip_samples]))
        rates_hz = (frontend.sample_rate_hz for frontend in self.frontends.values())
        self.rate_hz = max(rates_hz, default=0)
        model = predictor.model
        self.model = keras.Model(model.input, {**model.output, EMBEDDING: representation_of(model)})

    def tabular(self, table: Tensor) -> dict[str, Tensor]:
        """{tabular input: [batch, its columns]} of a table [batch, columns]."""
        places = {
            name: [self.columns.index(column) for column in columns]
            for name, columns in self.groups.items()
        }
        return {name: tf.gather(table, columns, axis=1) for name, columns in places.items()}

    @cached_property
    def alone(self) -> tuple[str, ...]:
        """The kinds of input, "features" and "audio", that the model can predict from without the
        other.
        """
        if not self.columns or not self.frontends:
            return ("features",) if self.columns else ("audio",)
        table, clip = tf.ones([1, len(self.columns)]), tf.zeros([1, int(self.rate_hz)])
        answers = {
            "features": self.from_features(table),
            "audio": self.from_waveform(clip, [self.rate_hz], tf.fill(table.shape, NAN)),
        }
        return tuple(
            kind
            for kind, answer in answers.items()
            if all(np.isfinite(values).all() for values in answer.values())
        )

    def from_waveform(
        self, waveform: Tensor, length: Tensor, table: Tensor, rate_hz: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Every output of the model for songs of any length, the mean of each song's windows.

        Args:
            waveform: float32 [batch, samples], padded.
            length: int [batch], samples before padding; 0 for a song without audio.
            table: float32 [batch, columns], NaN where missing.
            rate_hz: of the waveform, a scalar tensor; None for the graph's own.

        Returns:
            head -> [batch, size], and the representation as "embedding".
        """
        # One more, so that there is a sample to take for a batch without audio.
        waveform = tf.pad(waveform, [[0, 0], [0, 1]])  # [batch, samples + 1]
        length = tf.clip_by_value(tf.cast(length, tf.int32), 0, tf.shape(waveform)[1] - 1)
        songs = {
            hz: self._at_rate(waveform, length, rate_hz, hz)
            for hz in {frontend.sample_rate_hz for frontend in self.frontends.values()}
        }
        clips, masks = {}, []
        for name, frontend in self.frontends.items():
            at_rate, samples = songs[frontend.sample_rate_hz]
            clips[name], mask = batch_windows(at_rate, samples, frontend.clip_samples)
            masks.append(mask)
        # Inputs of different rates may differ by one window at the end: as many count as all have.
        windows = tf.reduce_min([tf.shape(mask)[1] for mask in masks])
        mask = tf.reduce_all([mask[:, :windows] for mask in masks], axis=0)  # [batch, windows]
        owner = tf.cast(tf.where(mask)[:, 0], tf.int32)  # [all windows] the song of each
        clips = {
            name: tf.boolean_mask(clip[:, :windows], mask) for name, clip in clips.items()
        }  # [all windows, clip_samples]
        answers = self._in_chunks(clips, owner, length > 0, table)
        return {
            name: tf.math.unsorted_segment_mean(values, owner, tf.shape(length)[0])
            for name, values in answers.items()
        }

    def _at_rate(
        self, waveform: Tensor, length: Tensor, from_hz: Tensor | None, to_hz: int
    ) -> tuple[Tensor, Tensor]:
        """(waveform, length) at another rate; `from_hz` is None where it is the graph's own."""
        if from_hz is None and to_hz == self.rate_hz:
            return waveform, length
        from_hz = self.rate_hz if from_hz is None else from_hz
        return tf.cond(
            tf.equal(from_hz, to_hz),
            lambda: (waveform, length),
            lambda: resample(waveform, length, from_hz, to_hz),
        )

    def from_features(self, table: Tensor) -> dict[str, Tensor]:
        """Every output of the model for rows [batch, columns] of songs without audio."""
        batch = tf.shape(table)[0]
        absent = {
            name: tf.fill([batch, *frontend.field.shape], NAN)
            for name, frontend in self.frontends.items()
        }
        answers = self.model({**self.tabular(table), **absent}, training=False)
        # Those of a network of mixed precision have the precision of its layers.
        return {name: tf.cast(values, tf.float32) for name, values in answers.items()}

    def from_wav(self, contents: Tensor) -> dict[str, Tensor]:
        """Every output of the model for WAV files [batch]."""

        def song(content: Tensor) -> dict[str, Tensor]:
            waveform, rate_hz = decode_wav(content)
            table = tf.fill([1, len(self.columns)], NAN)
            length = tf.shape(waveform)[:1]
            answers = self.from_waveform(waveform[tf.newaxis], length, table, rate_hz)
            return {name: values[0] for name, values in answers.items()}

        return tf.map_fn(song, contents, fn_output_signature=self._output_specs())

    def named(self, answers: dict[str, Tensor]) -> dict[str, Tensor]:
        """What a client is told, as of kerasfeat.serving.answers."""
        return named(self.target, answers)

    def _output_specs(self, *rows: int) -> dict[str, tf.TensorSpec]:
        return {
            name: tf.TensorSpec([*rows, output.shape[-1]], tf.float32)
            for name, output in self.model.output.items()
        }

    def _in_chunks(
        self, clips: dict[str, Tensor], owner: Tensor, has_audio: Tensor, table: Tensor
    ) -> dict[str, Tensor]:
        """Every output of the model for all windows, [all windows, size]."""
        windows = tf.shape(owner)[0]

        def chunk(start: Tensor) -> dict[str, Tensor]:
            part = slice(start, start + CHUNK_WINDOWS)
            own = {name: values[part] for name, values in clips.items()}
            answers = self._from_clips(own, owner[part], has_audio, table)
            rest = CHUNK_WINDOWS - tf.shape(owner[part])[0]
            return {
                name: tf.pad(tf.cast(values, tf.float32), [[0, rest], [0, 0]])
                for name, values in answers.items()
            }  # [CHUNK_WINDOWS, size]

        padded = tf.map_fn(
            chunk,
            tf.range(0, windows, CHUNK_WINDOWS),
            fn_output_signature=self._output_specs(CHUNK_WINDOWS),
            parallel_iterations=1,
        )  # [chunks, CHUNK_WINDOWS, size]
        return {
            name: tf.reshape(values, [-1, values.shape[-1]])[:windows]
            for name, values in padded.items()
        }

    def _from_clips(
        self, clips: dict[str, Tensor], owner: Tensor, has_audio: Tensor, table: Tensor
    ) -> dict[str, Tensor]:
        """Every output of the model for some windows, [windows, size]."""
        heard = tf.gather(has_audio, owner)  # [windows]
        inputs = self.tabular(tf.gather(table, owner))
        for name, frontend in self.frontends.items():
            shape = frontend.field.shape
            values = tf.ensure_shape(frontend(clips[name]), [None, *shape])
            inputs[name] = tf.where(tf.reshape(heard, [-1] + [1] * len(shape)), values, NAN)
        return self.model(inputs, training=False)


def _refuse_unservable(name: str, frontend: FrontEnd) -> None:
    """Refuse an input that can't be computed from what a client sends, by TensorFlow's own
    operations.
    """
    if frontend.channels != 1:
        raise KerasfeatError(
            f"a model of the input {name!r} can't be exported: it reads mid and side, and "
            "clients send one channel."
        )
    traced = tf.function(frontend.__call__).get_concrete_function(
        tf.TensorSpec([None, frontend.clip_samples], tf.float32)
    )
    written = traced.graph.as_graph_def()
    inner = (node for function in written.library.function for node in function.node_def)
    if any("PyFunc" in node.op for node in (*written.node, *inner)):
        raise KerasfeatError(
            f"a model of the input {name!r} can't be exported: librosa computes it, which "
            "a server does not have."
        )

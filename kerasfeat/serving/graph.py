"""What is exported: a finished run as functions of what a client has, made of stock TensorFlow operations alone.

    waveform [batch, samples], waveform_length [batch], table columns [batch] each
        -> clips of every front-end -> the Keras model on at most CHUNK_WINDOWS windows at a time -> mean of each song's windows -> names

This is what `kerasfeat predict` does (kerasfeat.training.predicting), step by step; the check compares the two.
"""

from functools import cached_property

import keras
import numpy as np
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.audio.windows import batch_windows
from kerasfeat.models.build import REPRESENTATION
from kerasfeat.serving.answers import named
from kerasfeat.serving.resample import resample
from kerasfeat.serving.wav import decode_wav

EMBEDDING = "embedding"
WAVEFORM, LENGTH, WAV = "waveform", "waveform_length", "wav_bytes"
# As many as `kerasfeat predict` takes at a time: an hour of music must not need an hour's memory.
CHUNK_WINDOWS = 64


class Graph:
    """The functions of a finished run.

    Attributes:
        target: of the run.
        columns: the table's columns that the model reads, in order.
        groups: dict of tabular input to its columns.
        frontends: dict of audio input to front-end.
        rate_hz: of the waveform that the functions take: the highest of the front-ends', 0 without audio.
    """

    def __init__(self, predictor):
        self.target, self.columns = predictor.target, predictor.columns
        # An input with columns that the table did not have was computed from audio.
        self.groups = {name: columns for name, columns in predictor.groups.items() if set(columns) <= set(self.columns)}
        # What the table has is not computed from audio too.
        self.frontends = {name: frontend for name, frontend in predictor.frontends.items() if name not in self.groups}
        for name, frontend in self.frontends.items():
            _refuse_others(name, frontend)
            frontend(tf.zeros([1, frontend.clip_samples]))  # so that one that has weights makes them here, and not in a graph
        self.rate_hz = max((frontend.sample_rate_hz for frontend in self.frontends.values()), default=0)
        model = predictor.model
        self.model = keras.Model(model.input, {**model.output, EMBEDDING: model.get_layer(REPRESENTATION).output})

    def tabular(self, table):
        """{tabular input: [batch, its columns]} of a table [batch, columns]."""
        places = {name: [self.columns.index(column) for column in columns] for name, columns in self.groups.items()}
        return {name: tf.gather(table, its, axis=1) for name, its in places.items()}

    @cached_property
    def alone(self):
        """The kinds of input, "features" and "audio", that the model can predict from without the other."""
        if not self.columns or not self.frontends:
            return ("features",) if self.columns else ("audio",)
        table, clip = tf.ones([1, len(self.columns)]), tf.zeros([1, int(self.rate_hz)])
        answers = {
            "features": self.from_features(table),
            "audio": self.from_waveform(clip, [self.rate_hz], tf.fill(table.shape, np.float32(np.nan))),
        }
        return tuple(kind for kind, answer in answers.items() if all(np.isfinite(values).all() for values in answer.values()))

    def from_waveform(self, waveform, length, table, rate_hz=None):
        """Every output of the model for songs of any length, the mean of each song's windows.

        Args:
            waveform: float32 [batch, samples], padded.
            length: int [batch], samples before padding; 0 for a song without audio.
            table: float32 [batch, columns], NaN where missing.
            rate_hz: of the waveform, a scalar tensor; None for the graph's own.

        Returns:
            dict of head to [batch, size], and the representation as "embedding".
        """
        waveform = tf.pad(waveform, [[0, 0], [0, 1]])  # so that there is a sample to take for a batch without audio
        length = tf.clip_by_value(tf.cast(length, tf.int32), 0, tf.shape(waveform)[1] - 1)
        songs = {hz: self._at_rate(waveform, length, rate_hz, hz) for hz in {f.sample_rate_hz for f in self.frontends.values()}}
        clips, masks = {}, []
        for name, frontend in self.frontends.items():
            clips[name], mask = batch_windows(*songs[frontend.sample_rate_hz], frontend.clip_samples)
            masks.append(mask)
        # Inputs of different rates may differ by one window at the end: as many count as all have.
        windows = tf.reduce_min([tf.shape(mask)[1] for mask in masks])
        mask = tf.reduce_all([mask[:, :windows] for mask in masks], axis=0)  # [batch, windows]
        owner = tf.cast(tf.where(mask)[:, 0], tf.int32)  # [all windows] the song that each belongs to
        clips = {name: tf.boolean_mask(clip[:, :windows], mask) for name, clip in clips.items()}  # [all windows, clip_samples]
        answers = self._in_chunks(clips, owner, length > 0, table)
        return {name: tf.math.unsorted_segment_mean(values, owner, tf.shape(length)[0]) for name, values in answers.items()}

    def _at_rate(self, waveform, length, from_hz, to_hz):
        """(waveform, length) at another rate; `from_hz` is None where it is the graph's own."""
        if from_hz is None and to_hz == self.rate_hz:
            return waveform, length
        from_hz = self.rate_hz if from_hz is None else from_hz
        same = tf.equal(from_hz, to_hz)
        return tf.cond(same, lambda: (waveform, length), lambda: resample(waveform, length, from_hz, to_hz))

    def from_features(self, table):
        """Every output of the model for rows [batch, columns] of songs without audio."""
        batch = tf.shape(table)[0]
        absent = {name: tf.fill([batch, *frontend.field.shape], np.float32(np.nan)) for name, frontend in self.frontends.items()}
        return self.model({**self.tabular(table), **absent}, training=False)

    def from_wav(self, contents):
        """Every output of the model for WAV files [batch]."""

        def song(content):
            waveform, rate_hz = decode_wav(content)
            table = tf.fill([1, len(self.columns)], np.float32(np.nan))
            answers = self.from_waveform(waveform[tf.newaxis], tf.shape(waveform)[:1], table, rate_hz)
            return {name: values[0] for name, values in answers.items()}

        return tf.map_fn(song, contents, fn_output_signature=self._output_specs())

    def _output_specs(self, *rows):
        return {name: tf.TensorSpec([*rows, output.shape[-1]], tf.float32) for name, output in self.model.output.items()}

    def _in_chunks(self, clips, owner, present, table):
        """Every output of the model for all windows: {name: [all windows, size]}."""
        windows = tf.shape(owner)[0]

        def chunk(start):
            songs = owner[start : start + CHUNK_WINDOWS]
            there = tf.gather(present, songs)
            inputs = self.tabular(tf.gather(table, songs))
            for name, frontend in self.frontends.items():
                values = frontend(clips[name][start : start + CHUNK_WINDOWS])  # [windows, *field.shape]
                values = tf.ensure_shape(values, [None, *frontend.field.shape])
                inputs[name] = tf.where(tf.reshape(there, [-1] + [1] * len(frontend.field.shape)), values, np.float32(np.nan))
            answers = self.model(inputs, training=False)
            rest = CHUNK_WINDOWS - tf.shape(songs)[0]
            return {name: tf.pad(tf.cast(values, tf.float32), [[0, rest], [0, 0]]) for name, values in answers.items()}

        starts = tf.range(0, windows, CHUNK_WINDOWS)
        padded = tf.map_fn(chunk, starts, fn_output_signature=self._output_specs(CHUNK_WINDOWS), parallel_iterations=1)
        return {name: tf.reshape(values, [-1, values.shape[-1]])[:windows] for name, values in padded.items()}

    def named(self, answers):
        """What a client is told, as of kerasfeat.serving.answers."""
        return named(self.target, answers)


def _refuse_others(name, frontend):
    """Refuse an input that can't be computed from what a client sends, by TensorFlow's own operations."""
    if frontend.channels != 1:
        raise KerasfeatError(f"a model of the input {name!r} can't be exported: it reads mid and side, and clients send one channel.")
    traced = tf.function(frontend.__call__).get_concrete_function(tf.TensorSpec([None, frontend.clip_samples], tf.float32))
    written = traced.graph.as_graph_def()
    nodes = [*written.node, *(node for function in written.library.function for node in function.node_def)]
    if any("PyFunc" in node.op for node in nodes):
        raise KerasfeatError(f"a model of the input {name!r} can't be exported: librosa computes it, which a server does not have.")

"""A model on a server as `kerasfeat predict` uses it: songs are decoded here and sent in batches.

Over REST it needs no TensorFlow.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import soundfile

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.audio.decode import decode
from kerasfeat.audio.formats import AudioError
from kerasfeat.progress import progress
from kerasfeat.targets import of_run

# A batch is sent when it has as many songs as the server takes, or as many bytes.
BATCH_BYTES = 32 * 2**20
# What a model may say of itself: no sound has more samples, and no table more columns.
HIGHEST_RATE_HZ, MOST_NAMES = 384_000, 100_000
# How far beyond its range a number may be, as a share of the range: servers round.
ROUNDING = 1e-3


class Send(Protocol):
    """A way to a server, such as kerasfeat.serving.rest.Rest.

    Attributes:
        sample_bytes: how many bytes it makes of a waveform's sample.
    """

    sample_bytes: int

    def __call__(self, signature: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The outputs of a signature for each row, a dict of its inputs."""


@dataclass(frozen=True)
class Answers:
    """What a server says of some songs, in the words of kerasfeat.inference.predict.Predictions.

    Attributes:
        frame: the songs that it could answer for.
        rows: [songs], the place of each among the songs that were asked for.
        values: [songs, labels] probabilities, or [songs, targets] in the table's unit.
        failures: file -> reason why there is no prediction from its audio.
    """

    frame: pd.DataFrame
    rows: Array
    values: Array
    failures: dict[str, str]


@dataclass(frozen=True)
class _Request:
    """The inputs of one song, and the signature that takes them."""

    signature: str
    inputs: dict[str, Any]


class Client:
    """A model on a server.

    Args:
        send: the way to it.

    Attributes:
        schema: what the model says of itself (kerasfeat.serving.card).
        target: what it has learnt.
        outputs: names of the columns of `Answers.values`.
        columns: the table's columns that it reads.

    Raises:
        KerasfeatError: the server refuses, does not answer, or has another kind of model.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        try:
            (answer,) = send("schema", [{"query": ""}])
            self.schema = _checked(json.loads(_output(answer, "schema")))
            self.target = of_run(self.schema)
            self.outputs = list(self.target.outputs)
            self.columns = [column["name"] for column in self.schema["columns"]]
            self.percent = self.schema.get("percent", {})
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise KerasfeatError(
                "the model on the server was not written by `kerasfeat export`: its answer "
                "to 'schema' is not a schema of inputs and outputs."
            ) from error

    def predict(
        self, frame: pd.DataFrame, decoder: str = "soundfile", strict: bool = False
    ) -> Answers:
        """Predict every song of a frame that has an input.

        Args:
            frame: a row a song, with absolute paths in `audio`.
            decoder: see kerasfeat.audio.decode.decode.
            strict: make a file that can't be used an error.

        Raises:
            KerasfeatError: the server refuses or does not answer; with `strict`, a file can't be
                used.
        """
        table = frame.reindex(columns=self.columns).to_numpy("float32")  # [songs, columns]
        hears = "audio" in frame and self.schema["sample_rate_hz"]
        paths = frame["audio"] if hears else [None] * len(frame)
        batches: dict[str, dict[int, dict[str, Any]]] = {}
        values: dict[int, Array] = {}
        failures: dict[str, str] = {}
        with progress("predicting", "songs") as advance:
            for song, (row, path) in enumerate(zip(table, paths, strict=True)):
                waveform = self._decoded(path, decoder, strict, failures)
                request = self._request(row, waveform)
                if request:
                    batch = batches.setdefault(request.signature, {})
                    if batch and self._is_full(batch, request.inputs):
                        values |= self._flush(request.signature, batch)
                        batch.clear()
                    batch[song] = request.inputs
                advance(song + 1, len(frame))
            for signature, batch in batches.items():
                values |= self._flush(signature, batch)
        songs = sorted(values)
        answered = np.array([values[song] for song in songs])
        return Answers(
            frame.iloc[songs].reset_index(drop=True),
            np.array(songs, int),
            answered.reshape(len(songs), len(self.outputs)),
            failures,
        )

    def _decoded(
        self, path: str | None, decoder: str, strict: bool, failures: dict[str, str]
    ) -> Array | None:
        """A song's waveform; None without audio, or where it can't be used, which is noted."""
        if not isinstance(path, str):
            return None
        try:
            return decode(path, self.schema["sample_rate_hz"], decoder=decoder)
        except AudioError as error:
            if strict:
                raise KerasfeatError(f"{error} --strict makes that an error.") from error
            failures[path] = error.reason
            return None

    def _request(self, row: Array, waveform: Array | None) -> _Request | None:
        """What to ask about a song with this row of the table and this waveform; None where nothing
        is known of it.
        """
        columns = dict(zip(self.columns, map(float, row), strict=True))
        known, alone = bool(np.isfinite(row).any()), self.schema["alone"]
        rate_hz = self.schema["sample_rate_hz"]
        if waveform is None:
            if not known:
                return None
            if "features" in alone:
                return _Request("features", columns)
            silent = {"waveform": np.zeros(1, "float32"), "waveform_length": 0} if rate_hz else {}
            return _Request("serving_default", columns | silent)
        if known or "audio" not in alone:
            sound = {"waveform": waveform, "waveform_length": len(waveform)}
            return _Request("serving_default", columns | sound)
        return _Request("wav_bytes", {"wav_bytes": float_wav(waveform, rate_hz)})

    def _is_full(self, batch: dict[int, dict[str, Any]], inputs: dict[str, Any]) -> bool:
        """Whether a song's inputs would make a batch too large, whose songs are padded to the
        longest.
        """
        longest = max(_bytes(row, self._send.sample_bytes) for row in [inputs, *batch.values()])
        most_songs = self.schema["max_batch_size"]
        return len(batch) == most_songs or (len(batch) + 1) * longest > BATCH_BYTES

    def _flush(self, signature: str, batch: dict[int, dict[str, Any]]) -> dict[int, Array]:
        """{song: its values} of one request."""
        answers = self._send(signature, _padded(list(batch.values())))
        try:
            parts = [[_output(answer, name) for name in self.target.served] for answer in answers]
            values = np.array([np.hstack(own) for own in parts], "float64")
        except (KeyError, TypeError, ValueError):
            values = np.empty(0)
        silent = self._unanswered(signature, values, len(batch))
        answered = zip(batch, values, silent, strict=True)
        return {song: own for song, own, is_silent in answered if not is_silent}

    def _unanswered(self, signature: str, values: Array, songs: int) -> Array:
        """Which songs the model does not answer for, bool [songs].

        Raises:
            KerasfeatError: the values are no answers of the model.
        """
        if values.shape == (songs, len(self.outputs)):
            unanswered = np.isnan(values).all(axis=1)
            shares = self.target.from_unit(values[~unanswered])
            if ((shares >= -ROUNDING) & (shares <= 1 + ROUNDING)).all():
                return unanswered
        raise KerasfeatError(
            f"the server's answer to {signature!r} is not what its schema announces, "
            f"{len(self.outputs)} numbers for each of {songs} songs, all in their range. "
            "`kerasfeat verify` checks what an export answers."
        )


def _checked(schema: Any) -> dict[str, Any]:
    """What a server says of its model, if it can be so.

    Raises:
        KeyError, TypeError, ValueError: it can't.
    """
    rate_hz, most_songs = schema["sample_rate_hz"] or 0, schema["max_batch_size"]
    whole = all(type(number) is int for number in (rate_hz, most_songs))
    texts = [column["name"] for column in schema["columns"]]
    texts += [*schema["labels"], *schema["targets"], *schema["alone"], schema["task"]]
    if not whole or not 0 <= rate_hz <= HIGHEST_RATE_HZ or most_songs < 1:
        raise ValueError("it has no sample rate, or no size of batches")
    if not all(isinstance(text, str) for text in texts) or len(texts) > MOST_NAMES:
        raise ValueError("its names are not text, or too many")
    for low, high in schema.get("ranges", {}).values():
        if not -np.inf < low < high < np.inf:
            raise ValueError("a range of its numbers is none")
    if not all(isinstance(on, bool) for on in schema.get("percent", {}).values()):
        raise ValueError("its percent are not truth values")
    return schema


def _padded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with waveforms of one length."""
    lengths = [len(row["waveform"]) for row in rows if "waveform" in row]
    longest = max(lengths, default=0)
    return [
        row | {"waveform": np.pad(row["waveform"], (0, longest - len(row["waveform"])))}
        if "waveform" in row
        else row
        for row in rows
    ]


def _output(answer: dict[str, Any], name: str) -> Any:
    """One output; REST leaves out the name of the only one of a signature."""
    return answer[name] if name in answer else answer[""]


def _bytes(inputs: dict[str, Any], sample_bytes: int) -> int:
    """How many bytes of audio a song's inputs have where they are sent."""
    return sum(
        len(value) if isinstance(value, bytes) else sample_bytes * value.size
        for value in inputs.values()
        if isinstance(value, (bytes, np.ndarray))
    )


def float_wav(waveform: Array, rate_hz: int) -> bytes:
    """A WAV file's bytes, in floating point: nothing is rounded."""
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, rate_hz, format="WAV", subtype="FLOAT")
    return buffer.getvalue()

"""A model on a server as `kerasfeat predict` uses it: songs are decoded here and sent in batches.
Over REST it needs no TensorFlow.
"""

import base64
import io
import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import requests
import soundfile
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ReadTimeoutError
from urllib3.util import Retry

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import decode
from kerasfeat.audio.formats import AudioError
from kerasfeat.progress import progress
from kerasfeat.targets import of_run

# A batch is sent when it has as many songs as the server takes, or as many bytes.
BATCH_BYTES = 32 * 2**20
TIMEOUT_S = 300
ATTEMPTS, BACKOFF_S = 5, 0.5
# What may work when it is asked again: too many requests, or a server that is starting or
# restarting.
PASSING = (429, 502, 503, 504)


@dataclass(frozen=True)
class Answers:
    """What a server says of some songs, in the words of kerasfeat.inference.predict.Predictions.

    Attributes:
        frame: the songs that it could answer for.
        values: [songs, labels] probabilities, or [songs, targets] in the table's unit.
        failures: file -> reason why there is no prediction from its audio.
    """

    frame: pd.DataFrame
    values: np.ndarray
    failures: dict


class Client:
    """A model on a server.

    Args:
        send: `send(signature, rows)` gives a dict of outputs for each row, a dict of inputs;
            `send.sample_bytes` is how many bytes it makes of a waveform's sample.

    Raises:
        KerasfeatError: the server refuses, does not answer, or has another kind of model.
    """

    def __init__(self, send):
        self._send = send
        try:
            (answer,) = send("schema", [{"query": ""}])
            self.schema = schema = json.loads(_output(answer, "schema"))
            self.target = of_run(schema)
            self.outputs = list(self.target.outputs)
            self.columns = [column["name"] for column in schema["columns"]]
            self.percent = schema.get("percent", {})
        except (KeyError, TypeError, ValueError) as error:
            raise KerasfeatError(
                "the model on the server is none that `kerasfeat export` wrote: its answer "
                "to 'schema' is no schema of inputs and outputs."
            ) from error

    def predict(self, frame, decoder="soundfile", strict=False):
        """Predict every song of a tracks frame that has an input.

        Raises:
            KerasfeatError: the server refuses or does not answer; with `strict`, a file can't be
                used.
        """
        table = frame.reindex(columns=self.columns).to_numpy("float32")
        paths = (
            frame["audio"]
            if "audio" in frame and self.schema["sample_rate_hz"]
            else [None] * len(frame)
        )
        batches, values, failures = {}, {}, {}
        with progress("predicting", "songs") as advance:
            for song, (row, path) in enumerate(zip(table, paths, strict=True)):
                waveform = self._decode(path, decoder, failures, strict)
                signature, inputs = self._request(row, waveform)
                if signature:
                    batch = batches.setdefault(signature, {})
                    if batch and self._is_full(batch, inputs):
                        values |= self._flush(signature, batch)
                        batch.clear()
                    batch[song] = inputs
                advance(song + 1, len(frame))
            for signature, batch in batches.items():
                values |= self._flush(signature, batch)
        songs = sorted(values)
        found = np.array([values[song] for song in songs]).reshape(len(songs), len(self.outputs))
        return Answers(frame.iloc[songs].reset_index(drop=True), found, failures)

    def _decode(self, path, decoder, failures, strict):
        if not isinstance(path, str):
            return None
        try:
            return decode(path, self.schema["sample_rate_hz"], decoder=decoder)
        except AudioError as error:
            if strict:
                raise KerasfeatError(f"{error} --strict makes that an error.") from error
            failures[path] = error.reason
            return None

    def _request(self, row, waveform):
        """(signature, inputs) for what is known of a song; no signature where nothing is."""
        columns = dict(zip(self.columns, map(float, row), strict=True))
        known, alone = bool(np.isfinite(row).any()), self.schema["alone"]
        if waveform is None:
            both = (
                {}
                if not self.schema["sample_rate_hz"]
                else {"waveform": np.zeros(1, "float32"), "waveform_length": 0}
            )
            return (
                ("features", columns)
                if known and "features" in alone
                else ("serving_default" if known else None, columns | both)
            )
        if known or "audio" not in alone:
            return "serving_default", columns | {
                "waveform": waveform,
                "waveform_length": len(waveform),
            }
        return "wav_bytes", {"wav_bytes": float_wav(waveform, self.schema["sample_rate_hz"])}

    def _is_full(self, batch, inputs):
        """Whether a song's inputs would make a batch too large, whose songs are padded to the
        longest.
        """
        longest = max(_bytes(row, self._send.sample_bytes) for row in [inputs, *batch.values()])
        return (
            len(batch) == self.schema["max_batch_size"] or (len(batch) + 1) * longest > BATCH_BYTES
        )

    def _flush(self, signature, batch):
        """{song: its values} of one request."""
        longest = max(
            (len(row["waveform"]) for row in batch.values() if "waveform" in row), default=0
        )
        rows = [
            row | {"waveform": np.pad(row["waveform"], (0, longest - len(row["waveform"])))}
            if "waveform" in row
            else row
            for row in batch.values()
        ]
        answers = self._send(signature, rows)
        try:
            parts = [[_output(answer, name) for name in self.target.served] for answer in answers]
            values = np.array([np.hstack(own) for own in parts], "float64")
        except (KeyError, TypeError, ValueError):
            values = np.empty(0)
        if values.shape != (len(batch), len(self.outputs)):
            raise KerasfeatError(
                f"the server's answer to {signature!r} is not what its schema announces, "
                f"{len(self.outputs)} numbers for each of "
                f"{len(batch)} songs. `kerasfeat verify` checks what an export answers."
            )
        return dict(zip(batch, values, strict=True))

    def timeline(self, predictions, song):
        """None: a server gives songs, not their windows."""


def _output(answer, name):
    """One output; REST leaves out the name of the only one of a signature."""
    return answer[name] if name in answer else answer[""]


def _bytes(inputs, sample_bytes):
    """How many bytes of audio a song's inputs have where they are sent."""
    return sum(
        len(value) if isinstance(value, bytes) else sample_bytes * value.size
        for value in inputs.values()
        if isinstance(value, (bytes, np.ndarray))
    )


def float_wav(waveform, rate_hz):
    """A WAV file's bytes, in floating point: nothing is rounded."""
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, rate_hz, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


class _Again(Retry):
    """What is asked again; a server that takes too long to answer is not: it would have to begin
    anew.
    """

    def increment(
        self, method=None, url=None, response=None, error=None, _pool=None, _stacktrace=None
    ):
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


class Rest:
    """TensorFlow Serving's REST interface (https://www.tensorflow.org/tfx/serving/api_rest):
    requests in rows, bytes in base64.
    """

    sample_bytes = 22  # of JSON: sign, point, up to 17 digits, and what separates them

    def __init__(self, url):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.path.startswith("/v1/models/"):
            raise KerasfeatError(
                f"{_without_login(url)!r} is not a model on a server; give it as "
                "http://HOST:8501/v1/models/NAME."
            )
        self._url = url.rstrip("/")
        self._shown = _without_login(self._url)
        self._session = requests.Session()
        methods, again = (
            frozenset({"GET", "POST"}),
            {"total": ATTEMPTS, "backoff_factor": BACKOFF_S},
        )
        retry = _Again(
            **again, status_forcelist=PASSING, allowed_methods=methods, raise_on_status=False
        )
        self._session.mount(f"{parts.scheme}://", HTTPAdapter(max_retries=retry))

    def __call__(self, signature, rows):
        """The outputs of a signature for each row."""
        body = json.dumps(
            {
                "signature_name": signature,
                "instances": [{k: _json(v) for k, v in row.items()} for row in rows],
            }
        )
        try:
            answer = self._session.post(f"{self._url}:predict", data=body, timeout=TIMEOUT_S)
        except requests.RequestException as error:
            raise KerasfeatError(
                f"no answer from {self._shown}: {_without_login(str(error))}. Is the "
                "server running? `kerasfeat serve` starts one."
            ) from error
        try:
            said = answer.json()
        except requests.JSONDecodeError:
            said = None
        said = said if isinstance(said, dict) else {}
        if not answer.ok or "error" in said:
            raise KerasfeatError(
                f"{self._shown} refuses a request for {signature!r} "
                f"({answer.status_code}): {said.get('error', answer.reason)}"
            )
        predictions = said.get("predictions")
        if not isinstance(predictions, list) or len(predictions) != len(rows):
            raise KerasfeatError(
                f"{self._shown} answers a request for {signature!r} without a prediction "
                f"for each of {len(rows)} rows: is it a server of "
                "TensorFlow Serving's REST interface?"
            )
        return [row if isinstance(row, dict) else {"": row} for row in predictions]


def _without_login(text):
    """An address, or words about it, without the user and password before its host."""
    return re.sub(r"[^/\s]*@", "", text)


def _json(value):
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    return value.tolist() if isinstance(value, np.ndarray) else value

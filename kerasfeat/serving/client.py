"""A model on a server as `kerasfeat predict` uses it: songs are decoded here and sent in batches. Over REST it needs no TensorFlow."""

import base64
import io
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import requests
import soundfile
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import decode
from kerasfeat.audio.formats import AudioError
from kerasfeat.progress import progress
from kerasfeat.tasks import CLASSES, VALUES, Task

# A batch is sent when it has as many songs as the server takes, or as many bytes.
BATCH_BYTES = 32 * 2**20
TIMEOUT_S = 300
ATTEMPTS, BACKOFF_S = 5, 0.5
# What may work when it is asked again: too many requests, or a server that is starting or restarting.
PASSING = (429, 502, 503, 504)


@dataclass(frozen=True)
class Answers:
    """What a server says of some songs, in the words of kerasfeat.training.predicting.Predictions.

    Attributes:
        frame: the songs that it could answer for.
        values: [songs, labels] probabilities, or [songs, targets] in the table's unit.
        failures: file -> reason why there is no prediction from its audio.
    """

    frame: pd.DataFrame
    values: np.ndarray
    failures: dict


class Client:
    """A model on a server. `send(signature, rows)` gives a dict of outputs for each row, a dict of inputs."""

    def __init__(self, send):
        self._send = send
        (answer,) = send("schema", [{"query": ""}])
        self.schema = schema = json.loads(_output(answer, "schema"))
        self.outputs = schema["outputs"]
        self.labels = self.outputs if schema["kind"] == CLASSES else []
        targets = (schema["task"],) if self.labels else tuple(self.outputs)
        self.task = Task(schema["task"], schema["kind"], targets, description="")
        self.columns = [column["name"] for column in schema["columns"]]

    def predict(self, frame, decoder="soundfile", strict=False):
        """Predict every song of a tracks frame that has an input.

        Raises:
            KerasfeatError: the server refuses or does not answer; with `strict`, a file can't be used.
        """
        table = frame.reindex(columns=self.columns).to_numpy("float32")
        paths = frame["audio"] if "audio" in frame and self.schema["sample_rate_hz"] else [None] * len(frame)
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
            both = {} if not self.schema["sample_rate_hz"] else {"waveform": np.zeros(1, "float32"), "waveform_length": 0}
            return ("features", columns) if known and "features" in alone else ("serving_default" if known else None, columns | both)
        if known or "audio" not in alone:
            return "serving_default", columns | {"waveform": waveform, "waveform_length": len(waveform)}
        return "wav_bytes", {"wav_bytes": float_wav(waveform, self.schema["sample_rate_hz"])}

    def _is_full(self, batch, inputs):
        """Whether a song's inputs would make a batch too large, whose songs are padded to the longest."""
        longest = max(map(_bytes, [inputs, *batch.values()]))
        return len(batch) == self.schema["max_batch_size"] or (len(batch) + 1) * longest > BATCH_BYTES

    def _flush(self, signature, batch):
        """{song: its values} of one request."""
        longest = max((len(row["waveform"]) for row in batch.values() if "waveform" in row), default=0)
        rows = [
            row | {"waveform": np.pad(row["waveform"], (0, longest - len(row["waveform"])))} if "waveform" in row else row
            for row in batch.values()
        ]
        answers = self._send(signature, rows)
        if self.task.kind != VALUES:
            return {song: _output(answer, "probabilities") for song, answer in zip(batch, answers, strict=True)}
        return {song: [_output(answer, target) for target in self.outputs] for song, answer in zip(batch, answers, strict=True)}

    def timeline(self, predictions, song):
        """None: a server gives songs, not their windows."""


def _output(answer, name):
    """One output; REST leaves out the name of the only one of a signature."""
    return answer.get(name, answer.get(""))


def _bytes(inputs):
    """How many bytes of audio a song's inputs have."""
    return sum(memoryview(value).nbytes for value in inputs.values() if isinstance(value, (bytes, np.ndarray)))


def float_wav(waveform, rate_hz):
    """A WAV file's bytes, in floating point: nothing is rounded."""
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, rate_hz, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


class Rest:
    """TensorFlow Serving's REST interface (https://www.tensorflow.org/tfx/serving/api_rest): requests in rows, bytes in base64."""

    def __init__(self, url):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.path.startswith("/v1/models/"):
            raise KerasfeatError(f"{url!r} is not a model on a server; give it as http://HOST:8501/v1/models/NAME.")
        self._url = url.rstrip("/")
        self._session = requests.Session()
        methods, again = frozenset({"GET", "POST"}), {"total": ATTEMPTS, "backoff_factor": BACKOFF_S}
        retry = Retry(**again, status_forcelist=PASSING, allowed_methods=methods, raise_on_status=False)
        self._session.mount(f"{parts.scheme}://", HTTPAdapter(max_retries=retry))

    def __call__(self, signature, rows):
        """The outputs of a signature for each row."""
        body = json.dumps({"signature_name": signature, "instances": [{k: _json(v) for k, v in row.items()} for row in rows]})
        try:
            answer = self._session.post(f"{self._url}:predict", data=body, timeout=TIMEOUT_S)
        except requests.RequestException as error:
            raise KerasfeatError(f"no answer from {self._url}: {error}. Is the server running? `kerasfeat serve` starts one.") from error
        try:
            said = answer.json()
        except requests.JSONDecodeError:
            said = {}
        if not answer.ok or "predictions" not in said:
            reason = said.get("error", answer.reason)
            raise KerasfeatError(f"{self._url} refuses a request for {signature!r} ({answer.status_code}): {reason}")
        return [row if isinstance(row, dict) else {"": row} for row in said["predictions"]]


def _json(value):
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    return value.tolist() if isinstance(value, np.ndarray) else value

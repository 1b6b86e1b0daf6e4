"""A model on a server over REST, without TensorFlow."""

import base64
import json
import re
from collections.abc import Sequence
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ReadTimeoutError, ResponseError
from urllib3.util import Retry

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http.session import drop_redirect_body
from kerasfeat.datasets.http.time_limit import TimeLimit, call_within, shut_after
from kerasfeat.datasets.http.web import blocks, said_of_connection
from kerasfeat.text import printable

# A request may take so long, and its answer have so many bytes: some thousand labels of a batch.
TIMEOUT_S = 300
ANSWER_BYTES = 32 * 2**20
# What is shown of a server's own words.
SHOWN_CHARACTERS = 500
ATTEMPTS, BACKOFF_S = 5, 0.5
IS_IT_RUNNING = "Is the server running? `kerasfeat serve` says how to start one."
# What may work when it is asked again: too many requests, or a server that is starting or
# restarting.
PASSING = (429, 502, 503, 504)


class Rest:
    """`send` of a kerasfeat.serving.client.Client over TensorFlow Serving's REST interface
    (https://www.tensorflow.org/tfx/serving/api_rest): requests in rows, bytes in base64.

    Args:
        url: http://HOST:8501/v1/models/NAME, with a version or label behind it or not.

    Raises:
        KerasfeatError: the address is none of a model.
    """

    sample_bytes = 22  # of JSON: sign, point, up to 17 digits, and what separates them

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.path.startswith("/v1/models/"):
            raise KerasfeatError(
                f"{_without_login(url)!r} is not a model on a server; give it as "
                "http://HOST:8501/v1/models/NAME."
            )
        self._url = url.rstrip("/")
        self._shown = _without_login(self._url)
        self._session = requests.Session()
        self._session.hooks["response"].append(drop_redirect_body)
        retry = _RetryUnlessSlow(
            total=ATTEMPTS,
            backoff_factor=BACKOFF_S,
            status_forcelist=PASSING,
            allowed_methods=frozenset({"GET", "POST"}),
            raise_on_status=False,
        )
        self._session.mount(f"{parts.scheme}://", HTTPAdapter(max_retries=retry))

    def __call__(self, signature: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The outputs of a signature for each row; the name of a single one is "".

        Raises:
            KerasfeatError: the server does not answer, or refuses.
        """
        body = json.dumps(
            {
                "signature_name": signature,
                "instances": [{k: _json(v) for k, v in row.items()} for row in rows],
            }
        )
        try:
            answer, content = self._post(body)
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            said = said_of_connection(error) or _without_login(str(error))
            why = printable(said)[:SHOWN_CHARACTERS]
            raise KerasfeatError(f"no answer from {self._shown}: {why}. {IS_IT_RUNNING}") from error
        return self._predictions(signature, answer, content, len(rows))

    def _post(self, body: str) -> tuple[requests.Response, bytes]:
        """(The answer to a request, its body), within TIMEOUT_S, all tries together."""
        limit = TimeLimit(self._shown, TIMEOUT_S)
        answer = call_within(
            limit,
            lambda: self._session.post(
                f"{self._url}:predict",
                data=body,
                timeout=TIMEOUT_S,
                stream=True,
                allow_redirects=False,  # songs go to nobody who was not named
            ),
        )
        with answer, shut_after(limit, answer.raw.shutdown):
            pieces = () if answer.is_redirect else blocks(answer, self._shown, ANSWER_BYTES, limit)
            return answer, b"".join(pieces)

    def _predictions(
        self, signature: str, answer: requests.Response, body: bytes, rows: int
    ) -> list[dict[str, Any]]:
        if answer.is_redirect:
            there = printable(_without_login(answer.headers["Location"]))[:SHOWN_CHARACTERS]
            raise KerasfeatError(
                f"{self._shown} redirects to {there!r}. kerasfeat does not follow redirects with "
                "your songs. Pass that address to --server if you trust it."
            )
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):  # no JSON, or nested too deeply
            content = None
        content = content if isinstance(content, dict) else {}
        if not answer.ok or "error" in content:
            why = printable(str(content.get("error", answer.reason)))[:SHOWN_CHARACTERS]
            raise KerasfeatError(
                f"{self._shown} refuses a request for {signature!r} ({answer.status_code}): {why}"
            )
        predictions = content.get("predictions")
        if not isinstance(predictions, list) or len(predictions) != rows:
            raise KerasfeatError(
                f"{self._shown} answers a request for {signature!r} without a prediction "
                f"for each of {rows} rows: is it a server of "
                "TensorFlow Serving's REST interface?"
            )
        return [row if isinstance(row, dict) else {"": row} for row in predictions]


class _RetryUnlessSlow(Retry):
    """Asks again, but not a server that takes too long to answer, which would have to begin anew,
    nor one that asks for more time than there is. No body is read of an answer before the last.
    """

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: TracebackType | None = None,
    ) -> "_RetryUnlessSlow":
        if isinstance(error, ReadTimeoutError):
            raise error
        more = super().increment(method, url, response, error, _pool, _stacktrace)
        if response is not None:
            response.close()
            if (self.get_retry_after(response) or 0) > TIMEOUT_S:
                raise ResponseError(f"it asks to wait for more than {TIMEOUT_S:.6g} s")
        return more


def _without_login(text: str) -> str:
    """An address, or words about it, without the user and password before its host."""
    return re.sub(r"[^/\s]*@", "", text)


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    return value.tolist() if isinstance(value, np.ndarray) else value

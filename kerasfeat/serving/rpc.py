"""A model on a server over gRPC (tensorflow_serving/apis/prediction_service.proto)."""

import json
from collections.abc import Sequence
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from kerasfeat import KerasfeatError
from kerasfeat.serving.rest import (
    ANSWER_BYTES,
    ATTEMPTS,
    BACKOFF_S,
    IS_IT_RUNNING,
    SHOWN_CHARACTERS,
    TIMEOUT_S,
)
from kerasfeat.text import printable

RETRY = {
    "maxAttempts": ATTEMPTS,
    "initialBackoff": f"{BACKOFF_S}s",
    "maxBackoff": "8s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
}
OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", ANSWER_BYTES),
    ("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": RETRY}]})),
)


class Grpc:
    """`send` of a kerasfeat.serving.client.Client over gRPC; the connection is not encrypted.

    Args:
        address: HOST:PORT of the server.
        name: of the model.
    """

    sample_bytes = 4

    def __init__(self, address: str, name: str) -> None:
        self._address, self._name = address, name
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(
            grpc.insecure_channel(address, options=OPTIONS)
        )

    def __call__(self, signature: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The outputs of a signature for each row.

        Raises:
            KerasfeatError: the server does not answer, or refuses.
        """
        request = predict_pb2.PredictRequest()
        request.model_spec.name, request.model_spec.signature_name = self._name, signature
        for key in rows[0]:
            request.inputs[key].CopyFrom(_tensor([row[key] for row in rows]))
        try:
            response = self._stub.Predict(request, timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            said = printable(error.details() or "")[:SHOWN_CHARACTERS]
            if error.code() == grpc.StatusCode.UNAVAILABLE:
                why = said.rpartition(": ")[2].rstrip("]")
                raise KerasfeatError(
                    f"no answer from {self._address}: {why}. {IS_IT_RUNNING}"
                ) from error
            raise KerasfeatError(
                f"{self._address} does not answer for {self._name!r}: {error.code().name}: {said}"
            ) from error
        try:
            outputs = {key: tf.make_ndarray(value) for key, value in response.outputs.items()}
            return [{key: own[row] for key, own in outputs.items()} for row in range(len(rows))]
        except (IndexError, TypeError, ValueError) as error:
            raise KerasfeatError(
                f"{self._address} answers for {self._name!r} without numbers for each of "
                f"{len(rows)} songs: is it a server of TensorFlow Serving?"
            ) from error


def _tensor(values: list[Any]) -> Any:
    """A TensorProto of texts, of whole numbers as int32, or of other numbers as float32."""
    if isinstance(values[0], (str, bytes)):
        return tf.make_tensor_proto(values, tf.string)
    array = np.asarray(values)
    return tf.make_tensor_proto(array.astype("int32" if array.dtype.kind == "i" else "float32"))

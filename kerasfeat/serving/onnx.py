"""A model for ONNX Runtime: a file for each signature of kerasfeat.serving.numeric, for any number
of rows, with the schema and the label names in its metadata.

Keras's own exporter writes the network alone, whose inputs are spectrograms and not what a client
has; what it does (tf2onnx of a function) is done here with the signatures' functions.
"""

import json
import logging
from typing import Any

import numpy as np
import tensorflow as tf

from hub_models.spectra import ONNX, WITHOUT_BITCAST
from kerasfeat import KerasfeatError
from kerasfeat.progress import say
from kerasfeat.serving.graph import Graph
from kerasfeat.serving.numeric import Signature, signatures

TOLERANCE = 1e-4


def convert(graph: Graph, schema: str) -> dict[str, bytes]:
    """Signature -> the bytes of an ONNX file.

    Args:
        graph: of the run.
        schema: of kerasfeat.serving.card.

    A signature that ONNX can't hold is told and left out: tf2onnx has no Fourier transform, which
    front-ends begin with.

    Raises:
        KerasfeatError: the extra is not installed, or no signature can be held.
    """
    _require()
    labels = json.dumps(list(graph.target.outputs), ensure_ascii=False)
    files, refusals = {}, []
    for name, signature in signatures(graph, None).items():
        examples = _examples(signature)
        try:
            content = _converted(name, signature, {"schema": schema, "labels": labels})
            _check(name, content, examples)
        except KerasfeatError as error:
            refusals.append(error)
        else:
            files[name] = content
    if not files:
        raise refusals[0]
    for refusal in refusals:
        say(f"left out: {refusal}")
    return files


def _require() -> None:
    try:
        import onnxruntime  # noqa: F401
        import tf2onnx  # noqa: F401
    except ImportError as error:
        raise KerasfeatError(
            "ONNX needs tf2onnx and onnxruntime, which are not installed: "
            "`pip install 'kerasfeat[onnx]'`."
        ) from error


def _examples(signature: Signature) -> list[dict[str, Any]]:
    """Inputs of one row and of five, each with what the model answers under "answers"."""
    generator = np.random.default_rng(0)
    examples = []
    for rows in (1, 5):
        inputs = {
            name: generator.uniform(0, 1, [rows, *spec.shape[1:]]).astype("float32")
            for name, spec in signature.specs.items()
        }
        answers = signature.answers({name: tf.constant(x) for name, x in inputs.items()})
        examples.append({"inputs": inputs, "answers": answers})
    return examples


def _converted(name: str, signature: Signature, properties: dict[str, str]) -> bytes:
    import onnx
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)  # what fails is told by _check
    specs = list(signature.specs.values())
    function = tf.function(
        lambda *row: signature.answers(dict(zip(signature.specs, row, strict=True))),
        input_signature=specs,
        autograph=False,
    )
    token = WITHOUT_BITCAST.set(ONNX)
    try:
        model, _ = tf2onnx.convert.from_function(
            function, input_signature=specs, custom_op_handlers={"SelectV2": (_choose, [])}
        )
    except Exception as error:  # the converter has no error class of its own
        raise _refusal(name, error) from error
    finally:
        WITHOUT_BITCAST.reset(token)
    onnx.helper.set_model_props(model, properties)
    return model.SerializeToString()


def _choose(context: Any, node: Any, name: str, args: list[Any]) -> None:
    """Convert a choice between tensors.

    tf2onnx multiplies them by 0 and 1. What is not chosen may be NaN, such as the answer of a
    member whose input is absent, and NaN stays NaN: ONNX's own choice takes the place of that.
    """
    from onnx import TensorProto
    from tf2onnx.onnx_opset.controlflow import Select

    if context.get_dtype(node.output[0]) == TensorProto.FLOAT:
        node.type = "Where"
    else:  # ONNX Runtime does not choose between truth values
        Select.version_9(context, node)


def _check(name: str, content: bytes, examples: list[dict[str, Any]]) -> None:
    """Refuse a file that onnxruntime can't run, or that answers otherwise than the model."""
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        outputs = [output.name for output in session.get_outputs()]
        for example in examples:
            answers = dict(zip(outputs, session.run(None, example["inputs"]), strict=True))
            for output, value in example["answers"].items():
                largest = max(1.0, float(np.abs(value).max()))
                np.testing.assert_allclose(
                    answers[output], value, rtol=0, atol=TOLERANCE * largest, err_msg=output
                )
    except Exception as error:  # onnxruntime's errors are as many as its reasons
        raise _refusal(name, error) from error


def _refusal(signature: str, error: Exception) -> KerasfeatError:
    words = " ".join(str(error).split())[:300]
    return KerasfeatError(
        f"ONNX can't hold this model's signature {signature!r}: {words}. Export it as saved_model "
        "or litert."
    )

"""Clips a second of YAMNet three ways, on the same clips in one run, interleaved, medians:

    python benchmarks/backbones.py --weights yamnet_dequantised.npz [--tflite yamnet.tflite]
    [--clips 4] [--seconds 30] [--rounds 7]

- one clip: the Hub SavedModel as published, one waveform a call. Where it is not cached, a stand-in
  with the same signature, operations (batch normalisation and all), and weights takes its place,
  and the output says so.
- batched: `hub_models.Extractor` over our network. network: the same model called on the whole
  batch at once.
- tflite: the TFLite interpreter, one 0.975 s frame a call, with all cores.

The last lines give the floor: the multiply-adds of the network's 1x1 convolutions at the speed of
this machine's own matrix product of the commonest shape. CPU time is printed beside wall time,
because it does not change when other programs run.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

import hub_models
from kerasfeat.arrays import Array

Ways = Mapping[str, Callable[[], object]]

FRONT_END = hub_models.get("yamnet").front_end


def main() -> None:
    """Measure and print a table."""
    options = _options()
    samples = round(options.seconds * FRONT_END.sample_rate_hz)
    generator = np.random.default_rng(0)
    waveforms = generator.uniform(-0.5, 0.5, (options.clips, samples)).astype(np.float32)
    network = hub_models.build("yamnet", weights=options.weights, samples=samples)
    published, which = _published(options.weights)
    extractor = hub_models.Extractor(network)
    whole_batch = tf.function(network, autograph=False)
    ways: dict[str, Callable[[], object]] = {
        f"one clip ({which})": lambda: [published(clip)[1].numpy() for clip in waveforms],
        "batched (Extractor)": lambda: extractor(waveforms),
        "network, whole batch": lambda: whole_batch(waveforms)["embedding"].numpy(),
    }
    if options.tflite:
        ways["tflite"] = _tflite(options.tflite, waveforms)
    patches = options.clips * FRONT_END.patches(samples)
    ways["floor: matrix products alone"] = _floor(network, patches)
    _report(_measure(ways, options.rounds), options.clips)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--weights",
        default="cached",
        help="SavedModel directory, .h5 or .npz of YAMNet; default: the cached one",
    )
    parser.add_argument("--tflite", help="a YAMNet .tflite with 15,600 samples as input")
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


def _published(weights: str) -> tuple[Callable[[Array], Any], str]:
    """The published model and what it is: the Hub's where there is one, else the stand-in with the
    weights of the npz.
    """
    path = hub_models.locate("yamnet", weights)
    if path.is_dir():
        return hub_models.load_published("yamnet", path), "published SavedModel"
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "hub_models"))
    import stand_in

    with np.load(path) as folded, tempfile.TemporaryDirectory() as folder:
        class_map = Path(folder) / "yamnet_class_map.csv"
        class_map.write_text("index,mid,display_name\n")
        saved_model = stand_in.write_yamnet(
            Path(folder) / "yamnet", stand_in.unfolded_yamnet(dict(folded)), class_map
        )
        return hub_models.load_published("yamnet", saved_model), "stand-in SavedModel"


def _tflite(path: str, waveforms: Array) -> Callable[[], None]:
    interpreter = tf.lite.Interpreter(str(path), num_threads=os.cpu_count())
    interpreter.allocate_tensors()
    waveform = interpreter.get_input_details()[0]["index"]
    scores = interpreter.get_output_details()[0]["index"]
    frame, hop = FRONT_END.min_samples, FRONT_END.patch_hop_samples

    def run() -> None:
        for clip in waveforms:
            padded = np.pad(clip, (0, FRONT_END.padding_samples(len(clip))))
            for start in range(0, len(padded) - frame + 1, hop):
                interpreter.set_tensor(waveform, padded[start : start + frame])
                interpreter.invoke()
                interpreter.get_tensor(scores)

    return run


def _floor(network: Any, patches: int) -> Callable[[], Array]:
    """As many multiply-adds as the network's 1x1 convolutions need for `patches`, in plain matrix
    products [pixels, 512] x [512, 512].
    """
    pointwise = [layer for layer in network.layers if layer.name.endswith("pointwise_conv")]
    of_a_patch = sum(
        int(np.prod(layer.output.shape[1:])) * layer.input.shape[-1] for layer in pointwise
    )
    multiply_adds = of_a_patch * patches
    # Layers 8 to 12 are 6 x 4 pixels a patch.
    pixels = 24 * min(patches, FRONT_END.patches(30 * FRONT_END.sample_rate_hz))
    left, right = tf.random.normal([pixels, 512]), tf.random.normal([512, 512])
    product = tf.function(lambda a, b: tf.matmul(a, b))
    times = round(multiply_adds / (pixels * 512 * 512))
    print(
        f"1x1 convolutions: {multiply_adds / patches / 1e6:.1f} million multiply-adds a "
        f"patch, {patches} patches, {times} products"
    )
    return lambda: [product(left, right) for _ in range(times)][-1].numpy()


def _measure(ways: Ways, repeats: int) -> dict[str, list[tuple[float, float]]]:
    """{way: [(wall s, CPU s), ...]}, taken in turn; the first call of each is not counted."""
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for run in ways.values():
        run()
    for _ in range(repeats):
        for name, run in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            measured[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return measured


def _report(measured: Mapping[str, list[tuple[float, float]]], clips: int) -> None:
    medians = {name: np.median(times, axis=0) for name, times in measured.items()}
    one_clip = next(iter(medians.values()))
    print(
        f"{os.cpu_count()} cores, TensorFlow {tf.__version__}, GPUs: "
        f"{len(tf.config.list_physical_devices('GPU'))}"
    )
    heads = f"{'clips/s':>9s}{'wall ms a clip':>16s}{'CPU ms a clip':>15s}"
    print(f"{'':40s}{heads}{'x one clip, wall':>18s}{'CPU':>7s}")
    for name, (wall, cpu) in medians.items():
        speed, ratios = clips / wall, one_clip / (wall, cpu)
        wall_ms, cpu_ms = wall / clips * 1e3, cpu / clips * 1e3
        times = f"{speed:9.2f}{wall_ms:16.1f}{cpu_ms:15.1f}"
        print(f"{name:40s}{times}{ratios[0]:18.2f}{ratios[1]:7.2f}")


if __name__ == "__main__":
    main()

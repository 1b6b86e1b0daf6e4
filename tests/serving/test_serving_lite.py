"""LiteRT files beside the Keras model."""

import numpy as np
import pytest
from untrained_graphs import COLUMNS, agree, songs_of, untrained

from kerasfeat import KerasfeatError
from kerasfeat.serving import warmup
from kerasfeat.serving.lite import FLOAT16, FLOAT32, Lite, convert


def test_a_whole_file_answers_as_the_model_does_and_half_of_it_nearly_so():
    graph = untrained(["logmel"], features=COLUMNS[:2], lyrics=COLUMNS[1:])
    (waveform,) = songs_of(graph, 2.4)
    row, missing = np.array([[0.7, 3, np.nan]], "float32"), np.full((1, 3), np.nan, "float32")
    wanted = {
        "audio": warmup.named(graph, warmup.reference(graph, [waveform], missing)),
        "features": warmup.named(graph, warmup.reference(graph, None, row)),
    }
    sizes = []
    for kind, tolerance in ((FLOAT32, 1e-5), (FLOAT16, 5e-3)):
        content = convert(graph, kind)
        sizes.append(len(content))
        lite = Lite(content)
        assert lite.signatures == ["audio", "features"]
        heard = lite.audio(waveform, graph.frontends["logmel"].clip_samples)
        read = lite.features(dict(zip(COLUMNS, row[0], strict=True)))
        for answer, name in ((heard, "audio"), (read, "features")):
            agree(answer, {"probabilities": wanted[name]["probabilities"]}, tolerance)
    assert sizes[1] < 0.6 * sizes[0]


def test_inputs_of_several_rates_have_no_small_form():
    with pytest.raises(KerasfeatError, match="several sample rates"):
        convert(untrained(["logmel", "mfcc"]), FLOAT32)

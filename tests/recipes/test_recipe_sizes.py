"""Layer sizes of the published networks: parameters counted by hand from the reports' descriptions.

A dense layer from a to b has (a + 1) b parameters, a convolution of kernel k from a to b channels
(k a + 1) b, a Keras LSTM from a to b 4 (a + b + 1) b, a Keras Elman network (a + b + 1) b; batch
normalisation adds two trained parameters a channel.
"""

import keras
import pytest
from recipe_cases import published_case

from kerasfeat.recipes import recipes


def dense(*sizes):
    return sum((a + 1) * b for a, b in zip(sizes, sizes[1:], strict=False))


def conv(kernel, *channels):
    return sum((kernel * a + 1) * b for a, b in zip(channels, channels[1:], strict=False))


def lstm(a, b):
    return 4 * (a + b + 1) * b


def norm(*channels):
    return 2 * sum(channels)


MFCC = {"mfcc": (160, 20)}
FINE = {"mfcc": (160, 256)}
MEL = {"logmel": (1232, 128)}
SPECTROGRAM = {"spectrogram": (1292, 513)}
# 207 low-level numbers and, as HitMusicNet has 228, 21 others.
TABLES = {"features": (21,), "lowlevel": (207,)}
LOW = {"lowlevel": (207,)}
VGGISH = {"vggish": (31, 128)}
WAVE = {"midside_waveform": (661_500, 2)}
MIDSIDE = {"midside_logmel": (24, 2584, 2)}

MOOD_MLP = dense(11, 512, 128, 64) + norm(512, 128, 64)
RNN = (128 + 128 + 1) * 128 + dense(128, 512, 128)
LSTM = lstm(128, 512) + dense(512, 512, 128)
MFCC_CNN = conv(9, 1, 16, 32) + dense(40 * 5 * 32, 64, 1)
NUMERIC, MULTITASK = dense(6, 64, 32), lstm(20, 64)
ENCODER = dense(228, 114, 76, 45)
LOW_ENCODER = dense(207, 103, 69, 20)
HEAD = dense(45, 45, 22, 15, 1)
# Two branches; 661,500 samples become 66,150, 33,075, 3,308, 1,654 of 16 channels.
WAVE_1D = 2 * (conv(100, 1, 8, 16) + norm(8, 16)) + dense(2 * 1654 * 16, 64, 32, 1)
# Two branches; 100 x 6,615 become 100 x 662, 33 x 331, 33 x 34, 11 x 17.
WAVE_2D = 2 * (conv(45 * 10, 1, 8, 16) + norm(8, 16)) + dense(2 * 11 * 17 * 16, 64, 32, 1)
SPEC_2D = (
    conv(12, 2, 16, 16, 16, 16, 32, 32, 32)
    + norm(16, 32)
    + dense(6 * 646 * 32, 64, 32, 16, 1)
    + norm(64, 32, 16)
)
# 38 slices x 24 mels x 68 frames become 19 x 12 x 34, then 19 x 6 x 17.
SPEC_3D = (
    (conv(12, 2, 8, 8) + norm(8) + conv(18, 8, 16, 16) + norm(16) + conv(8, 16, 32, 32))
    + dense(19 * 6 * 17 * 32, 64, 32, 16, 1)
    + norm(64, 32, 16)
)
# Convolutions without bias, each normalised: one of 7 x 7, then 4 of each width, and one of 1 x 1
# at each change of width.
RESNET = 49 * 64 + norm(64) + 4 * 9 * 64 * 64 + norm(*[64] * 4)
for _a, _b in ((64, 128), (128, 256), (256, 512)):
    RESNET += 9 * _a * _b + 3 * 9 * _b * _b + _a * _b + norm(*[_b] * 5)

SIZES = {
    "sfp-spectrogram-cnn": (SPECTROGRAM, conv(25, 1, 6, 16) + dense(29 * 29 * 16, 120, 32, 1)),
    "sfp-spectrogram-resnet18": (SPECTROGRAM, RESNET + dense(512, 1)),
    "sfp-mfcc-cnn": (MFCC, MFCC_CNN),
    "sfp-mfcc-cnn-valence": (MFCC, MFCC_CNN),
    "sfp-mfcc-lstm": (MFCC, MULTITASK + dense(64, 1)),
    "sfp-mfcc-lstm-multitask": (MFCC, MULTITASK + dense(64, 5)),
    "sfp-complex-cnn": (FINE, conv(9, 1, 32, 64, 128, 256) + dense(8 * 8 * 256, 128, 5)),
    "sfp-separated": ({"hpss": (1292, 96, 2)}, conv(9, 2, 16, 32) + dense(8 * 8 * 32, 64, 1)),
    "sfp-numeric": ({}, dense(6, 64, 32, 5)),
    "sfp-numeric-relu-deep": ({}, dense(6, 64, 32, 16, 5)),
    "sfp-numeric-sigmoid": ({}, dense(6, 64, 32, 5)),
    "sfp-combiner-a": (MFCC, NUMERIC + MULTITASK + dense(32, 32) + dense(64, 32) + dense(64, 5)),
    "sfp-combiner-b": (
        MFCC,
        NUMERIC + MULTITASK + dense(32, 5) + dense(64, 5) + 2 * dense(5, 16) + dense(32, 5),
    ),
    "sfp-combiner-c": (
        MFCC,
        NUMERIC + MULTITASK + dense(32, 5) + dense(64, 5) + 2 * dense(5, 5) + dense(10, 5),
    ),
    "sfp-combiner-d": (MFCC, NUMERIC + MULTITASK + dense(32, 32) + dense(64, 32) + dense(64, 5)),
    "jaar-1dwav": (WAVE, WAVE_1D),
    "jaar-2dwav": (WAVE, WAVE_2D),
    "jaar-2dspec": (MIDSIDE, SPEC_2D),
    "jaar-3dspec": (MIDSIDE, SPEC_3D),
    "hitmusicnet": (TABLES, ENCODER + HEAD),
    "hitmusicnet-classes": (TABLES, ENCODER + dense(45, 45, 22, 15, 3)),
    "hitmusicnet-4": (TABLES, dense(228, 114, 76, 57) + dense(57, 57, 28, 19, 1)),
    "hitmusicnet-4-classes": (TABLES, dense(228, 114, 76, 57) + dense(57, 57, 28, 19, 3)),
    "hitmusicnet-7": (TABLES, dense(228, 114, 76, 32) + dense(32, 32, 16, 11, 1)),
    "hitmusicnet-7-classes": (TABLES, dense(228, 114, 76, 32) + dense(32, 32, 16, 11, 3)),
    "autoenchorder-rnn": (LOW | VGGISH, LOW_ENCODER + lstm(128, 20) + dense(40, 40, 20, 13, 1)),
    "autoenchorder-hmn-vggish": (TABLES | VGGISH, ENCODER + dense(173, 173, 86, 58, 1)),
    "autoenchorder-lossnet": (TABLES | VGGISH, ENCODER + HEAD + lstm(128, 20) + dense(20, 20, 1)),
    "autoenchorder": (
        LOW | VGGISH,
        LOW_ENCODER + lstm(128, 64) + dense(64, 32, 20) + 6 * dense(40, 40) + dense(40, 1),
    ),
    "autoenchorder-9": (
        LOW | VGGISH,
        LOW_ENCODER + lstm(128, 64) + dense(64, 32, 20) + 8 * dense(40, 40) + dense(40, 1),
    ),
    "autoenchorder-12": (
        LOW | VGGISH,
        LOW_ENCODER + lstm(128, 64) + dense(64, 32, 20) + 11 * dense(40, 40) + dense(40, 1),
    ),
    "random-normal": ({}, 0),
    "genre-mlp": ({}, dense(13, 10, 9)),
    "genre-mlp-2": ({}, dense(13, 10, 10, 9)),
    "genre-mlp-3": ({}, dense(13, 10, 10, 10, 9)),
    "genre-mlp-staircase": ({}, dense(13, 10, 9)),
    "genre-mlp-2-staircase": ({}, dense(13, 10, 10, 9)),
    "genre-mlp-3-staircase": ({}, dense(13, 10, 10, 10, 9)),
    "mood-mlp": ({}, MOOD_MLP + dense(64, 4)),
    "mood-mlp-hardtanh": ({}, dense(11, 128, 64, 4)),
    "mood-cnn": ({}, conv(3, 1, 40, 80, 160, 160) + norm(40, 160) + dense(320, 4)),
    "mood-rnn": (MEL, RNN + dense(128, 4)),
    "mood-lstm": (MEL, LSTM + dense(128, 4)),
    "mood-ensemble-rnn": (MEL, MOOD_MLP + dense(64, 4) + RNN + dense(128, 4) + dense(8, 4)),
    "mood-ensemble-lstm": (MEL, MOOD_MLP + dense(64, 4) + LSTM + dense(128, 4) + dense(8, 4)),
    "mood-ensemble-rnn-penultimate": (MEL, MOOD_MLP + RNN + dense(64 + 128, 4)),
    "mood-ensemble-lstm-penultimate": (MEL, MOOD_MLP + LSTM + dense(64 + 128, 4)),
}

PARTS = {
    ("hitmusicnet", "autoencoder"): ENCODER + dense(45, 76, 114, 228),
    ("autoenchorder", "table"): LOW_ENCODER + dense(20, 69, 103, 207),
    ("autoenchorder", "sequence"): lstm(128, 64)
    + dense(64, 32, 20)
    + dense(20, 32, 64)
    + lstm(64, 128),
    ("autoenchorder-lossnet", "base"): ENCODER + HEAD,
    ("autoenchorder-lossnet", "base.autoencoder"): ENCODER + dense(45, 76, 114, 228),
    ("mood-ensemble-rnn", "mlp"): MOOD_MLP + dense(64, 4),
    ("mood-ensemble-lstm-penultimate", "lstm"): LSTM + dense(128, 4),
    ("sfp-combiner-a", "numeric"): NUMERIC + dense(32, 5),
    ("sfp-combiner-a", "lstm"): MULTITASK + dense(64, 5),
}


def trained(model):
    return sum(int(weight.shape.num_elements()) for weight in model.trainable_weights)


LABELS = {"mood": ("calm", "energetic", "happy", "sad"), "genre": tuple("abcdefghi")}


def network_of(name):
    recipe = recipes.get(name)
    return published_case(recipe, SIZES[name][0], LABELS.get(recipe.task, ())).network()


@pytest.mark.parametrize("name", SIZES)
def test_a_network_has_the_parameters_of_its_report(name):
    assert trained(network_of(name).model) == SIZES[name][1]


@pytest.mark.parametrize(("name", "part"), PARTS)
def test_a_part_has_the_parameters_of_its_report(name, part):
    assert trained(network_of(name).parts[part]) == PARTS[name, part]


def test_the_moods_pooling_leaves_the_320_numbers_of_the_report():
    model = network_of("mood-cnn").model
    (flat,) = (layer for layer in model.layers if isinstance(layer, keras.layers.Flatten))
    assert flat.output.shape == (None, 320)

"""musicnn: convolutions in time and timbre, trained on tags of music; 50 tags each 3 s.

One network, trained twice: on the Million Song Dataset's tags of Last.fm, and on MagnaTagATune.
Parameters from jordipons/musicnn (configuration.py, models.py, version 0.1.0).
"""

from hub_models.description import LIBROSA, SHIFT, Backbone, FrontEnd, Output, Package, Row

_MSD_TAGS = (
    *("rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s"),
    *("alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists"),
    *("classic rock", "soul", "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill"),
    *("instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic"),
    *("experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country"),
    *("easy listening", "sexy", "catchy", "funk", "electro", "heavy metal", "Progressive rock"),
    *("60s", "rnb", "indie pop", "sad", "House", "happy"),
)
_MTT_TAGS = (
    *("guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast"),
    *("piano", "ambient", "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male"),
    *("singing", "vocals", "no vocals", "harpsichord", "loud", "quiet", "flute", "woman"),
    *("male vocal", "no vocal", "pop", "soft", "sitar", "solo", "man", "classic", "choir", "voice"),
    *("new age", "dance", "male voice", "female vocal", "beats", "harp", "cello", "no voice"),
    *("weird", "country", "metal", "female voice", "choral"),
)


def _heard(number: int, padding: str, kernel: tuple[int, int], filters: int) -> list[Row]:
    """A convolution over the spectrogram, and its maximum over what is left of the 96 bands."""
    conv, norm = f"conv2d_{number}" if number else "conv2d", f"batch_normalization_{number + 1}"
    given = "padded" if padding == "valid" else "batch_normalization"
    bands = 97 - kernel[1] if padding == "valid" else 96
    return [
        Row(conv, "conv", filters, kernel, padding=padding, inputs=(given,)),
        Row(norm, "affine"),
        Row(f"{conv}_peak", "max_pool", kernel=(1, bands), padding="valid"),
        Row(f"{conv}_bands", "channels_as_bands"),
    ]


def _joined(number: int, given: str, bands: int) -> list[Row]:
    """A convolution over all bands of `given`, the middle of the network."""
    conv = f"conv2d_{number}"
    return [
        Row(f"{conv}_padded", "pad_time", kernel=7, inputs=(given,)),
        Row(conv, "conv", 64, (7, bands), padding="valid"),
        Row(f"batch_normalization_{number + 1}", "affine"),
        Row(f"{conv}_bands", "channels_as_bands"),
    ]


_ROWS = (
    Row("batch_normalization", "affine"),
    Row("padded", "pad_time", kernel=7),
    *_heard(0, "valid", (7, 38), 204),
    *_heard(1, "valid", (7, 67), 204),
    *_heard(2, "same", (128, 1), 51),
    *_heard(3, "same", (64, 1), 51),
    *_heard(4, "same", (32, 1), 51),
    Row(
        "front_end",
        "concat",
        inputs=("conv2d_bands", *(f"conv2d_{number}_bands" for number in range(1, 5))),
    ),
    *_joined(5, "front_end", 561),
    *_joined(6, "conv2d_5_bands", 64),
    Row("conv2d_6_sum", "add", inputs=("conv2d_6_bands", "conv2d_5_bands")),
    *_joined(7, "conv2d_6_sum", 64),
    Row("conv2d_7_sum", "add", inputs=("conv2d_7_bands", "conv2d_6_sum")),
    Row("all", "concat", inputs=("front_end", "conv2d_5_bands", "conv2d_6_sum", "conv2d_7_sum")),
    Row("all_channels", "channels_as_bands"),
    Row("max_pool", "max"),
    Row("mean_pool", "mean", inputs=("all_channels",)),
    # The maximum and the mean of each band lie beside each other.
    Row("max_column", "column", inputs=("max_pool",)),
    Row("mean_column", "column", inputs=("mean_pool",)),
    Row("pools", "concat", inputs=("max_column", "mean_column")),
    Row("pools_flat", "flatten"),
    Row("batch_normalization_9", "affine"),
    Row("dense", "dense", filters=200),
    Row("batch_normalization_10", "affine"),
    Row("dense_1", "dense", filters=50, activation="sigmoid"),
)


def _musicnn(short: str, songs: str, tags: tuple[str, ...], known: str) -> Backbone:
    return Backbone(
        name=f"musicnn_{short.lower()}",
        gives=f"50 tags of {songs} ({known}, ...) and 200 numbers each 3 s",
        handle="https://github.com/jordipons/musicnn",
        licence="ISC",
        reference="Pons and Serra 2019, arXiv 1909.06654; Pons et al. 2018, arXiv 1711.02520",
        front_end=FrontEnd(
            log_offset=1e-4,
            patch_hop_s=2.992,
            rest=SHIFT,
            definition=LIBROSA,
            window_s=0.032,
            hop_s=0.016,
            mels=96,
            mel_min_hz=0.0,
            mel_max_hz=8000.0,
            patch_s=2.992,
        ),
        rows=_ROWS,
        outputs={
            "embedding": Output("batch_normalization_10", 200),
            "penultimate": Output("batch_normalization_10", 200),
            "max_pool": Output("max_pool", 753),
            "mean_pool": Output("mean_pool", 753),
            "tags": Output("dense_1", 50, is_scores=True),
        },
        batch_norm_epsilon=1e-3,
        class_names=tags,
        package=Package(
            name="musicnn",
            version="0.1.0",
            sha256="f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
            folder=f"musicnn/{short}_musicnn",
            licence_file="musicnn-0.1.0.dist-info/LICENSE.md",
        ),
    )


BACKBONE = (
    _musicnn("MSD", "the Million Song Dataset", _MSD_TAGS, "rock, happy, female vocalists"),
    _musicnn("MTT", "MagnaTagATune", _MTT_TAGS, "guitar, fast, no vocals"),
)

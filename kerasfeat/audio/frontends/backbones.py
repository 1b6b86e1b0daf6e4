"""What published networks hear in a clip: the outputs of every backbone of `hub_models`, and the
patches that they read.

`yamnet` and `vggish` are embeddings, `yamnet_scores` the probabilities of AudioSet's classes,
`vggish_postprocessed` the embeddings after PCA and quantisation; `yamnet_patches` and
`vggish_patches` are what `--finetune` trains a backbone on.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import librosa
import tensorflow as tf

import hub_models
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.spectra import FrontEnd, require
from kerasfeat.fields import Field
from kerasfeat.progress import say
from kerasfeat.registry import unknown

EMBEDDING = "embedding"
PATCHES = "_patches"


@dataclass(frozen=True)
class Patches(FrontEnd):
    """Log-mel patches of a clip as a backbone takes them (Hershey et al. 2017, arXiv 1609.09430)."""

    name: ClassVar[str]
    backbone: ClassVar[hub_models.Backbone]

    sample_rate_hz: int = 16_000

    def __post_init__(self):
        super().__post_init__()
        rate_hz = self.backbone.sample_rate_hz
        require(
            self.sample_rate_hz == rate_hz,
            self,
            f"{self.backbone.name} was trained at {rate_hz} Hz, not {self.sample_rate_hz}",
        )
        least_s = self.backbone.front_end.min_samples / rate_hz
        require(
            self.patches > 0,
            self,
            f"{self.backbone.name} needs clips of at least {least_s:g} s, not {self.clip_s}",
        )

    @property
    def patches(self):
        """Patches of one clip."""
        return self.backbone.front_end.patches(self.clip_samples)

    @property
    def field(self):
        """[patches, frames, mels]."""
        front_end = self.backbone.front_end
        return Field(
            self.name,
            (self.patches, front_end.patch_frames, front_end.mels),
            ("spectrograms", "frames", "mels"),
            unit="log",
        )

    @property
    def bands_hz(self):
        """The middles of the mel bands (HTK's scale) [mels]."""
        front_end = self.backbone.front_end
        return librosa.mel_frequencies(
            front_end.mels + 2, fmin=front_end.mel_min_hz, fmax=front_end.mel_max_hz, htk=True
        )[1:-1]

    def __call__(self, waveform):
        """[batch, clip_samples] to [batch, patches, frames, mels]."""
        return tf.ensure_shape(
            hub_models.log_mel_patches(waveform, self.backbone.front_end), (None, *self.field.shape)
        )


@dataclass(frozen=True)
class Heard(Patches):
    """One output of a backbone, with the weights that are cached on this machine."""

    output: ClassVar[str]

    @property
    def bands_hz(self):
        """None: what a network hears lies at no frequency."""
        return None

    @property
    def field(self):
        """[patches, dims]."""
        size = self.backbone.classes if self.output == "scores" else self.backbone.embedding_size
        return Field(self.name, (self.patches, size), ("patches", "dims"))

    @property
    def weights(self):
        """SHA-256 of the weights, by which the results of other weights are kept apart."""
        return hub_models.fingerprint(self.backbone.name, self.output)

    @property
    def network(self):
        """The backbone as a Keras model from waveforms [batch, samples]."""
        return _network(self.backbone.name, self.output, self.weights)

    def __call__(self, waveform):
        """[batch, clip_samples] to [batch, patches, dims].

        Raises:
            HubError: no weights on this machine.
        """
        network = self.network
        # A clip at a time: the widest layer's arrays of several would leave the processor's cache.
        heard = tf.map_fn(
            lambda clip: tf.cast(
                network(clip[tf.newaxis], training=False)[self.output][0], tf.float32
            ),
            waveform,
        )
        return tf.ensure_shape(heard, (None, *self.field.shape))


def default_audio():
    """The input that reads audio when nobody names one: a backbone whose weights are here, else the
    log-mel spectrogram.
    """
    cached = [name for name in ("yamnet", "vggish") if hub_models.is_cached(name)]
    if cached:
        return cached[0]
    say(
        "audio is read as logmel; with the weights of a published network (`kerasfeat hub "
        "fetch yamnet`) it would be read by that."
    )
    return "logmel"


def finetuning(text):
    """What `BACKBONE:LAYER` means: (name of the input that the backbone reads, the first layer that
    trains).

    Raises:
        KerasfeatError: for an unknown backbone or layer.
    """
    name, _, layer = text.partition(":")
    if name not in hub_models.names():
        raise unknown("backbone", name, hub_models.names())
    backbone = hub_models.get(name)
    rows = [row.name for row in backbone.rows]
    below = {row.split("/")[0] for row in rows[: rows.index(backbone.outputs[EMBEDDING]) + 1]}
    layers = [group for group in backbone.groups if group in below]
    if layer not in layers:
        raise unknown(f"layer of {name} to train from", layer, layers)
    return f"{name}{PATCHES}", layer


@lru_cache(maxsize=4)
def _network(name, output, weights):
    with tf.init_scope():  # its variables outlive the graph that first asks for them
        return hub_models.build(name, outputs=(output,), dtype="float32")


def _register(parent, name, **attributes):
    frontends.add(
        name,
        dataclass(frozen=True)(
            type(name, (parent,), {"name": name, "__module__": __name__, **attributes})
        ),
    )


for _backbone in map(hub_models.get, hub_models.names()):
    _register(Patches, f"{_backbone.name}{PATCHES}", backbone=_backbone)
    for _output in _backbone.outputs:
        _name = _backbone.name if _output == EMBEDDING else f"{_backbone.name}_{_output}"
        _register(Heard, _name, backbone=_backbone, output=_output)

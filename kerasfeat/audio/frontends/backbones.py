"""What published networks hear in a clip, and the patches that they read.

Every output of every backbone of `hub_models` is an input. `yamnet`, `vggish`, `musicnn_msd` and
`musicnn_mtt` are embeddings, `yamnet_scores` the probabilities of AudioSet's classes,
`musicnn_msd_tags` those of tags, `vggish_postprocessed` the embeddings after PCA and quantisation;
`yamnet_patches` and the like are what `--finetune` trains a backbone on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import keras
import librosa
import tensorflow as tf

import hub_models
from hub_models.description import AUDIOSET
from kerasfeat import hub
from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.spectra import FrontEnd, require
from kerasfeat.fields import DIMS, FRAMES, MELS, PATCHES, SPECTROGRAMS, Field
from kerasfeat.progress import say
from kerasfeat.registry import unknown

EMBEDDING = "embedding"
SUFFIX = "_patches"  # of the input that a backbone reads
# Inputs in the order of what simple models make of them on Emotify's 100 clips for development:
# genre, mood, and nine emotions (benchmarks/audio_inputs.py; docs/results.md has the figures).
BEST = (
    ("musicnn_msd", "musicnn_mtt", "mfcc"),
    ("musicnn_mtt",),
    ("musicnn_msd",),
    ("yamnet",),
    ("vggish",),
)


@dataclass(frozen=True)
class Patches(FrontEnd):
    """Log-mel patches of a clip as a backbone reads them; see hub_models.log_mel_patches."""

    name: ClassVar[str]
    backbone: ClassVar[hub_models.Backbone]

    sample_rate_hz: int = 16_000

    def __post_init__(self) -> None:
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
    def patches(self) -> int:
        """Patches of one clip."""
        return self.backbone.front_end.patches(self.clip_samples)

    @property
    def field(self) -> Field:
        """[patches, frames, mels]."""
        front_end = self.backbone.front_end
        shape = (self.patches, front_end.patch_frames, front_end.mels)
        return Field(self.name, shape, (SPECTROGRAMS, FRAMES, MELS), unit="log")

    @property
    def bands_hz(self) -> Array | None:
        """The middles of the mel bands [mels]."""
        front_end = self.backbone.front_end
        return librosa.mel_frequencies(
            front_end.mels + 2,
            fmin=front_end.mel_min_hz,
            fmax=front_end.mel_max_hz,
            htk=front_end.definition == AUDIOSET,
        )[1:-1]

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, clip_samples] to [batch, patches, frames, mels]."""
        patches = hub_models.log_mel_patches(waveform, self.backbone.front_end)
        return tf.ensure_shape(patches, (None, *self.field.shape))


@dataclass(frozen=True)
class Heard(Patches):
    """One output of a backbone, with the weights that are cached on this machine."""

    output: ClassVar[str]

    @property
    def bands_hz(self) -> None:
        """None: what a network hears lies at no frequency."""
        return None

    @property
    def field(self) -> Field:
        """[patches, dims]."""
        size = self.backbone.outputs[self.output].size
        return Field(self.name, (self.patches, size), (PATCHES, DIMS))

    @property
    def weights(self) -> str:
        """SHA-256 of the weights, by which the results of other weights are kept apart."""
        return hub.fingerprint(self.backbone.name, self.output)

    @property
    def network(self) -> keras.Model:
        """The backbone as a Keras model from waveforms [batch, samples]."""
        return _network(self.backbone.name, self.output, self.weights)

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, clip_samples] to [batch, patches, dims].

        Raises:
            KerasfeatError: no weights on this machine, or of `waveform` as any front-end.
        """
        network = self.network
        # A clip at a time: the widest layer's arrays of several would leave the processor's cache.
        heard = tf.map_fn(
            lambda clip: tf.cast(
                network(clip[tf.newaxis], training=False)[self.output][0], tf.float32
            ),
            waveform,
        )  # [batch, patches, dims]
        return tf.ensure_shape(heard, (None, *self.field.shape))


def default_audio(few_songs: bool) -> tuple[str, ...]:
    """The inputs that read audio when nobody names any.

    They are the first of BEST whose weights are here, else the log-mel spectrogram. They are told,
    and what would be better.

    Args:
        few_songs: whether frames are summed up by their statistics. Networks that read each frame,
            as those of many songs do, are left out: they take longer than all else.
    """
    published = hub_models.names()

    def is_here(name: str) -> bool:
        return name not in published or hub_models.is_cached(name)

    here = next((names for names in BEST if all(map(is_here, names))), ())
    lacking = [name for name in BEST[0] if not is_here(name)]
    chosen = tuple(name for name in here if few_songs or name in published) or ("logmel",)
    better = ["More weights would help.", *map(hub_models.offer, lacking)] if lacking else []
    say(" ".join([f"audio is read as {', '.join(chosen)}.", *better]))
    return chosen


def finetuning(text: str) -> tuple[str, str]:
    """What `BACKBONE:LAYER` means.

    Returns:
        (name of the input that the backbone reads, the first layer that trains).

    Raises:
        KerasfeatError: for an unknown backbone or layer.
    """
    name, _, layer = text.partition(":")
    if name not in hub_models.names():
        raise unknown("backbone", name, hub_models.names())
    backbone = hub_models.get(name)
    rows = [row.name for row in backbone.rows]
    below = {row.split("/")[0] for row in rows[: rows.index(backbone.outputs[EMBEDDING].row) + 1]}
    layers = [group for group in backbone.groups if group in below]
    if layer not in layers:
        raise unknown(f"layer of {name} to train from", layer, layers)
    return f"{name}{SUFFIX}", layer


@lru_cache(maxsize=16)  # more than run at once: a graph needs its networks to the end
def _network(name: str, output: str, weights: str) -> keras.Model:
    """A backbone; `weights` tells apart those that were cached at different times."""
    with tf.init_scope():  # its variables outlive the graph that first asks for them
        return hub.build(name, outputs=(output,), dtype="float32")


def _front_end(parent: type[Patches], name: str, **attributes: Any) -> Patches:
    """A front-end of a class of its own, whose name and backbone are no parameters."""
    own: type[Patches] = type(name, (parent,), {**attributes, "name": name, "__module__": __name__})
    return dataclass(frozen=True)(own)()


def _front_ends(backbone: hub_models.Backbone) -> Iterator[Patches]:
    """What a backbone reads, and each of its outputs once, the embedding by its own name."""
    yield _front_end(Patches, f"{backbone.name}{SUFFIX}", backbone=backbone)
    embedding = backbone.outputs[EMBEDDING]
    for output, its in backbone.outputs.items():
        if its == embedding and output != EMBEDDING:
            continue
        name = backbone.name if output == EMBEDDING else f"{backbone.name}_{output}"
        yield _front_end(Heard, name, backbone=backbone, output=output)


FRONTEND = tuple(
    front_end for backbone in hub_models.backbones for front_end in _front_ends(backbone)
)

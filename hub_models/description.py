"""What a backbone is: its front-end, its table of rows, where it is published. Plain data, no
TensorFlow.
"""

import difflib
import importlib
import pkgutil
from dataclasses import dataclass
from functools import cached_property


class HubError(Exception):
    """A problem with a backbone that the user can mend: the message says what, what was received,
    and what to do.
    """


@dataclass(frozen=True)
class FrontEnd:
    """How a waveform becomes log-mel patches (Hershey et al. 2017, arXiv 1609.09430); lengths in
    seconds, counts derived.

    `pad` is YAMNet's rule: the waveform is padded with silence to one patch at least and then to
    whole patch hops. Without it the incomplete patch at the end is dropped (VGGish), so a clip
    shorter than `min_samples` has no patch at all.
    """

    log_offset: float
    patch_hop_s: float
    pad: bool
    sample_rate_hz: int = 16000
    window_s: float = 0.025
    hop_s: float = 0.010
    mels: int = 64
    mel_min_hz: float = 125.0
    mel_max_hz: float = 7500.0
    patch_s: float = 0.96

    @property
    def window_samples(self):
        return round(self.sample_rate_hz * self.window_s)

    @property
    def hop_samples(self):
        return round(self.sample_rate_hz * self.hop_s)

    @property
    def fft_samples(self):
        """The next power of two that holds a window."""
        return 1 << (self.window_samples - 1).bit_length()

    @property
    def patch_frames(self):
        return round(self.patch_s / self.hop_s)

    @property
    def patch_hop_frames(self):
        return round(self.patch_hop_s / self.hop_s)

    @property
    def patch_hop_samples(self):
        return self.patch_hop_frames * self.hop_samples

    @property
    def min_samples(self):
        """Samples in one patch: its hops and the rest of its last window."""
        return (self.patch_frames - 1) * self.hop_samples + self.window_samples

    def padding_samples(self, samples):
        """Samples of silence that the padding rule adds to `samples` (zero without the rule)."""
        if not self.pad:
            return 0
        if samples < self.min_samples:
            return self.min_samples - samples
        return -(samples - self.min_samples) % self.patch_hop_samples

    def patches(self, samples):
        """Number of patches that a waveform of `samples` gives."""
        beyond_first = samples + self.padding_samples(samples) - self.min_samples
        return max(0, 1 + beyond_first // self.patch_hop_samples)


@dataclass(frozen=True)
class Row:
    """One layer of a network, named as the published variables are; `kind` is a key of
    `hub_models.network.KINDS`.
    """

    name: str
    kind: str
    filters: int = 0
    kernel: int = 3
    stride: int = 1
    activation: str | None = "relu"
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Backbone:
    """A published audio network: where it comes from, its front-end, its rows, and which rows are
    its outputs.
    """

    name: str
    handle: str
    licence: str
    reference: str
    front_end: FrontEnd
    rows: tuple[Row, ...]
    outputs: dict[str, str]
    embedding_size: int
    classes: int = 0
    batch_norm_epsilon: float = 0.0
    class_map_file: str | None = None
    pca_file: str | None = None
    pca_url: str | None = None

    @property
    def sample_rate_hz(self):
        return self.front_end.sample_rate_hz

    @property
    def patch_s(self):
        return self.front_end.patch_s

    @property
    def patch_hop_s(self):
        return self.front_end.patch_hop_s

    @property
    def companion_files(self):
        """Names of the files that belong beside the weights: class map, PCA parameters."""
        return [file for file in (self.class_map_file, self.pca_file) if file]

    @cached_property
    def groups(self):
        """Names that `trainable_from` takes: the first part of each row's name, in order, for the
        rows that have weights.
        """
        return list(
            dict.fromkeys(row.name.split("/")[0] for row in self.rows if row.kind in WEIGHTED_KINDS)
        )


WEIGHTED_KINDS = ("conv", "depthwise", "dense")


def names():
    """The names of all backbones, sorted: the modules of `hub_models.backbones`."""
    package = importlib.import_module("hub_models.backbones")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def get(name):
    """The backbone called `name`, or a HubError that lists the nearest names."""
    if name not in names():
        near = difflib.get_close_matches(str(name), names(), n=2, cutoff=0.5)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise HubError(f"unknown backbone {name!r}.{hint} Known: {', '.join(names())}.")
    return importlib.import_module(f"hub_models.backbones.{name}").BACKBONE

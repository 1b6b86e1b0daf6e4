"""Songs' measures, and the mean of what networks hear in them, as what the store can hold: one row
a song.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.measures import onsets
from kerasfeat.audio.measures.measure import MEASURES, measured
from kerasfeat.audio.measures.networks import weights_digest
from kerasfeat.audio.sound import Sound, Source
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.fields import COLUMNS, DIMS, Field


@dataclass(frozen=True)
class Measures(FrontEnd):
    """The MEASURES of a whole song, which is not cut into clips."""

    name: ClassVar[str] = "measures"
    is_metered: ClassVar[bool] = True

    sample_rate_hz: int = onsets.SAMPLE_RATE_HZ

    @property
    def weights(self) -> str:
        """SHA-256 of the networks' weights."""
        return weights_digest()

    @property
    def field(self) -> Field:
        """[columns], named by MEASURES."""
        return Field(self.name, self.clip_shape, (COLUMNS,), columns=MEASURES)

    @property
    def clip_shape(self) -> tuple[int]:
        """[columns]: it is measured when it is decoded."""
        return (len(MEASURES),)

    def clips(self, sound: Sound) -> Array:
        """The measures of a decoded file, [1, columns]."""
        assert sound.meter, "it is metered"
        mono = sound.waveform(self.sample_rate_hz)
        numbers = measured(mono, sound.meter, sound.duration_s)
        return np.array([list(numbers.values())], np.float32)

    def call(self, waveform: Tensor) -> Tensor:
        """[1, columns] as they are."""
        return tf.identity(waveform)


@dataclass(frozen=True, kw_only=True)
class SongMean(FrontEnd):
    """The mean over a whole song of what a network hears: a two-hundredth of what it gives.

    Attributes:
        heard: gives [clips, patches, classes].
    """

    heard: FrontEnd

    def __post_init__(self) -> None:
        # Its parameters are those of `heard`, which has checked them.
        object.__setattr__(self, "name", f"{self.heard.name}_mean")

    @property
    def weights(self) -> str | None:
        """SHA-256 of the network's weights."""
        return self.heard.weights

    @property
    def field(self) -> Field:
        """[classes]."""
        return Field(self.name, self.heard.field.shape[-1:], (DIMS,))

    @property
    def source(self) -> Source:
        """The rate and the channels of the waveform."""
        return self.heard.source

    @property
    def clip_shape(self) -> tuple[int, ...]:
        """The shape of one clip's waveform."""
        return self.heard.clip_shape

    def clips(self, sound: Sound) -> Array:
        """The clips of a song, [clips, *clip_shape]."""
        return self.heard.clips(sound)

    def call(self, waveform: Tensor) -> Tensor:
        """[clips, *clip_shape] of one song to [1, classes]."""
        return tf.reduce_mean(self.heard(waveform), axis=[0, 1])[tf.newaxis]

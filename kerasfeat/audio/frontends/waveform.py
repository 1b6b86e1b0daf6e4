"""The waveform itself."""

from dataclasses import dataclass
from typing import ClassVar

from kerasfeat.arrays import Tensor
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.fields import SAMPLES, Field


@dataclass(frozen=True)
class Waveform(FrontEnd):
    """Mono samples in [-1, 1]."""

    name: ClassVar[str] = "waveform"

    @property
    def field(self) -> Field:
        """[samples]."""
        return Field(self.name, (self.clip_samples,), (SAMPLES,), unit="full scale")

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, samples] as it is."""
        return waveform


FRONTEND = Waveform()

"""The waveform itself."""

from dataclasses import dataclass
from typing import ClassVar

from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.fields import Field


@dataclass(frozen=True)
class Waveform(FrontEnd):
    """Mono samples in [-1, 1]."""

    name: ClassVar[str] = "waveform"

    @property
    def field(self):
        """[samples]."""
        return Field(self.name, (self.clip_samples,), ("samples",), unit="full scale")

    def __call__(self, waveform):
        """[batch, samples] as it is."""
        return waveform


frontends.add("waveform", Waveform)

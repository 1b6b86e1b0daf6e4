"""From clips of a waveform to inputs, one file a front-end: each declares FRONTEND, a FrontEnd.

A front-end is a frozen dataclass. Its fields are its parameters, numbers with their units in their
names and all with defaults; they and the audio's content are the key of the stored result. Another
clip or other parameters are `dataclasses.replace(front_end, clip_s=3.0)`.

It is called with waveforms, and answers with TensorFlow's operations; `lowlevel` and `bars` call
librosa on the way, so that no SavedModel can hold them.
"""

from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.registry import Registry

frontends = Registry(
    "input", "kerasfeat.audio.frontends", "kerasfeat.frontends", FrontEnd, constant="FRONTEND"
)

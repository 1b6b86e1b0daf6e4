"""From files to model inputs: decoding, windows, and one file a front-end.

A front-end is a frozen dataclass registered under its `name`. Its dataclass fields are its
parameters (numbers with their units in their names), all with defaults; they and the audio's
content are the key of the stored result. It has

    name            class attribute, the input's word (`logmel`)
    sample_rate_hz  rate of the waveform it takes
    clip_s          length of one window, seconds; clip_samples the same in samples (property)
    channels        class attribute: 1 (mono), or 2 (mid and side)
    field           property: the Field of one clip's result
    bands_hz        the frequency that each of the axis "mels" or "bins" lies at; None in a front-end without such an axis
    weights         SHA-256 of the weights of the network that it runs; None where it runs none
    __call__(waveform [batch, clip_samples] or [batch, clip_samples, 2]) -> [batch, *field.shape], TensorFlow ops; `lowlevel` and `bars`
                    call librosa on the way, so that no SavedModel can hold them
"""

from kerasfeat.registry import Registry

frontends = Registry("input", "kerasfeat.audio.frontends")

"""The sound of a file as it is read, block by block: no more is held than a block and the results,
whatever rate and channels the file has.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import soxr

from kerasfeat.arrays import Array
from kerasfeat.audio.formats import AudioError
from kerasfeat.audio.measures.loudness import Meter

MIN_DURATION_S = 0.1
MAX_DURATION_S = 3600
# An hour of eight channels, or of stereo at the highest rates: more takes minutes to decode, though
# a small file may announce it.
MAX_DECODED_BYTES = 8 * 2**30
SAMPLE_BYTES = 4
BLOCK_SAMPLES = 1 << 22
SILENT_PEAK = 1e-4
# 40 dB over full scale: clipped recordings go a little over 1, damaged numbers up to 3e38.
LOUDEST_PEAK = 100


# The rate in Hz and the channels of a waveform, as of `mix`.
Source: TypeAlias = tuple[int, int]


class Waveform:
    """One of the waveforms that are made of a sound, which grows by blocks.

    Args:
        sample_rate_hz: of the result.
        channels: of the result, as of `mix`.

    Attributes:
        mixed_peak: of the mix so far, before it is resampled.
    """

    def __init__(self, sample_rate_hz: int, channels: int) -> None:
        self.mixed_peak = 0.0
        self._sample_rate_hz, self._channels = sample_rate_hz, channels
        self._last: Array | None = None  # the newest block, not resampled yet
        self._resampled: list[Array] = []
        self._stream: soxr.ResampleStream | None = None

    def add(self, block: Array, rate_hz: int) -> None:
        """Add samples [samples, any number of channels]."""
        if self._last is not None:
            self._resampled.append(self._resample(self._last, rate_hz))
        self._last = mix(block, self._channels)
        self.mixed_peak = max(self.mixed_peak, _peak(self._last))

    def whole(self, rate_hz: int) -> Array:
        """All of it, after the last block."""
        assert self._last is not None, "a sound of some length has a block"
        self._resampled.append(self._resample(self._last, rate_hz, last=True))
        only, *others = self._resampled
        return np.concatenate(self._resampled) if others else only

    def _resample(self, block: Array, rate_hz: int, last: bool = False) -> Array:
        if rate_hz == self._sample_rate_hz:
            return block
        if last and self._stream is None:  # faster, and the same to the last bit
            return soxr.resample(block, rate_hz, self._sample_rate_hz, quality="HQ")
        if self._stream is None:
            self._stream = soxr.ResampleStream(
                rate_hz, self._sample_rate_hz, self._channels, dtype="float32", quality="HQ"
            )
        return self._stream.resample_chunk(block, last)


class Sound:
    """What is made of a file while it is read: waveforms, and its loudness.

    Args:
        path: of the file.
        sources: of the waveforms.
        is_metered: whether its loudness is measured.

    Attributes:
        rate_hz: of the blocks; set before the first.
        frames: samples of a channel so far.
        meter: of the loudness; None where it is not measured.
    """

    def __init__(self, path: Path, sources: Sequence[Source], is_metered: bool = False) -> None:
        self.path = path
        self.rate_hz = 0
        self.frames = 0
        self.meter: Meter | None = None
        self._is_metered = is_metered
        self._peak, self._channels = 0.0, 1
        self._growing = {source: Waveform(*source) for source in sources}
        self._whole: dict[Source, Array] = {}

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return self.frames / self.rate_hz

    def announce(self, frames: int, channels: int) -> None:
        """Refuse a length of so many channels that is too much.

        Raises:
            AudioError: it is.
        """
        duration_s = frames / self.rate_hz
        if duration_s > MAX_DURATION_S:
            raise AudioError(
                self.path, f"too long: {duration_s:.0f} s, at most {MAX_DURATION_S} s: cut it."
            )
        size_bytes = frames * channels * SAMPLE_BYTES
        if size_bytes > MAX_DECODED_BYTES:
            raise AudioError(
                self.path,
                f"too large: its {channels} channels at {self.rate_hz:,} Hz are "
                f"{size_bytes / 2**30:.1f} GiB when decoded, at most "
                f"{MAX_DECODED_BYTES / 2**30:.0f} GiB: cut it, or convert it to stereo.",
            )

    def add(self, block: Array) -> None:
        """Add samples [samples, any number of channels].

        Raises:
            AudioError: the file is too long, or too large.
        """
        if not len(block):
            return
        self.frames += len(block)
        self.announce(self.frames, block.shape[1])
        # Of all channels, which could hide such a sample from each other when they are mixed.
        self._peak = float(np.maximum(self._peak, _peak(block)))
        self._channels = block.shape[1]
        if not self._peak <= LOUDEST_PEAK:
            return  # it will be refused, and is no number to compute with
        for waveform in self._growing.values():
            waveform.add(block, self.rate_hz)
        if self._is_metered:
            self.meter = self.meter or Meter(self.rate_hz, block.shape[1])
            self.meter.add(block)

    def finish(self) -> None:
        """Make the waveforms whole, after the last block.

        Raises:
            AudioError: it is no sound.
        """
        self._check_samples()
        for source, growing in self._growing.items():
            waveform = growing.whole(self.rate_hz)
            peak = _peak(waveform)
            if peak < SILENT_PEAK:
                # One channel alone would have this peak in the mix.
                if growing.mixed_peak < SILENT_PEAK <= self._peak / self._channels:
                    raise AudioError(
                        self.path,
                        "silent when mixed to one channel: its channels cancel each other out, "
                        "since one of them is inverted. Invert it, or keep one channel.",
                    )
                raise AudioError(self.path, f"silent: its peak is {peak:.1g} of full scale.")
            self._whole[source] = waveform
        self._growing = {}

    def waveform(self, sample_rate_hz: int, channels: int = 1) -> Array:
        """One of the waveforms, [samples] or [samples, 2]."""
        return self._whole[sample_rate_hz, channels]

    def _check_samples(self) -> None:
        """Refuse samples that are no sound."""
        if not self.frames:
            raise AudioError(self.path, "it holds no samples.")
        duration_s = self.frames / self.rate_hz
        if duration_s < MIN_DURATION_S:
            raise AudioError(
                self.path, f"too short: {duration_s:.3f} s, at least {MIN_DURATION_S} s are needed."
            )
        if not np.isfinite(self._peak):
            raise AudioError(self.path, "corrupt: some samples are not finite numbers.")
        if self._peak > LOUDEST_PEAK:
            raise AudioError(
                self.path,
                f"corrupt, or not scaled to 1: its loudest sample is {self._peak:.3g} times full "
                f"scale, where sound has at most {LOUDEST_PEAK}.",
            )


def _peak(samples: Array) -> float:
    """The largest absolute value; not finite where one of them is not."""
    return float(max(samples.max(), -samples.min()))


def mix(samples: Array, channels: int) -> Array:
    """Mix [samples, any number of channels] to mono [samples], or to mid and side [samples, 2]."""
    count = samples.shape[1]
    left, right = samples[:, 0], samples[:, min(1, count - 1)]
    if channels == 2:
        return np.stack([(left + right) / 2, (left - right) / 2], axis=-1)
    if count == 1:
        return np.ascontiguousarray(left)
    # Adding columns takes a twentieth of the time of the mean over the short, interleaved axis.
    mono = left + right
    for channel in range(2, count):
        mono += samples[:, channel]
    mono /= count
    return mono

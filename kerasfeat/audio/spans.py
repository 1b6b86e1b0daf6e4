"""Where the windows of a song lie."""

from pathlib import Path

from kerasfeat.audio.decode import decode
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.audio.windows import window_starts


def spans(path: str, frontend: FrontEnd, decoder: str) -> list[tuple[float, float]]:
    """(start, end) in seconds of each window that a front-end cuts a song into."""
    rate_hz = frontend.sample_rate_hz
    samples = len(decode(Path(path), rate_hz, frontend.channels, decoder))
    starts = [start / rate_hz for start in window_starts(samples, frontend.clip_samples)]
    return [(start, min(start + frontend.clip_s, samples / rate_hz)) for start in starts]

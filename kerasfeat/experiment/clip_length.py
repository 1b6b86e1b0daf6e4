"""How long the windows are that a song's audio is cut into, where nobody says."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import soundfile

from kerasfeat.experiment.member_kinds import MANY_SONGS
from kerasfeat.fields import PATCHES
from kerasfeat.networks.trunks import leading_axis

LONGEST_S = 30.0  # a preview; longer songs have several windows
SAMPLED = 25  # files


def choose_clip_s(usual_s: float, audio: Sequence[str], songs: pd.DataFrame) -> float:
    """The length of the windows where several models answer together, seconds.

    What published networks hear tells more of a song than of its parts: windows are as long as the
    songs, at most LONGEST_S. Where other inputs are read beside them, that holds for few songs, of
    which networks read the statistics; those that read each frame keep the usual length.

    Args:
        usual_s: the task's length.
        audio: names of the audio inputs.
        songs: a table of songs with their audio files.
    """
    heard = [leading_axis(name) == PATCHES for name in audio]
    if not any(heard) or (len(songs) >= MANY_SONGS and not all(heard)):
        return usual_s
    return max(usual_s, min(LONGEST_S, _typical_s(songs["audio"].dropna())))


def _typical_s(files: pd.Series) -> float:
    """The middle length of some of the files in whole seconds; 0 where none tells it."""
    spread = np.linspace(0, len(files) - 1, min(SAMPLED, len(files))).round().astype(int)
    known = [found for file in files.iloc[spread] if (found := _length_s(file))]
    return float(round(np.median(known))) if known else 0.0


def _length_s(file: str) -> float:
    """By the header; 0 where libsndfile can't read it: extraction decodes it, or tells why not."""
    try:
        return float(soundfile.info(file).duration)
    except (soundfile.LibsndfileError, OSError):
        return 0.0

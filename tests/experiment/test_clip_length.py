"""How long windows are where nobody says, by the songs' lengths."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from kerasfeat.experiment.clip_length import choose_clip_s

USUAL_S = 5.0


@pytest.fixture
def songs(tmp_path):
    """A table of sounds of these lengths, seconds; None for a file that can't be read."""

    def make(*lengths_s):
        files = []
        for number, length_s in enumerate(lengths_s):
            file = tmp_path / f"{number}.wav"
            if length_s is None:
                file.write_bytes(b"no sound")
            else:
                soundfile.write(file, np.zeros(round(800 * length_s)), 800)
            files.append(str(file))
        return pd.DataFrame({"audio": files})

    return make


def test_windows_are_as_long_as_the_typical_song(songs):
    found = choose_clip_s(USUAL_S, ["yamnet", "mfcc"], songs(3.2, 12.8, None, 14.1, 99.0))
    assert found == 13.0  # the middle of 12.8 and 14.1, in whole seconds


def test_windows_are_no_longer_than_a_preview(songs):
    assert choose_clip_s(USUAL_S, ["musicnn_msd"], songs(181.0, 44.0, 33.3)) == 30.0


@pytest.mark.parametrize("lengths_s", [(2.1, 3.9), (None, None, None)])
def test_short_or_unknown_songs_keep_the_usual_length(songs, lengths_s):
    assert choose_clip_s(USUAL_S, ["yamnet"], songs(*lengths_s)) == USUAL_S


def test_spectra_keep_the_usual_length(songs):
    assert choose_clip_s(USUAL_S, ["logmel", "mfcc"], songs(11.0, 12.0)) == USUAL_S


def test_songs_without_audio_tell_nothing():
    songs = pd.DataFrame({"audio": [None] * 7})
    assert choose_clip_s(USUAL_S, ["vggish"], songs) == USUAL_S
    assert choose_clip_s(USUAL_S, [], pd.DataFrame({"energy": [0.5]})) == USUAL_S


def test_of_many_songs_only_embeddings_are_summed_up_over_more(songs):
    many = pd.concat([songs(21.0)] * 2003, ignore_index=True)
    assert choose_clip_s(USUAL_S, ["musicnn_msd", "mfcc"], many) == USUAL_S
    assert choose_clip_s(USUAL_S, ["musicnn_msd", "yamnet"], many) == 21.0

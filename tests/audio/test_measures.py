"""What is measured in songs, against songs of which it is known."""

from dataclasses import replace

import numpy as np
import pytest
import soxr

from kerasfeat.audio.measures import pitches
from kerasfeat.audio.measures.loudness import Meter
from kerasfeat.audio.measures.measure import measure
from kerasfeat.datasets.demo.instruments import note
from kerasfeat.datasets.demo.latents import SAMPLE_RATE_HZ, draw_songs
from kerasfeat.datasets.demo.score import compose

SEED, SONGS = 41, 36


def clicks(bpm, duration_s, rate_hz, accent=0):
    """A click track [samples, 1]; every so many clicks one is higher."""
    audio = np.zeros(round(duration_s * rate_hz), np.float32)
    time_s = np.arange(round(0.02 * rate_hz)) / rate_hz
    for number, start in enumerate(np.arange(0.1, duration_s - 0.1, 60 / bpm)):
        first = accent and number % accent == 0
        click = np.sin(2 * np.pi * (1500 if first else 1000) * time_s) * np.exp(-time_s * 120)
        place = round(start * rate_hz)
        audio[place : place + len(click)] += (0.8 if first else 0.5) * click
    return audio[:, np.newaxis]


def tone(hz, duration_s, rate_hz, amplitude=1.0):
    """A sine [samples, 1]."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return (amplitude * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)[:, np.newaxis]


def loudness_lufs(samples, rate_hz, blocks=1):
    """The loudness of [samples, channels] that come in some blocks."""
    return metered(samples, rate_hz, blocks).lufs


def level_db(samples):
    return metered(samples, 48_000).level_db


def metered(samples, rate_hz, blocks=1):
    meter = Meter(rate_hz, samples.shape[1])
    for block in np.array_split(samples, blocks):
        meter.add(block)
    return meter


@pytest.fixture(scope="module")
def known():
    """(song, its measures) of synthesised songs at tempos from 60 to 180, in all 24 keys."""
    rng = np.random.default_rng(SEED)
    pairs = []
    for number, drawn in enumerate(draw_songs(SEED, SONGS)):
        bpm = 60 * 3 ** rng.random()
        major = bool(number // 12 % 2)
        song = replace(drawn, tempo_bpm=bpm, key=number % 12, major=major)
        pairs.append((song, measure(compose(song, SEED)[:, np.newaxis], SAMPLE_RATE_HZ)))
    return pairs


def test_tempos_of_synthesised_songs_are_found(known):
    ratios = np.array([measured["tempo"] / song.tempo_bpm for song, measured in known])
    exact = np.abs(ratios - 1) < 0.04
    octave = np.min(np.abs(ratios[:, np.newaxis] * [0.5, 1, 2] - 1), axis=1) < 0.04
    assert exact.mean() >= 0.8
    assert octave.mean() >= 0.94


def test_keys_of_synthesised_songs_are_found(known):
    right = [
        (measured["key"], measured["mode"]) == (song.key, song.major) for song, measured in known
    ]
    assert np.mean(right) >= 0.8


# Traditional tunes, in semitones above the tonic and beats, by whether they are major.
TUNES = (
    (True, "0 1 0 1 7 1 7 1 9 1 9 1 7 2 5 1 5 1 4 1 4 1 2 1 2 1 0 2"),
    (True, "0 1 2 1 4 1 0 1 0 1 2 1 4 1 0 1 4 1 5 1 7 2 4 1 5 1 7 2 0 1 -5 1 0 2"),
    (True, "4 1 4 1 5 1 7 1 7 1 5 1 4 1 2 1 0 1 0 1 2 1 4 1 2 1.5 0 0.5 0 2"),
    (False, "0 1 0 1 7 1 7 1 5 1 3 1 2 1 0 1 -2 1 0 1 2 1 3 1 5 1 7 3 0 1 7 1 5 1 3 1 2 1 0 2"),
    (False, "0 1 2 1 3 1 5 1 7 2 7 2 8 1 7 1 5 1 8 1 7 4 5 1 3 1 2 1 5 1 3 1 2 1 0 4"),
)


def tune_played(timbre, tonic, tune):
    """A tune of TUNES at 120 BPM, [samples]."""
    numbers = np.array(tune.split(), float).reshape(-1, 2)
    notes = [
        note(timbre, tonic + semitone, round(beats * 11_025), attack_s=0.01, decay_s=0.8)
        for semitone, beats in numbers
    ]
    return np.concatenate(notes)


def test_keys_of_tunes_that_are_played_alone_are_found():
    found = []
    for tonic in range(12):
        for major, tune in TUNES:
            song = tune_played("pluck", 60 + tonic, tune)
            measured = measure(song[:, np.newaxis], SAMPLE_RATE_HZ)
            found.append((measured["key"], measured["mode"]) == (tonic, major))
    assert np.mean(found) >= 0.9


def test_who_is_surer_is_oftener_right(known):
    sure = np.array([measured["key_confidence"] for _, measured in known])
    right = np.array([m["key"] == s.key and m["mode"] == s.major for s, m in known])
    assert right[sure >= np.median(sure)].mean() >= right[sure < np.median(sure)].mean()
    assert abs(sure.mean() - right.mean()) < 0.15


def test_alternatives_share_what_the_answer_leaves(known):
    for _, measured in known:
        tempos = [measured[f"tempo{which}_confidence"] for which in ("", "_half", "_double")]
        assert sum(tempos) <= 1.001
        assert tempos[0] >= max(tempos[1:]) - 0.05
        assert measured["tempo_half"] * 4 == pytest.approx(measured["tempo_double"])
        assert measured["key_confidence"] + measured["key_relative_confidence"] <= 1.001
        away = 9 if measured["mode"] else 3
        assert measured["key_relative"] == (measured["key"] + away) % 12


@pytest.mark.parametrize(("bpm", "rate_hz"), [(61, 8000), (97.3, 48_000), (178, 44_100)])
def test_click_tracks_have_their_tempo(bpm, rate_hz):
    measured = measure(clicks(bpm, 14, rate_hz), rate_hz)
    assert measured["tempo"] == pytest.approx(bpm, rel=0.01)
    assert measured["tempo_confidence"] > 0.5
    assert measured["duration_ms"] == 14_000


@pytest.mark.parametrize("beats", [3, 4])
def test_accents_tell_the_metre(beats):
    measured = measure(clicks(108, 20, 22_050, accent=beats), 22_050)
    assert measured["time_signature"] == beats


def test_what_has_no_beat_and_no_key_says_so():
    held = measure(tone(440, 6, 22_050, 0.3), 22_050)
    assert np.isnan(held["tempo"]) or held["tempo_confidence"] < 0.5
    noise = np.random.default_rng(3).normal(0, 0.1, (22_050 * 7, 1)).astype(np.float32)
    assert measure(noise, 22_050)["key_confidence"] < 0.4
    short = measure(tone(440, 0.3, 22_050), 22_050)
    assert np.isnan([short["tempo"], short["time_signature"], short["loudness_lufs"]]).all()


def test_a_song_that_is_tuned_otherwise_has_the_same_key():
    drawn = draw_songs(SEED, 3)[1]
    found = []
    for detune in (-0.4, 0.0, 0.4):
        song = replace(drawn, artist=replace(drawn.artist, detune_semitones=detune))
        measured = measure(compose(song, SEED)[:, np.newaxis], SAMPLE_RATE_HZ)
        found.append((measured["key"], measured["mode"]))
    assert len(set(found)) == 1


def test_keys_move_along_with_songs_that_are_played_faster_or_slower():
    moves = (-5, -3, 2, 4)
    moved = []
    for major, tune in TUNES:
        song = tune_played("square", 57, tune)
        for semitones in moves:
            faster = soxr.resample(song, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ / 2 ** (semitones / 12))
            measured = measure(faster[:, np.newaxis].astype(np.float32), SAMPLE_RATE_HZ)
            moved.append((measured["key"], measured["mode"]) == ((9 + semitones) % 12, major))
    assert np.mean(moved) >= 0.9


def test_a_semitone_higher_changes_no_band_much():
    rate_hz, shares = pitches.SAMPLE_RATE_HZ, []
    for semitone in range(36, 96):
        sine = tone(440 * 2 ** ((semitone - 69) / 12), 0.7, rate_hz)[:, 0]
        bands = pitches.pitch_classes(sine).sum(axis=0)[:, semitone % 12]
        shares.append(bands / bands.sum())
    assert np.abs(np.diff(shares, axis=0)).max() < 0.1


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 22_050])
def test_the_loudness_of_the_standards_sine(rate_hz):
    # ITU-R BS.1770-4, Annex 1: a sine of 997 Hz at full scale in one channel.
    sine = tone(997, 5, rate_hz)
    assert loudness_lufs(sine, rate_hz) == pytest.approx(-3.01, abs=0.05)
    assert loudness_lufs(np.repeat(sine, 2, axis=1), rate_hz) == pytest.approx(0.0, abs=0.05)
    assert level_db(sine) == pytest.approx(-3.01, abs=0.01)


def test_pauses_do_not_lower_the_loudness():
    loud = tone(997, 10, 48_000, 0.1)
    quiet = np.concatenate([loud, np.zeros_like(loud), loud * np.float32(0.01)])
    assert loudness_lufs(quiet, 48_000) == pytest.approx(loudness_lufs(loud, 48_000), abs=0.1)
    assert level_db(quiet) < level_db(loud) - 3
    for blocks in (3, 7):
        assert loudness_lufs(quiet, 48_000, blocks) == pytest.approx(loudness_lufs(quiet, 48_000))
    assert loudness_lufs(np.zeros((48_000, 2), np.float32), 48_000) is None


def test_channels_of_surround_weigh_as_the_standard_has_them():
    sine = tone(997, 4, 48_000, 0.5)
    silent = np.zeros_like(sine)
    front = loudness_lufs(np.concatenate([sine, *[silent] * 5], axis=1), 48_000)
    low = np.concatenate([*[silent] * 3, sine, silent, silent], axis=1)
    side = np.concatenate([*[silent] * 4, sine, silent], axis=1)
    assert loudness_lufs(low, 48_000) is None
    assert loudness_lufs(side, 48_000) - front == pytest.approx(1.5, abs=0.02)  # 10 log10 1.41


@pytest.mark.parametrize("parts_hz", [(997,), (110, 220, 330, 440, 550), (261.6, 329.6, 392)])
def test_what_sounds_on_without_a_beginning_has_no_tempo(parts_hz):
    rng = np.random.default_rng(SEED)
    steady = sum(tone(hz, 9, 44_100, 20 / hz) for hz in parts_hz)
    for noise in (0, 1e-3):
        samples = steady + noise * rng.standard_normal(steady.shape).astype(np.float32)
        found = measure(samples.astype(np.float32), 44_100)
        assert np.isnan(found["tempo"]) and np.isnan(found["time_signature"])
    assert measure(steady / 4 + clicks(96, 9, 44_100), 44_100)["tempo"] == pytest.approx(96, abs=1)


@pytest.mark.parametrize("rate_hz", [900, 3000, 3363, 3365, 8000])
def test_low_rates_are_as_loud_as_high_ones(rate_hz):
    low, high = (loudness_lufs(tone(300, 3, rate, 0.5), rate) for rate in (rate_hz, 48_000))
    assert low == pytest.approx(high, abs=0.1)


@pytest.mark.parametrize(
    ("channels", "silent", "sides"), [(6, 3, {4, 5}), (7, 3, {5, 6}), (8, 3, {6, 7})]
)
def test_channels_count_by_their_place(channels, silent, sides):
    front = loudness_lufs(tone(997, 3, 48_000, 0.5), 48_000)
    for place in range(channels):
        samples = np.zeros((3 * 48_000, channels), np.float32)
        samples[:, place : place + 1] = tone(997, 3, 48_000, 0.5)
        found = loudness_lufs(samples, 48_000)
        if place == silent:
            assert found is None
        else:
            more_lu = 10 * np.log10(1.41) if place in sides else 0
            assert found == pytest.approx(front + more_lu, abs=0.01)

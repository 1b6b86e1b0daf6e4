"""Decoding: what one reader refuses another may read, and nothing but a reason leaves it."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kerasfeat.audio.decode import audio_files, decode
from kerasfeat.audio.formats import AudioError

RATE_HZ = 22_050
CASES = {
    "gsm_6_10.wav": 4480 / 44_100,
    "ogg_flac_by_ffmpeg.ogg": 0.3,
    "ac3_in_wav.wav": 0.336,
    "alac.caf": 0.3,
}
# What libsndfile refuses, as other programs write it.
REFUSED = {
    "song.oga": "-c:a flac",
    "song.caf": "-c:a alac",
    "song.wav": "-c:a ac3",
    "song.w64": "-c:a ac3",
    "song.spx": "-c:a flac -f ogg",
}
# Of no name that libsndfile knows, and of no name at all.
OTHERS = {
    "song.m4b": "-c:a aac -f mp4",
    "song.3gp": "-c:a aac",
    "song.mp2": "-c:a mp2",
    "song.ac3": "-c:a ac3",
    "song.mka": "-c:a libvorbis",
    "song.webm": "-c:a libopus -ar 48000",
    "song.tta": "-c:a tta",
    "song.mov": "-c:a pcm_s16be",
    "song.ts": "-c:a aac",
    "song": "-c:a ac3 -f ac3",
}

needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs the ffmpeg program")


def reason(path: Path, **options: object) -> str:
    with pytest.raises(AudioError) as caught:
        decode(path, RATE_HZ, **options)
    return caught.value.reason


def encoded(path: Path, sound: np.ndarray, options: str) -> Path:
    source = path.with_name("source.flac")
    soundfile.write(source, sound, 44_100)
    command = ["ffmpeg", "-v", "error", "-i", source, *options.split(), f"file:{path}"]
    made = subprocess.run(command, capture_output=True, check=False)
    source.unlink()
    if made.returncode:
        pytest.skip(f"this ffmpeg does not write it: {made.stderr.decode()}")
    return path


@pytest.mark.parametrize("name", CASES)
def test_real_files_of_rare_codings(shared_data: Path, name: str) -> None:
    if name != "gsm_6_10.wav" and not shutil.which("ffmpeg"):
        pytest.skip("needs the ffmpeg program")
    waveform = decode(shared_data / "cases" / name, RATE_HZ)
    assert len(waveform) / RATE_HZ == pytest.approx(CASES[name], abs=0.001)
    assert np.abs(waveform).max() > 1e-4


@pytest.mark.parametrize(
    ("form", "subtype"), [("WAV", "GSM610"), ("AIFF", "GSM610"), ("W64", "GSM610")]
)
def test_gsm_is_read(
    tmp_path: Path, sound: Callable, form: str, subtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda program: None)
    mono = sound(1.3, 8000)[:, 0]
    soundfile.write(tmp_path / "song", mono, 8000, format=form, subtype=subtype)
    waveform = decode(tmp_path / "song", 8000)
    assert len(waveform) == pytest.approx(len(mono), abs=640)  # whole blocks
    assert np.corrcoef(waveform[: len(mono)], mono)[0, 1] > 0.8


def test_a_flac_that_does_not_tell_its_length_is_read(
    tmp_path: Path, sound: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda program: None)
    monkeypatch.setattr("kerasfeat.audio.libsndfile.BLOCK_SAMPLES", 10_007)
    path = tmp_path / "song.flac"
    soundfile.write(path, sound(2.5, 24_000), 24_000)
    whole, content = decode(path, RATE_HZ), bytearray(path.read_bytes())
    # The number of samples is the last 36 bits before the checksum of 16 bytes (RFC 9639, section
    # 8.2).
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    np.testing.assert_array_equal(decode(path, RATE_HZ), whole)
    monkeypatch.setattr("kerasfeat.audio.sound.MAX_DURATION_S", 2)
    assert reason(path).startswith("too long: 2 s")


@pytest.mark.parametrize(
    ("where", "error", "told"),
    [
        ("soundfile.SoundFile.read", ValueError("frames of no kind"), "frames of no kind"),
        ("soundfile.SoundFile.read", AssertionError(), "corrupt or truncated"),
        ("soundfile.SoundFile.read", MemoryError(), "too little memory"),
        (
            "soundfile.SoundFile.read",
            OSError(5, "Input/output error"),
            "can't be read: Input/output error",
        ),
        ("soxr.resample", RuntimeError("no such rate"), "no such rate"),
        ("soxr.resample", MemoryError(), "too little memory"),
    ],
)
def test_whatever_a_library_raises_is_the_reason_of_one_file(
    tmp_path: Path,
    sound: Callable,
    where: str,
    error: Exception,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    soundfile.write(tmp_path / "song.wav", sound(1, 44_100), 44_100)
    monkeypatch.setattr("shutil.which", lambda program: None)
    monkeypatch.setattr(where, fails)
    assert told in reason(tmp_path / "song.wav")


@needs_ffmpeg
@pytest.mark.parametrize("name", REFUSED)
def test_what_libsndfile_refuses_ffmpeg_reads(
    tmp_path: Path, sound: Callable, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = encoded(tmp_path / name, sound(2.1, 44_100), REFUSED[name])
    assert len(decode(path, RATE_HZ)) / RATE_HZ == pytest.approx(2.1, abs=0.05)
    content = path.read_bytes()
    (tmp_path / f"half.{name}").write_bytes(content[: len(content) * 6 // 10])
    assert re.match("truncated|corrupt", reason(tmp_path / f"half.{name}"))
    monkeypatch.setattr("shutil.which", lambda program: None)
    assert "libsndfile says" in reason(
        path
    ) and "in need of the ffmpeg program, which is not on the PATH" in reason(path)


@needs_ffmpeg
@pytest.mark.parametrize("name", OTHERS)
def test_what_folders_hold_is_found_and_read(tmp_path: Path, sound: Callable, name: str) -> None:
    path = encoded(tmp_path / name, sound(2.1, 44_100), OTHERS[name])
    assert audio_files(tmp_path) == [path]
    assert len(decode(path, RATE_HZ)) / RATE_HZ == pytest.approx(2.1, abs=0.05)


@needs_ffmpeg
def test_what_neither_reads_is_told_in_both_words(tmp_path: Path, sound: Callable) -> None:
    path = tmp_path / "song.flac"
    soundfile.write(path, sound(2, 44_100), 44_100)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :: 7] = b"\x55" * len(content[len(content) // 2 :: 7])
    path.write_bytes(content)
    assert re.match(
        "(corrupt or truncated FLAC; libsndfile says .*, ffmpeg says|truncated FLAC)", reason(path)
    )


@needs_ffmpeg
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_film_without_sound_is_told(tmp_path: Path, suffix: str) -> None:
    film = tmp_path / f"film.{suffix}"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=d=1:s=64x48", film], check=True
    )
    assert reason(film).startswith("no sound in it: ") and "map" not in reason(film)


@needs_ffmpeg
def test_a_coding_that_ffmpeg_does_not_know_is_not_called_corrupt(
    tmp_path: Path, sound: Callable
) -> None:
    path = encoded(tmp_path / "song.mov", sound(1, 44_100), "-c:a pcm_s16le")
    path.write_bytes(path.read_bytes().replace(b"sowt", b"xq-9"))
    assert (
        reason(path)
        == "MPEG-4 (m4a, AAC) in a coding that this ffmpeg does not decode: convert it to flac."
    )


@needs_ffmpeg
def test_what_a_songs_tags_say_is_not_taken_for_ffmpegs_words(
    tmp_path: Path, sound: Callable
) -> None:
    tags = [
        "-metadata",
        "title=partial file",
        "-metadata",
        "comment=a\n[error] matches no streams\nFile ended prematurely",
    ]
    soundfile.write(tmp_path / "song.wav", sound(1, RATE_HZ), RATE_HZ)
    subprocess.run(
        [
            "ffmpeg",
            "-v",
            "error",
            "-i",
            tmp_path / "song.wav",
            *tags,
            "-c:a",
            "flac",
            tmp_path / "song.mka",
        ],
        check=True,
    )
    assert len(decode(tmp_path / "song.mka", RATE_HZ)) == RATE_HZ


def test_an_mp3_of_one_frame_is_not_called_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"ID3\x04\0\0\0\0\0\3TAG\xff\xfb\x90\x64" + bytes(5000))
    assert "pipe" not in reason(tmp_path / "song.mp3") and "corrupt" in reason(
        tmp_path / "song.mp3"
    )


MANIFEST = b"""<!--ftypjp2 --><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"
 profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" mediaPresentationDuration="PT9S"
 minBufferTime="PT2S">
<Period><AdaptationSet mimeType="audio/mp4" contentType="audio">
<Representation id="1" bandwidth="100000" codecs="mp4a.40.2">
<BaseURL>SECRET</BaseURL></Representation></AdaptationSet></Period></MPD>"""
PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nSECRET\n#EXT-X-ENDLIST\n"


@needs_ffmpeg
@pytest.mark.parametrize(
    "head", [b"", b"\xef\xbb\xbf", bytes(4), b"\0\0\0\x20ftypM4A ", b"\x1a\x45\xdf\xa3"]
)
@pytest.mark.parametrize("content", [MANIFEST, PLAYLIST, b"ffconcat version 1.0\nfile 'SECRET'\n"])
def test_a_file_can_not_name_another_one_to_be_read(
    tmp_path: Path, sound: Callable, head: bytes, content: bytes
) -> None:
    (tmp_path / "private").mkdir()
    secret = encoded(tmp_path / "private" / "secret.m4a", sound(2, 44_100), "-c:a aac")
    path = tmp_path / "song.m4a"
    path.write_bytes(head + content.replace(b"SECRET", os.fsencode(secret)))
    assert re.match("not audio|corrupt", reason(path))


@pytest.mark.parametrize("value", [3e38, -1e25, 4e6])
@pytest.mark.parametrize("rate_hz", [RATE_HZ, 44_100])
def test_one_absurd_sample_is_told(
    tmp_path: Path, sound: Callable, value: float, rate_hz: int
) -> None:
    stereo = sound(1, rate_hz)
    stereo[1234] = (value, -value)  # which mixing alone would hide
    soundfile.write(tmp_path / "song.wav", stereo, rate_hz, subtype="FLOAT")
    for channels in (1, 2):
        assert f"{abs(value):.3g} times full scale" in reason(
            tmp_path / "song.wav", channels=channels
        )
    stereo[1234] = 4.5  # clipped recordings are a little over
    soundfile.write(tmp_path / "song.wav", stereo, rate_hz, subtype="FLOAT")
    assert len(decode(tmp_path / "song.wav", RATE_HZ)) == RATE_HZ


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    for name in ("song.wav", "song"):
        os.mkfifo(tmp_path / name)
        assert reason(tmp_path / name) == "is a pipe or a device, not a file."
    assert audio_files(tmp_path) == [tmp_path / "song.wav"]


def test_sound_is_found_by_its_first_bytes_and_the_rest_is_handed_over(
    tmp_path: Path, sound: Callable
) -> None:
    mono = sound(1, 44_100)[:, 0]
    for name, form in (("1", "FLAC"), ("take.2", "MP3"), ("3.bin", "WAV")):
        soundfile.write(tmp_path / name, mono, 44_100, format=form)
    (tmp_path / "notes.txt").write_text(
        "id,title\n1,Café\n", encoding="utf-16"
    )  # begins as an MP3 may
    (tmp_path / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(99))
    (tmp_path / "noise").write_bytes(np.random.default_rng(3).bytes(9_000))
    (tmp_path / "empty").touch()
    (tmp_path / ".hidden").touch()
    others = []
    assert [path.name for path in audio_files(tmp_path, onother=others.append)] == [
        "1",
        "3.bin",
        "take.2",
    ]
    assert sorted(path.name for path in others) == ["cover.jpg", "empty", "noise", "notes.txt"]

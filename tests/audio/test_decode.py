import os
import re
import shutil
import struct
import subprocess

import numpy as np
import pytest
import soundfile
import soxr

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import AudioError, audio_files, content_key, decode

RATE_HZ = 22_050

# What is wrong with each file, as a person should be told.
MALFORMED = {
    "106-invalid-streaminfo.flac": "corrupt",
    "11k-1ch-2s-silence.aif": "silent",
    "52-too-short-block-size.flac": "corrupt",
    "COPYING": "not audio",
    "almostempty.mpc": "not audio",
    "bad-xing.mp3": "truncated",
    "empty.ogg": "silent",
    "emptyfile.mp3": "empty file",
    "has-tags.m4a": "ffmpeg",
    "image.jpg": "JPEG",
    "no-tags.mp3": "too short",
    "sample.mid": "MIDI",
    "silence-44-s-mpeg25.mp3": "silent",
}
FORMATS = {"4channels.flac": "corrupt", "README.md": "text", "dubstep.aac": "ffmpeg"}


def reason(path, **options):
    with pytest.raises(AudioError) as caught:
        decode(path, RATE_HZ, **options)
    assert str(caught.value) == f"{path}: {caught.value.reason}"
    return caught.value.reason


@pytest.mark.parametrize(("folder", "known"), [("malformed", MALFORMED), ("formats", FORMATS)])
def test_every_unusual_file_gives_sound_or_the_right_reason(
    shared_data, folder, known, monkeypatch
):
    monkeypatch.setattr("shutil.which", lambda program: None)
    for path in sorted((shared_data / folder).iterdir()):
        if path.name in known:
            assert known[path.name] in reason(path), path.name
        else:
            assert decode(path, RATE_HZ).std() > 0.001, path.name


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs the ffmpeg program")
def test_aac_through_ffmpeg_is_the_same_music(shared_data, tmp_path):
    renamed = shutil.copy(shared_data / "formats" / "dubstep.aac", tmp_path / "says: mp3.mp3")
    waveform = decode(renamed, RATE_HZ)
    wav = decode(shared_data / "formats" / "dubstep.wav", RATE_HZ)
    assert abs(len(waveform) / len(wav) - 1) < 0.01
    assert waveform.std() == pytest.approx(wav.std(), rel=0.05)


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "au", "caf", "ogg", "mp3"])
def test_formats_agree(tmp_path, sound, suffix):
    stereo = sound(1.5, 44_100)
    path = tmp_path / f"song.{suffix}"
    soundfile.write(path, stereo, 44_100)
    waveform = decode(path, RATE_HZ)
    expected = soxr.resample(stereo.mean(axis=1), 44_100, RATE_HZ)
    assert waveform.dtype == np.float32
    assert waveform.shape == expected.shape
    lossy = suffix in ("ogg", "mp3")
    assert np.corrcoef(waveform, expected)[0, 1] > (0.98 if lossy else 0.999999)


def test_mono_is_the_mean_of_all_channels_and_mid_side_of_two(tmp_path, sound):
    stereo = sound(0.5, RATE_HZ)
    quad = np.concatenate([stereo, 0.5 * stereo], axis=1)
    for name, samples in (("mono", stereo[:, 0]), ("stereo", stereo), ("quad", quad)):
        soundfile.write(tmp_path / f"{name}.wav", samples, RATE_HZ, subtype="FLOAT")
    np.testing.assert_allclose(
        decode(tmp_path / "stereo.wav", RATE_HZ), stereo.mean(axis=1), atol=1e-6
    )
    np.testing.assert_allclose(decode(tmp_path / "quad.wav", RATE_HZ), quad.mean(axis=1), atol=1e-6)
    left, right = stereo.T
    mid_side = decode(tmp_path / "stereo.wav", RATE_HZ, channels=2)
    np.testing.assert_allclose(
        mid_side, np.stack([(left + right) / 2, (left - right) / 2], axis=1), atol=1e-6
    )
    of_mono = decode(tmp_path / "mono.wav", RATE_HZ, channels=2)
    np.testing.assert_allclose(of_mono, np.stack([left, np.zeros_like(left)], axis=1), atol=1e-6)


def test_content_counts_not_the_suffix(tmp_path, sound):
    soundfile.write(tmp_path / "song.flac", sound(0.7, RATE_HZ), RATE_HZ)
    renamed = shutil.copy(tmp_path / "song.flac", tmp_path / "Ünïcode 曲: 1.mp3")
    np.testing.assert_array_equal(decode(renamed, RATE_HZ), decode(tmp_path / "song.flac", RATE_HZ))


def test_what_is_no_file_is_told(tmp_path):
    assert reason(tmp_path) == "is a folder, not a file."
    assert reason(tmp_path / "gone.mp3") == "no such file."


@pytest.mark.parametrize("suffix", ["wav", "aiff", "au", "mp3", "flac", "ogg"])
def test_truncated_files_are_told(tmp_path, sound, suffix):
    path = tmp_path / f"song.{suffix}"
    soundfile.write(path, sound(2, 44_100), 44_100)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    assert "truncated" in reason(path)


def write_mp3(path, mono, mode, told, behind=b""):
    """An MP3 of 44.1 kHz, without the first frame, which tells how many follow, where that shall
    not be told.
    """
    soundfile.write(path, mono, 44_100, format="MP3", bitrate_mode=mode, compression_level=0.3)
    content = path.read_bytes()
    frame_bytes = content.index(content[:2], 4)
    path.write_bytes((content if told else content[frame_bytes:]) + behind)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(("mode", "quiet_s"), [("CONSTANT", 2), ("VARIABLE", 2), ("VARIABLE", 0)])
def test_an_mp3_is_read_to_its_end_or_refused(tmp_path, mode, quiet_s, told, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda program: None)
    path, sound = tmp_path / "song.mp3", 0.3 * np.random.default_rng(8).standard_normal(5 * 44_100)
    if quiet_s:
        sound[: quiet_s * 44_100] = 0
    else:
        sound[44_100:] = 0.1 * np.sin(np.arange(4 * 44_100) / 30)
    write_mp3(path, sound, mode, told)
    if mode == "VARIABLE" and not quiet_s and not told:
        assert reason(path).startswith(
            "an MP3 of variable bit rate that does not tell its length needs the ffmpeg program"
        )
    else:
        assert len(decode(path, RATE_HZ)) / RATE_HZ == pytest.approx(5, abs=0.06)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs the ffmpeg program")
def test_an_mp3_of_untold_length_through_ffmpeg(tmp_path):
    path, sound = tmp_path / "song.mp3", 0.1 * np.sin(np.arange(5 * 44_100) / 30)
    sound[:44_100] = 0.3 * np.random.default_rng(8).standard_normal(44_100)
    write_mp3(path, sound, "VARIABLE", told=False)
    assert len(decode(path, RATE_HZ)) / RATE_HZ == pytest.approx(5, abs=0.06)


def test_what_stands_behind_an_mp3_does_not_matter(tmp_path, sound):
    write_mp3(
        tmp_path / "song.mp3",
        sound(2, 44_100),
        "VARIABLE",
        told=True,
        behind=b"APETAGEX" + np.random.default_rng(9).bytes(90_000),
    )
    assert len(decode(tmp_path / "song.mp3", RATE_HZ)) == 2 * RATE_HZ


def test_an_ogg_file_may_have_something_behind_it(tmp_path, sound):
    path = tmp_path / "song.ogg"
    soundfile.write(path, sound(2, 44_100), 44_100)
    whole = path.read_bytes()
    for behind in (b"TAG" + bytes(125), bytes(100_000)):
        path.write_bytes(whole + behind)
        assert len(decode(path, RATE_HZ)) == 2 * RATE_HZ


@pytest.mark.parametrize(
    ("tag", "zeros"),
    [(b"", 600), (b"ID3\x04\0\0\0\0\1\2" + bytes(130), 0), (b"ID3\x04\0\0\0\0\0\3TAG", 200)],
)
def test_an_mp3_may_have_zeros_before_its_first_frame(tmp_path, sound, tag, zeros):
    soundfile.write(tmp_path / "song.mp3", sound(1.5, 44_100), 44_100)
    padded = tmp_path / "padded.music"
    padded.write_bytes(tag + bytes(zeros) + (tmp_path / "song.mp3").read_bytes())
    np.testing.assert_array_equal(decode(padded, RATE_HZ), decode(tmp_path / "song.mp3", RATE_HZ))


def test_zeros_alone_are_not_audio(tmp_path):
    (tmp_path / "song.mp3").write_bytes(bytes(70_000))
    assert "not audio: its content is of no known format" in reason(tmp_path / "song.mp3")


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs the ffmpeg program")
@pytest.mark.parametrize(
    "options", ["song.m4a -c:a aac -movflags +faststart", "song.m4a -c:a aac", "song.mka -c:a flac"]
)
def test_truncated_files_are_told_through_ffmpeg(tmp_path, sound, options):
    name, *encoder = options.split()
    soundfile.write(tmp_path / "song.wav", sound(2, 44_100), 44_100)
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", "song.wav", *encoder, name], cwd=tmp_path, check=True
    )
    path = tmp_path / name
    assert len(decode(path, RATE_HZ)) == pytest.approx(2 * RATE_HZ, rel=0.05)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    assert re.match("truncated|corrupt", reason(path))


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs the ffmpeg program")
@pytest.mark.parametrize("tag", ["title=Big data", "comment=" + 5000 * "a", "artist=fmt data LIST"])
def test_tags_are_no_samples(tmp_path, sound, tag):
    soundfile.write(tmp_path / "song.wav", sound(2, 44_100), 44_100)
    command = ["ffmpeg", "-v", "error", "-i", "song.wav", "-c:a", "aac"]
    for name, more in (("plain.m4a", []), ("tagged.m4a", ["-metadata", tag])):
        subprocess.run([*command, *more, name], cwd=tmp_path, check=True)
    plain, tagged = (decode(tmp_path / name, RATE_HZ) for name in ("plain.m4a", "tagged.m4a"))
    np.testing.assert_array_equal(tagged, plain)


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
@pytest.mark.parametrize(
    "said", ["stream 0, offset 0x10a3f: partial file", "File ended prematurely"]
)
def test_what_ffmpeg_decodes_of_a_truncated_file_is_not_taken(tmp_path, sound, said, monkeypatch):
    soundfile.write(tmp_path / "song.wav", sound(2, RATE_HZ), RATE_HZ, subtype="FLOAT")
    script = (
        f"cat '{tmp_path}/song.wav'\nif grep -q cut \"${{file#file:}}\"; then echo '{said}' "
        ">&2; fi\n"
    )
    (tmp_path / "ffmpeg").write_text(
        '#!/bin/sh\nwhile [ "$1" != -i ]; do shift; done; file=$2\n' + script
    )
    (tmp_path / "ffmpeg").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (tmp_path / "whole.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    (tmp_path / "half.m4a").write_bytes(b"\0\0\0\x20ftypM4A cut")
    assert len(decode(tmp_path / "whole.m4a", RATE_HZ)) == 2 * RATE_HZ
    assert (
        reason(tmp_path / "half.m4a")
        == "truncated MPEG-4 (m4a, AAC): it ends before its content does."
    )


def test_a_wav_piped_without_a_length_is_whole(tmp_path, sound):
    path = tmp_path / "piped.wav"
    soundfile.write(path, sound(1, RATE_HZ), RATE_HZ)
    content = bytearray(path.read_bytes())
    place = content.index(b"data") + 4
    content[4:8] = content[place : place + 4] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(content)
    assert len(decode(path, RATE_HZ)) == RATE_HZ


@pytest.mark.parametrize(
    ("samples", "told"),
    [(np.zeros(RATE_HZ), "silent"), (np.ones(7), "too short"), (np.zeros(0), "no samples")],
)
def test_sound_without_content_is_told(tmp_path, samples, told):
    soundfile.write(tmp_path / "song.wav", samples, RATE_HZ)
    assert told in reason(tmp_path / "song.wav")


@pytest.mark.parametrize("rate_hz", [RATE_HZ, 44_100])
def test_channels_that_cancel_each_other_out_are_told(tmp_path, sound, rate_hz):
    loud = 0.3 * sound(1, rate_hz)[:, :1]
    soundfile.write(tmp_path / "inverted.wav", np.hstack([loud, -loud]), rate_hz)
    assert "cancel each other out" in reason(tmp_path / "inverted.wav")
    assert len(decode(tmp_path / "inverted.wav", rate_hz, channels=2)) == rate_hz
    hardly = 1.5e-4 * np.sign(loud)  # which halves in the mix, whatever the other channel has
    soundfile.write(tmp_path / "quiet.wav", np.hstack([hardly, 0 * loud]), rate_hz)
    assert reason(tmp_path / "quiet.wav").startswith("silent: its peak is")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_told(tmp_path, sound, value):
    stereo = sound(1, 44_100)
    stereo[1234, 1] = value
    soundfile.write(tmp_path / "song.wav", stereo, 44_100, subtype="FLOAT")
    assert "not finite" in reason(tmp_path / "song.wav")


def test_hours_are_refused_before_they_fill_the_memory(tmp_path):
    soundfile.write(tmp_path / "long.flac", np.full(4000 * 1000, 0.5, np.float32), 1000)
    assert reason(tmp_path / "long.flac") == "too long: 4000 s, at most 3600 s: cut it."


def test_an_unknown_decoder_is_refused(tmp_path):
    with pytest.raises(KerasfeatError, match="soundfile"):
        decode(tmp_path / "song.wav", RATE_HZ, decoder="sound-file")


def test_content_key_follows_content_alone(tmp_path):
    for name, content in (("a.mp3", b"one"), ("b.mp3", b"one"), ("c.mp3", b"two")):
        (tmp_path / name).write_bytes(content)
    first, same, other = (content_key(tmp_path / f"{name}.mp3") for name in "abc")
    assert first == same != other
    with pytest.raises(AudioError, match="no such file"):
        content_key(tmp_path / "gone.mp3")


def test_audio_files_are_found_by_suffix_in_every_folder(tmp_path):
    names = ["b.MP3", "a.flac", "Ünïcode/曲.ogg", "notes.txt", ".hidden.mp3", ".cache/c.mp3"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in audio_files(tmp_path)] == [
        "a.flac",
        "b.MP3",
        "Ünïcode/曲.ogg",
    ]


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_linked_folders_are_searched_once_under_their_own_names(tmp_path):
    for name in ("disk/album/b.wav", "disk/album/more/c.wav", "music/pop/a.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "music" / "album").symlink_to(tmp_path / "disk" / "album")
    (tmp_path / "music" / "again").symlink_to("pop")
    (tmp_path / "music" / "pop" / "up").symlink_to("..")
    (tmp_path / "disk" / "album" / "more" / "round").symlink_to("..")
    (tmp_path / "music" / "gone").symlink_to("nowhere")
    found = [
        path.relative_to(tmp_path / "music").as_posix() for path in audio_files(tmp_path / "music")
    ]
    assert found == ["album/b.wav", "album/more/c.wav", "pop/a.wav"]

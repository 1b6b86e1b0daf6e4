import re

import pandas as pd
from browser import look

from kerasfeat.audio.decode import audio_files


def test_page_tells_of_each_song(kerasfeat, run, songs, browser, screens, tmp_path):
    files, page = audio_files(songs)[:2], tmp_path / "songs.html"
    ended = kerasfeat("predict", run.path, *files, "gone.mp3", "--html", page, "--format", "csv")
    assert ended.code == 0, ended.err
    assert f"page: {page}" in ended.err
    text = page.read_text(encoding="utf-8")
    assert (
        text.count("<svg") == text.count("<audio") == 2
        and text.count("Nearest training songs</th>") == 2
    )
    assert "gone.mp3" in text and "no such file" in text and "1 song without a prediction" in text
    for row in ended.out.splitlines()[1:3]:
        assert f"<strong>{row.split(',')[3]}</strong>" in text
    look(browser, screens, page, "songs")


def test_a_model_of_values_and_a_table_without_audio(kerasfeat, tabular, songs, tmp_path):
    table = pd.read_csv(songs / "tracks.csv").drop(columns="audio").head(7)
    table["track_name"] = "<script>alert(1)</script>"
    table.to_csv(tmp_path / "t.csv", index=False)
    page = tmp_path / "songs.html"
    ended = kerasfeat("predict", tabular.path, tmp_path / "t.csv", "--html", page)
    assert ended.code == 0, ended.err
    text = page.read_text(encoding="utf-8")
    assert "Energy, valence of 7 songs" in text and "<svg" not in text and "<script" not in text


def test_page_in_a_folder_that_does_not_exist(kerasfeat, run, songs, tmp_path):
    ended = kerasfeat(
        "predict", run.path, audio_files(songs)[0], "--html", tmp_path / "gone" / "page.html"
    )
    assert ended.code == 1 and re.search("does not exist. Make it", ended.err)


def test_page_of_songs_without_any_prediction(kerasfeat, run, tmp_path):
    ended = kerasfeat("predict", run.path, "gone.mp3", "--html", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert ended.code == 1 and "no such file" in text
    assert "synthesised songs, which say nothing about real music" in text

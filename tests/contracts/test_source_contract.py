"""The contract of every source, on the example that it brings: a folder with the rows that it says.

Services are played by the answers of the example. What real layouts hold beside is in
tests/datasets/sources.
"""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile
import urllib3

from kerasfeat import KerasfeatError
from kerasfeat.datasets.http import retry
from kerasfeat.datasets.sources import Example, Source, sources
from kerasfeat.songs import loading

RATE_HZ = 16_000
FORMATS = {".mp3": "MP3", ".wav": "WAV", ".flac": "FLAC"}

every_source = pytest.mark.parametrize("source", list(sources), ids=lambda source: source.name)


def sound(kind: str) -> bytes:
    """A second of sound as a file of this format."""
    file = io.BytesIO()
    wave = 0.4 * np.sin(2 * np.pi * 330 * np.arange(RATE_HZ) / RATE_HZ)
    soundfile.write(file, wave, RATE_HZ, format=kind)
    return file.getvalue()


class Answers(requests.adapters.BaseAdapter):
    """Answers requests as an example says; 404 for what it does not name."""

    def __init__(self, example: Example) -> None:
        super().__init__()
        self.bodies = {url: json.dumps(data).encode() for url, data in example.answers.items()}
        self.bodies |= dict.fromkeys(example.clips, sound("MP3"))

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:
        url = request.url.partition("?")[0]
        body, response = self.bodies.get(url, b"{}"), requests.Response()
        response.status_code = 200 if url in self.bodies else 404
        response.url, response.request = request.url, request
        response.headers["Content-Type"] = "application/json"
        response.raw = urllib3.HTTPResponse(
            io.BytesIO(body), status=response.status_code, preload_content=False
        )
        return response

    def close(self) -> None:
        pass


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Function from a source to the (songs, folder) that it makes of its example, given anew."""
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)

    def make(source: Source, out: Path = tmp_path / "out") -> tuple[int, Path]:
        example, root = source.example, tmp_path / "in"
        contents = {name: text.encode() for name, text in example.files.items()}
        contents |= {name: sound(FORMATS[Path(name).suffix]) for name in example.audio}
        for name, content in contents.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        for name, value in example.environment.items():
            monkeypatch.setenv(name, value)
        adapter = Answers(example)
        monkeypatch.setattr(requests.Session, "get_adapter", lambda session, url: adapter)
        return source.make(*(root / name for name in example.places), out, **example.options), out

    return make


@every_source
def test_its_example_becomes_the_rows_that_it_says(source, made):
    songs, out = made(source)
    with (out / "tracks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert songs == len(rows) == len(source.example.rows)
    for row, expected in zip(rows, source.example.rows, strict=True):
        assert {name: row.get(name, "") for name in expected} == dict(expected)
        assert not row.get("audio") or (out / row["audio"]).is_file()
    assert len(loading.load_songs(out).frame) == songs


@every_source
def test_its_provenance_says_where_the_songs_come_from(source, made):
    songs, out = made(source)
    provenance = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["source"] == source.name == source.origin.source
    assert provenance["complete"] and provenance["counts"]["rows"] == songs
    assert provenance["licence"] and provenance["url"] and source.description.endswith(".")


@every_source
def test_the_same_again_changes_nothing(source, made):
    songs, out = made(source)
    before = (out / "tracks.csv").read_bytes()
    assert made(source) == (songs, out) and (out / "tracks.csv").read_bytes() == before


@every_source
def test_a_folder_that_holds_something_else_is_never_written_to(source, made, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.doc").write_text("mine")
    with pytest.raises(KerasfeatError, match="not empty and holds something other"):
        made(source)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["thesis.doc"]


@pytest.mark.parametrize(
    "source", [source for source in sources if source.places], ids=lambda source: source.name
)
def test_a_place_that_is_not_there_is_one_clear_message(source, tmp_path):
    with pytest.raises(KerasfeatError, match="nowhere"):
        source.make(*[tmp_path / "nowhere"] * len(source.places), tmp_path / "out")


@every_source
def test_its_options_are_what_make_takes(source):
    from inspect import signature

    taken = {option.flag.removeprefix("--").replace("-", "_") for option in source.options}
    assert set(signature(source.make).parameters) >= taken | {"out"}
    assert set(source.example.options) <= taken

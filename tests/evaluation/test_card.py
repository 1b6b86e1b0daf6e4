import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from kerasfeat.evaluation.card import write_card
from kerasfeat.songs import loading


class Balanced(HTMLParser):
    VOID = ("meta", "br", "img", "path", "use", "rect", "circle")

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag not in self.VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(tag)


@pytest.fixture
def page(tmp_path):
    """A function that gives the card of a table as text, which must be well-formed and load
    nothing.
    """

    def write(table, **provenance):
        table.to_csv(tmp_path / "tracks.csv", index=False)
        if provenance:
            (tmp_path / "provenance.json").write_text(json.dumps(provenance))
        text = write_card(loading.load_songs(tmp_path), audio=False).read_text(encoding="utf-8")
        parser = Balanced()
        parser.feed(text)
        assert not parser.open and not parser.wrong
        assert not re.search(r"<(script|link|iframe)|src=|@import|href=\"http", text)
        return text

    return write


@pytest.fixture
def table(songs):
    names = ["track_id", "artist", "danceability", "tempo", "key", "mood", "source"]
    return pd.read_csv(songs / "tracks.csv")[names].head(37)


def test_a_card_says_what_is_there_and_how_it_is_spread(page, table):
    text = page(table)
    assert (
        "37 songs" in text
        and "Songs of each mood" in text
        and "danceability" in text
        and "Synthesised data" in text
    )
    assert text.count("<svg") == 1 + 3 and "licence are not known" in text


def test_a_card_tells_origin_licence_and_what_is_missing(page, table):
    parent = {
        "source": "spotify",
        "url": "https://x",
        "licence": "Developer Terms",
        "date": "2026",
        "query": {},
        "notes": ["No <b>training</b>."],
    }
    failed = [{"what": f"t{n}", "why": "unknown"} for n in range(51)]
    text = page(
        table.assign(source="reccobeats"),
        source="reccobeats",
        url="https://y",
        licence="free",
        date="2026-11-21",
        query={"table": "t"},
        notes=["Estimates."],
        failed=failed,
        complete=False,
        made_from=[parent],
    )
    assert (
        "Developer Terms" in text
        and "No &lt;b&gt;training" in text
        and "Estimates." in text
        and "Not complete" in text
    )
    assert (
        "Missing: 51" in text
        and "The first 50" in text
        and "t49: unknown" in text
        and "t50: unknown" not in text
    )


def test_a_card_warns_of_mixed_sources_and_names_files_by_themselves(page, table, tmp_path):
    table.loc[:9, "source"] = "spotify"
    assert "Features from several sources" in page(table)
    table.to_csv(tmp_path / "mine.csv", index=False)
    path = write_card(
        loading.load_songs(tmp_path / "mine.csv"), tmp_path / "mine.html", audio=False
    )
    assert "<h1>mine.csv: 37 songs</h1>" in path.read_text(encoding="utf-8")


def test_a_card_draws_few_bars_of_large_whole_numbers(page, table):
    few, many = page(table), page(table.assign(artist_followers=[300 * row for row in range(37)]))
    assert "37 values from 0 to 1.08e+04" in many and len(many) < len(few) + 60_000

"""The page on error messages has all of them, and none that is gone."""

import re

from raised import GAP, ROOT, messages

PAGE = ROOT / "docs" / "guides" / "troubleshooting.md"


def patterns():
    """What the first column of the page's tables quotes, and a pattern of it."""
    cells = re.findall(r"^\| (`[^|]*) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    quoted = [text for cell in cells for text in re.findall(r"`([^`]+)`", cell)]
    return {
        text: re.compile(".*".join(map(re.escape, text.split(GAP))), re.DOTALL) for text in quoted
    }


def test_every_message_is_on_the_page_and_every_line_of_it_is_a_message():
    found = dict(messages())
    assert len(found) > 250
    known = patterns()
    lacking = {
        place: text
        for place, text in found.items()
        if not any(pattern.search(text) for pattern in known.values())
    }
    assert not lacking, "give docs/guides/troubleshooting.md a row for these"
    gone = [text for text, its in known.items() if not any(map(its.search, found.values()))]
    assert not gone, "no error of the package says this any more"

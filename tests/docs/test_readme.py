"""The README is short, leads somewhere, and has no figure of its own."""

import re

from blocks import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def anchors(page):
    """What a link to a part of a page may end with."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_it_is_short():
    assert len(README.splitlines()) <= 120


def test_its_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)#?([^)]*)\)", README)
    assert len(links) > 15
    for place, anchor in links:
        assert (ROOT / place).exists(), place
        assert not anchor or anchor in anchors(ROOT / place), f"{place}#{anchor}"


def test_its_figures_stand_in_the_results():
    figures = re.findall(r"\b\d+\.\d{3}\b", README)
    results = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert figures and not [figure for figure in figures if figure not in results]

"""Whether two tables name the same song: artists and titles, compared apart."""

import re
import unicodedata

from rapidfuzz import fuzz

from kerasfeat.datasets.rows import Row

# How alike two artists, or two titles, are at least (Indel similarity, 0 to 100): a letter more in
# four, another letter in nine.
LEAST = 88.0
# Of a misspelt word: "Beetles" is The Beatles', "Loving" is not "Hating", however long the title
# around them.
LEAST_WORD = 75.0
# "Song (feat. X)" and "Song - 2011 Remaster" are the song; "Song (Live)" and "Song - X Remix" are
# others.
ASIDE = re.compile(
    r"\s*[(\[](?:feat|ft|with)\b[^)\]]*[)\]]"
    r"|\s*[(\[][^)\]]*\bremaster(?:ed)?\b[^)\]]*[)\]]"
    r"|\s+-\s+[^-]*\bremaster(?:ed)?\b[^-]*$"
)
# Letters that people type without their accents; a mark of another script makes another letter
# (Hindi's vowels, Japanese ga and ka).
ACCENTED = re.compile(r"(?:LATIN|GREEK|CYRILLIC) ")
ROMAN = re.compile(r"[ivxlcdm]+")
LITTLE = {"the", "a", "an", "and"}


def plain_names(song: Row) -> tuple[str | None, str | None]:
    """(artist, title) of a song; None, or an empty text, for one that is not there.

    They have no case, accents, and punctuation, no guests, and no "remastered".
    """
    artist, title = song.get("artists") or song.get("artist"), song.get("title")
    return artist and plain(artist), title and plain(ASIDE.sub("", title.casefold()))


def plain(text: str) -> str:
    """A name without case, accents, and punctuation.

    One that has nothing else, such as the title "÷", keeps its punctuation.
    """
    kept: list[str] = []
    letter = ""
    for sign in unicodedata.normalize("NFKD", text).casefold():
        if unicodedata.category(sign)[0] != "M":
            letter = sign
            kept.append(sign if sign.isalnum() else " ")
        elif letter.isalnum() and not ACCENTED.match(unicodedata.name(letter, "")):
            kept.append(sign)
    words = " ".join(unicodedata.normalize("NFC", "".join(kept)).split())
    return words or " ".join(text.casefold().split())


def alike(one: str, other: str) -> float:
    """How alike two plain names are, 0 to 100.

    Returns:
        100 if they are the same, less if they are spelled otherwise, 0 if they name different
        things. A number, a short word, or a whole word more ("Part 2", "in D minor", "Live") is no
        matter of spelling.
    """
    if one == other:
        return 100.0
    return fuzz.ratio(one, other) if _misspelt(one, other) else 0.0


def _misspelt(one: str, other: str) -> bool:
    if _numbers(one) != _numbers(other):
        return False
    # "Good Bye" is "Goodbye".
    if one.replace(" ", "") == other.replace(" ", ""):
        return True
    words, others = ([word for word in name.split() if word not in LITTLE] for name in (one, other))
    return len(words) == len(others) and all(map(_same_word, words, others))


def _numbers(name: str) -> list[str]:
    return [sign for sign in name if sign.isnumeric()]


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return True
    short = min(len(one), len(other)) < 4
    return (
        not short
        and not (ROMAN.fullmatch(one) and ROMAN.fullmatch(other))
        and fuzz.ratio(one, other) >= LEAST_WORD
    )


def other_artist(one: str, other: str) -> bool:
    """Whether two plain names are of different artists.

    A name that has all words of the other, such as one with a guest, is not.
    """
    return max(alike(one, other), fuzz.token_set_ratio(one, other)) < LEAST

"""Invented names of artists, albums, and songs, some beyond ASCII as in any real collection."""

import numpy as np

FIRST = (
    "Amber", "Brændt", "Copper", "Dröm", "Éclat", "Fjäll", "Glass", "Hollow", "İnci", "Juniper",
    "Kōri", "Łuna", "Marrow", "Ñandu", "Opal", "Paper", "Quiet", "Río", "Šedá", "Tidal", "Ümlaut",
    "Velvet", "Winter", "Zażar",
)  # fmt: skip
SECOND = (
    "Antenna", "Bicycle", "Čaroděj", "Dominoes", "Express", "Foxglove", "Garden", "Harbour",
    "Isobar", "Kestrel", "Lantern", "Møller", "Nocturne", "Otter", "Parade", "Quartet", "Rüzgâr",
    "Signal", "Telescope", "Véspera", "Weather", "夜汽車", "Синева", "Ωmega",
)  # fmt: skip
MOODS = (
    "Almost", "Blue", "Distant", "Electric", "Golden", "Half", "Inner", "Long", "Neon", "Open",
    "Pale", "Restless", "Slow", "Sudden", "Últimas", "Während",
)  # fmt: skip
THINGS = (
    "Avenues", "Bridges", "Cinders", "Daybreak", "Étoiles", "Fields", "Gravity", "Horizon",
    "Islands", "January", "Letters", "Mañana", "Northbound", "Orbit", "Płomień", "Rivers",
    "Shoreline", "Thunder", "Voices", "Windows", "雨音",
)  # fmt: skip


def artist_name(number: int) -> str:
    """The name of an artist, different for each number.

    Names begin to carry a numeral after all pairs of words.
    """
    numeral, pair = divmod(number, len(FIRST) * len(SECOND))
    row, column = divmod(pair, len(FIRST))
    name = f"{FIRST[column]} {SECOND[(row + column) % len(SECOND)]}"
    return f"{name} {numeral + 1}" if numeral else name


def title(rng: np.random.Generator) -> str:
    """A song's or an album's title; two artists may happen on the same."""
    return f"{rng.choice(MOODS)} {rng.choice(THINGS)}"

"""Who is trained on, who decides when to stop, and who is tested: whole artists on one side, the
same share of every class.
"""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kerasfeat import KerasfeatError
from kerasfeat.songs import identity
from kerasfeat.songs.ids import isrc_of
from kerasfeat.songs.stratified import PARTS, TEST, VALIDATION, deal, filled, strata, too_few

WORDS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


def groups(frame: pd.DataFrame, content_keys=None) -> tuple[np.ndarray, str]:
    """Songs that must stay on one side of a split.

    Two songs belong together if they share an artist, an ISRC, the title and the shown artist, what
    their features say of who they are (`identity.row_keys`), or the content of their audio (the
    file, where the content is not known); and so do songs that are joined through others. "Various
    Artists" and the like are nobody.

    Args:
        frame: a tracks table, with `artists` (tuples) or `artist`, or neither.
        content_keys: [rows] a hash of each song's audio, None where it is not known.

    Returns:
        (group of each row [rows] int, 0 for the first row's, "artist" or "track": what the songs
        are grouped by).
    """
    kinds = {
        name: pairs
        for name, pairs in _identities(frame, content_keys).items()
        if name != "track_id"
    }
    pairs = [(row, (name, value)) for name, found in kinds.items() for row, value in found]
    rows = np.array([row for row, _ in pairs], int)
    value_codes = pd.factorize(pd.Series([value for _, value in pairs], dtype=object))[0]
    songs = len(frame)
    nodes = songs + (value_codes.max() + 1 if len(pairs) else 0)
    links = coo_array(
        (np.ones(len(pairs), bool), (rows, songs + value_codes)), shape=(nodes, nodes)
    )
    component = connected_components(links, directed=False)[1][:songs]
    return pd.factorize(component)[0], "artist" if kinds["artist"] else "track"


def split(y, groups, seed, validation=0.15, test=0.15):
    """Assign every song to "train", "validation", or "test".

    Args:
        y: [rows] class labels; or floats, [rows] or [rows, targets], NaN where missing; or bool
            [rows, labels], what labels a song has.
        groups: [rows] group of each song; songs of a group stay together.
        seed: the same seed, labels, and groups give the same split.
        validation, test: share of the songs.

    Returns:
        [rows] of str.

    Raises:
        KerasfeatError: if no split has a song in each part and every class in train.
    """
    labels, counts, member = strata(y, groups)
    part = deal(
        counts, np.array([1 - validation - test, validation, test]), np.random.default_rng(seed)
    )
    return PARTS[filled(part, counts, labels, (VALIDATION, TEST))[member]]


def folds(y, groups, k, seed, validation=0.15):
    """Assign every song k times, so that each is in "test" exactly once.

    Args:
        y, groups, seed: as in `split`.
        k: number of folds, at least 2.
        validation: share of the songs that are not in test.

    Returns:
        list of k arrays [rows] of str.

    Raises:
        KerasfeatError: if there are fewer than k groups, or a class would be missing in the train
            part of a fold.
    """
    labels, counts, member = strata(y, groups)
    if k < 2:
        raise KerasfeatError(f"{k} folds are not a cross-validation: ask for at least 2.")
    if k > len(counts):
        raise KerasfeatError(
            f"{k} folds need at least {k} artists (or tracks, where the table names no "
            f"artists); there are {len(counts)}."
        )
    if labels is not None and (counts > 0).sum(axis=0).min() < 2:
        raise too_few(counts, labels, f"{k} folds need every class in test and in train")
    rng = np.random.default_rng(seed)
    fold = deal(counts, np.full(k, 1 / k), rng)
    if np.bincount(fold, minlength=k).min() == 0:
        raise too_few(counts, labels, f"a fold of {k} would be empty")
    assigned = []
    for number in range(k):
        rest = fold != number
        part = np.full(len(counts), TEST)
        part[rest] = deal(counts[rest], np.array([1 - validation, validation]), rng)
        assigned.append(PARTS[filled(part, counts, labels, (VALIDATION,))[member]])
    return assigned


def from_table(frame):
    """The split that the table's own `split` column gives, [rows] of str.

    Raises:
        KerasfeatError: for words other than those in WORDS, empty cells, or a part without songs.
    """
    if "split" not in frame:
        raise KerasfeatError(
            "the table has no column 'split' with train, validation, or test for each song."
        )
    words = ["" if pd.isna(word) else str(word).strip().casefold() for word in frame["split"]]
    strange = sorted({word or "empty cells" for word in words if word not in WORDS})
    if strange:
        raise KerasfeatError(
            f"column 'split' holds {', '.join(strange[:10])}; allowed: {', '.join(WORDS)}."
        )
    parts = np.array([WORDS[word] for word in words], dtype=str)
    for part in PARTS:
        if part not in parts:
            raise KerasfeatError(
                f"column 'split' names no song of the part '{part}'; each of "
                f"{', '.join(PARTS)} needs at least one."
            )
    return parts


def leaks(frame: pd.DataFrame, parts, content_keys=None) -> dict[str, int]:
    """How much is on both sides of a split.

    Args:
        frame: a tracks table.
        parts: [rows] the part of each song; None of one that is in none, which only helps to tell
            who the others are.
        content_keys: as of `groups`.

    Returns:
        dict of counts: `shared_artists`, `shared_ids` (track ids and ISRCs), `shared_audio`
        (identical content, or the same file), `shared_songs` (the same title by the same artist, or
        equal features).
    """
    return {name: len(values) for name, values in _shared(frame, parts, content_keys).items()}


def refuse_leaks(frame: pd.DataFrame, parts, content_keys=None) -> dict[str, int]:
    """`leaks`, or a KerasfeatError with examples if any count is above zero."""
    shared = _shared(frame, parts, content_keys)
    found = [
        f"{len(values):,} {name.replace('_', ' ')} ({', '.join(map(str, values[:3]))})"
        for name, values in shared.items()
        if values
    ]
    if found:
        raise KerasfeatError(
            f"the split leaks: {'; '.join(found)}. The score would be too good: give these "
            "songs the same word in the column 'split', "
            "or leave the column out to split by artist."
        )
    return {name: 0 for name in shared}


def _shared(frame: pd.DataFrame, parts, content_keys) -> dict[str, list]:
    """What of each kind is on both sides: track ids and texts to show."""
    identities = _identities(frame, content_keys)
    kinds = {
        "shared_artists": ("artist",),
        "shared_ids": ("track_id", "isrc"),
        "shared_audio": ("audio",),
        "shared_songs": ("work", "features"),
    }
    shared = {}
    for name, sorts in kinds.items():
        sides, first = {}, {}
        for row, value in (pair for sort in sorts for pair in identities[sort]):
            if parts[row] is not None:
                sides.setdefault(value, set()).add(parts[row])
                first.setdefault(value, row)
        values = [value for value, found in sides.items() if len(found) > 1]
        shared[name] = (
            [_shown(frame, first[value]) for value in values] if name == "shared_songs" else values
        )
    return shared


def _shown(frame: pd.DataFrame, row: int) -> str:
    """The title of a song, or its id."""
    song = frame.iloc[row]
    return next(
        (
            str(song[name])
            for name in ("title", "track_id")
            if name in song and not _missing(song[name])
        ),
        f"row {row + 1}",
    )


def _identities(frame: pd.DataFrame, content_keys) -> dict[str, list]:
    """What songs can have in common: kind -> list of (row, value)."""
    works = []
    if "title" in frame and "artist" in frame:
        both = zip(frame["title"], frame["artist"], strict=True)
        works = [
            (row, (identity.same(title), identity.same(artist)))
            for row, (title, artist) in enumerate(both)
            if not (_missing(title) or _missing(artist))
        ]
    return {
        "artist": [
            (row, name)
            for row, names in enumerate(identity.artists(frame))
            for name in sorted(identity.people(names))
        ],
        "work": works,
        "features": _pairs(identity.row_keys(frame)),
        "isrc": _pairs(
            [None if _missing(code) else isrc_of(code) or code for code in frame["isrc"]]
        )
        if "isrc" in frame
        else [],
        "track_id": _pairs(frame["track_id"]) if "track_id" in frame else [],
        "audio": _pairs(_audio(frame, content_keys)),
    }


def _audio(frame: pd.DataFrame, content_keys) -> list:
    """[rows] what tells each song's audio: its content; its file, where that is not known."""
    paths = frame["audio"] if "audio" in frame else [None] * len(frame)
    keys = [None] * len(frame) if content_keys is None else content_keys
    return [path if _missing(key) else key for key, path in zip(keys, paths, strict=True)]


def _pairs(values) -> list:
    return [(row, value) for row, value in enumerate(values) if not _missing(value)]


def _missing(value) -> bool:
    """Whether there is no value; an empty text is what a missing one is in a CSV file."""
    return pd.isna(value) or not str(value).strip()

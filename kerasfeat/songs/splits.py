"""Who is trained on, who decides when to stop, and who is tested.

Whole artists are on one side, and the parts have the same share of every class.
"""

from collections.abc import Hashable, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.songs.in_common import ContentKeys, in_common, is_missing
from kerasfeat.songs.stratified import (
    PARTS,
    TEST,
    VALIDATION,
    assign_parts,
    count_classes,
    none_lacking,
    too_few,
)

VALIDATION_SHARE = TEST_SHARE = 0.15

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

# The part of each song [rows], None of one that is in none.
Parts: TypeAlias = Sequence[str | None] | Array


def groups(frame: pd.DataFrame, content_keys: ContentKeys = None) -> tuple[Array, str]:
    """Songs that must stay on one side of a split.

    Two songs belong together if they share an artist, an ISRC, the title and the shown artist, what
    their features say of who they are (`identity.row_keys`), or the content of their audio (the
    file, where the content is not known), or lie beside each other as one recording in several
    formats; and so do songs that are joined through others. "Various
    Artists" and the like are nobody.

    Args:
        frame: a table of songs, with `artists` (tuples) or `artist`, or neither.
        content_keys: [rows] a hash of each song's audio, None where it is not known.

    Returns:
        (group of each row [rows] int, 0 for the first row's, "artist" or "track": what the songs
        are grouped by).
    """
    shared = in_common(frame, content_keys)
    del shared["track_id"]
    pairs = [(row, (name, value)) for name, of_kind in shared.items() for row, value in of_kind]
    rows = np.array([row for row, _ in pairs], int)
    value_codes = pd.factorize(pd.Series([value for _, value in pairs], dtype=object))[0]
    songs = len(frame)
    nodes = songs + (value_codes.max() + 1 if len(pairs) else 0)
    ends = rows, songs + value_codes
    links = coo_array((np.ones(len(pairs), bool), ends), shape=(nodes, nodes))
    component = connected_components(links, directed=False)[1][:songs]
    return pd.factorize(component)[0], "artist" if shared["artist"] else "track"


def split(y: Array | Sequence[str], groups: Array | Sequence[int], seed: int) -> Array:
    """Assign every song to "train", "validation", or "test".

    Args:
        y: [rows] class labels; or floats, [rows] or [rows, targets], NaN where missing; or bool
            [rows, labels], what labels a song has.
        groups: [rows] group of each song; songs of a group stay together.
        seed: the same seed, labels, and groups give the same split.

    Returns:
        [rows] of str.

    Raises:
        KerasfeatError: if no split has a song in each part and every class in train.
    """
    counted = count_classes(y, groups)
    shares = np.array([1 - VALIDATION_SHARE - TEST_SHARE, VALIDATION_SHARE, TEST_SHARE])
    part = assign_parts(counted.counts, shares, np.random.default_rng(seed))
    return PARTS[none_lacking(part, counted, (VALIDATION, TEST))[counted.members]]


def folds(
    y: Array | Sequence[str],
    groups: Array | Sequence[int],
    k: int,
    seed: int,
    validation: float = VALIDATION_SHARE,
) -> list[Array]:
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
    counted = count_classes(y, groups)
    counts = counted.counts
    if k < 2:
        raise KerasfeatError(f"{k} folds are not a cross-validation: ask for at least 2.")
    if k > len(counts):
        raise KerasfeatError(
            f"{k} folds need at least {k} artists (or tracks, where the table names no "
            f"artists); there are {len(counts)}."
        )
    if counted.labels is not None and (counts > 0).sum(axis=0).min() < 2:
        raise too_few(counted, f"{k} folds need every class in test and in train")
    rng = np.random.default_rng(seed)
    fold = assign_parts(counts, np.full(k, 1 / k), rng)
    if np.bincount(fold, minlength=k).min() == 0:
        raise too_few(counted, f"a fold of {k} would be empty")
    assigned = []
    for number in range(k):
        rest = fold != number
        part = np.full(len(counts), TEST)
        part[rest] = assign_parts(counts[rest], np.array([1 - validation, validation]), rng)
        assigned.append(PARTS[none_lacking(part, counted, (VALIDATION,))[counted.members]])
    return assigned


def from_table(frame: pd.DataFrame) -> Array:
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


def leaks(frame: pd.DataFrame, parts: Parts, content_keys: ContentKeys = None) -> dict[str, int]:
    """How much is on both sides of a split.

    Args:
        frame: a table of songs.
        parts: [rows] the part of each song; None of one that is in none, which only helps to tell
            who the others are.
        content_keys: as of `groups`.

    Returns:
        dict of counts: `shared_artists`, `shared_ids` (track ids and ISRCs), `shared_audio`
        (identical content, the same file, or one recording in several formats), `shared_songs` (the
        same title by the same artist, or equal features).
    """
    return {name: len(values) for name, values in _shared(frame, parts, content_keys).items()}


def refuse_leaks(
    frame: pd.DataFrame, parts: Parts, content_keys: ContentKeys = None
) -> dict[str, int]:
    """`leaks` of a split that has none.

    Raises:
        KerasfeatError: a count is above zero; with examples.
    """
    shared = _shared(frame, parts, content_keys)
    examples = [
        f"{len(values):,} {name.replace('_', ' ')} ({', '.join(map(str, values[:3]))})"
        for name, values in shared.items()
        if values
    ]
    if examples:
        raise KerasfeatError(
            f"the split leaks: {'; '.join(examples)}. The score would be too good: give these "
            "songs the same word in the column 'split', or leave the column out to split by artist."
        )
    return {name: 0 for name in shared}


# How `leaks` calls what is on both sides, and what songs have in common there.
_LEAKS = {
    "shared_artists": ("artist",),
    "shared_ids": ("track_id", "isrc"),
    "shared_audio": ("audio",),
    "shared_songs": ("work", "features"),
}


def _shared(
    frame: pd.DataFrame, parts: Parts, content_keys: ContentKeys
) -> dict[str, list[Hashable]]:
    """What of each kind is on both sides: ids, names, and titles to show."""
    identities = in_common(frame, content_keys)
    shared = {}
    for name, kinds in _LEAKS.items():
        sides: dict[Hashable, set[str]] = {}
        first: dict[Hashable, int] = {}
        for row, value in (pair for kind in kinds for pair in identities[kind]):
            part = parts[row]
            if part is not None:
                sides.setdefault(value, set()).add(part)
                first.setdefault(value, row)
        values = [value for value, own in sides.items() if len(own) > 1]
        if name == "shared_songs":
            values = [_shown(frame, first[value]) for value in values]
        shared[name] = values
    return shared


def _shown(frame: pd.DataFrame, row: int) -> str:
    """The title of a song, or its id."""
    song = frame.iloc[row]
    names = (song[name] for name in ("title", "track_id") if name in song)
    return next((str(name) for name in names if not is_missing(name)), f"row {row + 1}")

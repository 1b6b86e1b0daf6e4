"""The songs that a run's model has learnt: its own, and those of the runs that it is made of.

All of them stand in its splits.csv, so that they are known when those runs are gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kerasfeat.evaluation.run_files import EARLIER, RUN, SPLITS, damage_told, load_splits
from kerasfeat.experiment.run_directory import RunDirectory


@dataclass(frozen=True)
class Learnt:
    """Songs, and the tables that they are of.

    Attributes:
        songs: rows of a splits.csv; `table` is the place of each one's table in `tables`.
        tables: what run.json says of each table, the run's own first: its `fingerprint`, and
            the `measured` columns that `features_key` is made of.
    """

    songs: pd.DataFrame
    tables: list[dict[str, Any]]


def learnt(run: RunDirectory) -> Learnt:
    """The songs that the kept model of a finished run, or one that it is made of, was trained on or
    stopped by.

    Raises:
        KerasfeatError: a file of the run is not there, or damaged.
    """
    columns = ["fold", "part", "artist", "audio_key", "features_key", "table"]
    songs = load_splits(run.path, columns)
    with damage_told(run / RUN):
        tables = run.read()["tables"]
        _ = [(table["fingerprint"], list(table["measured"])) for table in tables]
    with damage_told(run / SPLITS):
        songs = songs.assign(table=pd.to_numeric(songs["table"]))
        if not songs["table"].isin(range(len(tables))).all():
            raise ValueError("it names a table that run.json does not know")
    return Learnt(_of_kept_model(songs), tables)


def with_earlier(own: Learnt, runs: Sequence[RunDirectory]) -> Learnt:
    """The rows of a run's splits.csv, behind them the songs that the runs that it is made of have
    learnt and it has not, as EARLIER.

    Args:
        own: the songs of every split, and the run's own table.
        runs: that it is made of.
    """
    kept = _of_kept_model(own.songs)
    found, tables = [kept], list(own.tables)
    for past in map(learnt, runs):
        tables += [table for table in past.tables if table not in tables]
        places = [tables.index(table) for table in past.tables]
        songs = past.songs.assign(table=past.songs["table"].map(places.__getitem__))
        found.append(songs.assign(fold=own.songs["fold"].iloc[-1], part=EARLIER))
    earlier = pd.concat(found).drop_duplicates(["table", "track_id"]).iloc[len(kept) :]
    return Learnt(pd.concat([own.songs, earlier]), tables)


def _of_kept_model(songs: pd.DataFrame) -> pd.DataFrame:
    """Those of the last split that are not tested."""
    last = songs["fold"] == songs["fold"].iloc[-1]
    return songs[last & (songs["part"] != "test")]

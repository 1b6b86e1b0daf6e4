"""Songs described from Python."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from kerasfeat.api.run import Run, path_of
from kerasfeat.choices import DECODERS, refuse_empty, require_choice, several, whole_number
from kerasfeat.engines import Local
from kerasfeat.progress import say
from kerasfeat.silence import import_tensorflow
from kerasfeat.songs.loading import Songs
from kerasfeat.songs.problems import describe as described_problems


def describe(
    songs: str | Path | pd.DataFrame | Songs | Iterable[str | Path],
    *,
    runs: Run | str | Path | Sequence[Run | str | Path] = (),
    where: str | None = None,
    decoder: str = "soundfile",
    workers: int | None = None,
) -> pd.DataFrame:
    """Describe songs without labels.

    Args:
        songs: audio files, folders, and tables, one or several; a DataFrame; or what
            `kerasfeat.load_songs` gave.
        runs: finished runs, or their directories, whose models answer too, one or several.
        where: keep the songs of which this holds, such as "tempo > 110 and rock > 0.3".
        decoder: of audio files, "soundfile" or "tensorflow-io".
        workers: how many files at a time, 1 or more; as many as there are cores by default.

    Returns:
        A row for each song, in order; of a single DataFrame for each of its rows, under its index,
        where later rows of a song have what the first has. A row has the song's names, what is
        measured, what the networks on this machine hear, what the models say, and `error` where
        its audio can't be used. What there is none of is missing.

    Raises:
        KerasfeatError: there are no songs, a table or a run can't be used, or `where` can't be
            read.
    """
    require_choice("decoder", decoder, DECODERS)
    refuse_empty(where=where)
    engine = Local(None if workers is None else whole_number("workers", workers, 1))
    import_tensorflow()
    from kerasfeat.inference.conditions import condition
    from kerasfeat.inference.describe import Describer
    from kerasfeat.inference.records import Counted, flat
    from kerasfeat.inference.requested import songs_of

    describer = Describer([path_of(run) for run in several(runs)], decoder=decoder)
    asked = songs_of(songs, describer.percent, describer.columns_read, describer.ranges)
    for line in described_problems(asked.problems):
        say(f"data: {line}")
    names = describer.columns(asked.frame)
    holds = condition(where, names) if where else None
    every = Counted(describer.rows(asked.frame, engine))
    kept = {place: row for place, row in enumerate(every) if holds is None or holds(row)}
    every.say_unheard(asked.frame)
    return asked.answered(pd.DataFrame(flat(kept.values()), columns=names, index=list(kept)))

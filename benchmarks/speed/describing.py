"""`describe` of a clip, beside librosa's tempo and chroma alone."""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import joblib
import pandas as pd

from benchmarks.speed import data
from benchmarks.speed.by_librosa import librosa_tempo_and_chroma
from benchmarks.speed.extraction import extract_all
from benchmarks.speed.measured import Against, Measured, Parts, Setting, alternate, grown
from kerasfeat.audio.decode import read_sound
from kerasfeat.audio.measures.input import Measures
from kerasfeat.inference.describe import Describer
from kerasfeat.pipeline.parallel import cores
from kerasfeat.pipeline.store import Store

ONE, JOBLIB = "librosa's tempo and chroma alone", "librosa's tempo and chroma alone, joblib"


def _librosa_all(files: Sequence[Path]) -> None:
    joblib.Parallel(cores())(joblib.delayed(librosa_tempo_and_chroma)(file) for file in files)


def measure(setting: Setting) -> list[Measured]:
    """The rows."""
    data.use_cache(setting)
    files = data.clips(setting, setting.count(16, 2))
    describer = Describer()

    def describe(paths: Sequence[Path]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            describer.store = Store(folder)
            rows = list(describer.rows(pd.DataFrame({"audio": list(map(str, paths))})))
        assert len(rows) == len(paths)

    one = alternate(
        {
            "measured": lambda: extract_all(files[:1], Measures()),
            "all": lambda: describe(files[:1]),
            ONE: lambda: librosa_tempo_and_chroma(files[0]),
        },
        setting.repeats,
    )
    many = alternate(
        {"all": lambda: describe(files), JOBLIB: partial(_librosa_all, files)}, setting.repeats
    )
    sizes = setting.sizes(32)
    every = data.clips(setting, sizes[-1])
    networks = "with YAMNet's sounds and musicnn's tags"
    return [
        Measured(
            "`describe` a clip, all that is measured",
            "a clip of 30 s, in a process that is warm",
            one["measured"],
            (Against(ONE, one[ONE], least=1.0),),
            bound=_bound(files[0]),
        ),
        Measured(
            f"`describe` a clip, {networks}",
            "a clip of 30 s, in a process that is warm",
            one["all"],
            (Against(ONE, one[ONE], least=1.0),),
            bound=_bound(files[0]),
        ),
        Measured(
            f"`describe` clips, {networks}",
            f"{len(files)} clips of 30 s, in a process that is warm",
            many["all"],
            (Against(JOBLIB, many[JOBLIB], least=1.0),),
            bound=_bound(files[0]),
            unit="clips",
            growth=grown(sizes, lambda size: describe(every[:size]), setting.repeats),
        ),
    ]


def _bound(path: Path) -> str:
    """What one clip takes, part by part."""
    parts, measures, describer = Parts(), Measures(), Describer()
    sources = {front_end.source for front_end in describer.front_ends}
    measures.clips(read_sound(path, sources, is_metered=True))  # to warm up
    sound = parts.time(
        "decoding, resampling and loudness", lambda: read_sound(path, sources, is_metered=True)
    )
    parts.time("the other measures", lambda: measures.clips(sound))
    for name, means in describer.heard.items():
        extract_all([path], means.front_end)  # to warm up
        parts.time(name, partial(extract_all, [path], means.front_end))
    told = ", ".join(f"{name} {taken * 1e3:.0f} ms" for name, taken in parts.seconds.items())
    return f"one clip alone takes: {told} (the networks with decoding)."

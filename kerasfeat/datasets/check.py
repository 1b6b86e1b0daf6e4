"""What is in a table or a folder, what each task could make of it, and what is wrong."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd
from rich.console import Console
from rich.progress import track

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array
from kerasfeat.songs import identity, labels, schema, splits
from kerasfeat.songs.loading import Songs
from kerasfeat.songs.problems import NOTE, Problem, describe
from kerasfeat.targets import Target
from kerasfeat.tasks import Task, tasks

# What `check` finds, and parts of it, in the form that JSON holds.
Summary: TypeAlias = dict[str, Any]

# Any rate serves to find out whether a file can be read; this one is the lowest that a front-end
# asks for.
TRIAL_RATE_HZ = 16_000
SHOWN_FILES = 10
SHOWN_COUNTS = 20


@dataclass(frozen=True)
class _Audio:
    """The audio of a table.

    Attributes:
        summary: None where the table names no audio.
        keys: of the content of each row's file, None where it can't be read; None altogether where
            nothing is decoded.
    """

    summary: Summary | None = None
    keys: list[str | None] | None = None


def check(songs: Songs, audio: bool = True) -> Summary:
    """A summary of a table of songs that JSON holds.

    Args:
        songs: of the table.
        audio: decode every audio file to see whether it can be read, and whether several are the
            same.
    """
    frame = songs.frame
    files = _audio(frame, audio)
    group, strategy = splits.groups(frame, files.keys)
    columns = {
        name: {"in_file": songs.names[name], "missing": _missing(frame[name])}
        for name in schema.BY_NAME
        if name in songs.names and name in frame
    }
    return {
        "path": str(songs.path),
        "source": songs.source,
        "rows": len(frame),
        "columns": columns,
        "other_columns": [str(name) for name in frame.columns if name not in schema.BY_NAME],
        "numbers_left": list(songs.numbers_left(schema.BY_NAME)),
        "features": list(songs.features),
        "artists": identity.count_artists(frame),
        "by_nobody": labels.by_nobody(frame),
        "split_by": strategy,
        "groups": int(group.max()) + 1,
        "audio": files.summary,
        "tasks": {name: _task(songs, tasks.get(name), group, files) for name in tasks.names()},
        "problems": describe(songs.problems),
    }


def _missing(column: pd.Series) -> int:
    """How many rows have no value; a song without artists has an empty tuple."""
    return int((column.map(len) == 0).sum() if column.name == "artists" else column.isna().sum())


def _audio(frame: pd.DataFrame, decoded: bool) -> _Audio:
    if "audio" not in frame:
        return _Audio()
    files = frame["audio"].dropna()
    summary: Summary
    if not decoded:
        summary = {"files": len(files), "unreadable": None, "repeated": None}
        return _Audio(summary, identity.copied_audio(frame))
    with ThreadPoolExecutor() as pool:
        results = list(_with_progress(pool.map(_decode, files), len(files)))
    keys = {path: key for path, (key, _) in zip(files, results, strict=True)}
    readable = [keys[path] for path in files if keys[path]]
    summary = {
        "files": len(files),
        "unreadable": [
            {"path": path, "reason": reason}
            for path, (_, reason) in zip(files, results, strict=True)
            if reason
        ],
        "repeated": len(readable) - len(set(readable)),
    }
    return _Audio(summary, [keys.get(path) for path in frame["audio"]])


def _with_progress(results: Iterable[Any], total: int) -> Iterable[Any]:
    """The results, with progress on standard error where that is a terminal."""
    console = Console(stderr=True)
    return track(
        results,
        "reading audio",
        total,
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _decode(path: str) -> tuple[str | None, str | None]:
    """(content key, None) of a file that can be read, or (None, why not)."""
    from kerasfeat.audio.decode import AudioError, content_key, decode

    try:
        decode(path, TRIAL_RATE_HZ)
        return content_key(path), None
    except AudioError as error:
        return None, error.reason


def _task(songs: Songs, task: Task, group: Array, files: _Audio) -> Summary:
    """Whether and why a task can be trained on the table, and on what.

    Args:
        songs: of the table.
        task: what would be learnt.
        group: [rows], the number of each row's group for splitting.
        files: the table's audio.
    """
    frame, target = songs.frame, task.target
    present = [name for name in target.columns if name in frame and frame[name].notna().any()]
    summary: Summary = {"usable": False, "why": "", "rows": 0, "inputs": _inputs(songs, target)}
    if not present:
        hint = "; name another column with --label" if target.has_labels else ""
        return {**summary, "why": f"no column {' or '.join(target.columns)}{hint}"}
    labelled = frame[present].notna().any(axis=1).to_numpy()
    used = labelled & (_has_input(songs, target, files) if summary["inputs"] else True)
    rows = frame[used]
    target = target.common(present)
    summary |= {"rows": len(rows)} | target.spread(rows)
    why = _obstacle(summary, target, rows, group[used])
    absent = [name for name in task.target.columns if name not in present]
    notes = [f"without {', '.join(absent)}: choose with --target"] if absent else []
    notes += _left_out(songs.lines[labelled & ~used], int(labelled.sum()))
    return {**summary, "usable": not why, "why": why or "; ".join(notes)}


def _has_input(songs: Songs, target: Target, files: _Audio) -> Array:
    """Whether each song has something that it could be known by, bool [rows]: a value in a group of
    columns, or audio that is not known to be unusable.
    """
    columns = {name for group in schema.GROUPS.values() for name in group} - set(target.columns)
    has_input = songs.frame[list(songs.known(columns))].notna().any(axis=1)
    if files.summary is not None:
        unreadable = [file["path"] for file in files.summary["unreadable"] or ()]
        audio = songs.frame["audio"]
        has_input |= audio.notna() & ~audio.isin(unreadable)
    return has_input.to_numpy()


def _left_out(lines: Array, labelled: int) -> list[str]:
    """What is said of labelled songs that have no input, by their lines in the file."""
    message = f"{len(lines)} of {labelled} songs left out: no value in any input"
    return describe(Problem(int(line), None, message, NOTE) for line in lines)


def _inputs(songs: Songs, target: Target) -> list[str]:
    """Names of the groups of columns, and "audio", that a task could be trained on."""
    inputs = [
        group
        for group, columns in schema.GROUPS.items()
        if group != schema.GENRE_DISTANCE and set(songs.known(columns)) - set(target.columns)
    ]
    return inputs + ["audio"] * bool(songs.known(["audio"]))


def _obstacle(summary: Summary, target: Target, rows: pd.DataFrame, group: Array) -> str:
    """What keeps a task from being trained, or ""."""
    if not summary["inputs"] or rows.empty:
        return "nothing to predict it from"
    try:
        fitted = target.with_table(rows)[0].with_songs(rows)
        splits.split(fitted.encode(rows), group, seed=0)
    except KerasfeatError as error:
        return str(error)
    return ""


def render(summary: Summary) -> str:
    """The summary as text for a terminal."""
    lines = [
        f"{summary['path']}: {summary['rows']:,} songs, {summary['artists']:,} artists, "
        f"features from {summary['source']}"
    ]
    lines += [labels.say_nobody(summary["by_nobody"])] if summary["by_nobody"] else []
    lines.append("")
    lines += ["columns"] + [f"  {line}" for line in _column_lines(summary)]
    if summary["audio"] is not None:
        lines += ["", "audio"] + [f"  {line}" for line in _audio_lines(summary["audio"])]
    lines += ["", "tasks"]
    width = max(map(len, summary["tasks"]), default=0) + 2
    for name, task in summary["tasks"].items():
        lines += [
            f"  {'' if index else name:<{width}}{line}"
            for index, line in enumerate(_task_lines(task))
        ]
    lines += ["", "problems"] + ([f"  {line}" for line in summary["problems"]] or ["  none"])
    return "\n".join(lines)


def _column_lines(summary: Summary) -> Iterator[str]:
    descriptors = [name for name in summary["columns"] if name in schema.GROUPS["lowlevel"]]
    if descriptors:
        yield f"{len(descriptors)} of the {len(schema.GROUPS['lowlevel'])} low-level descriptors"
    for name, column in summary["columns"].items():
        if name in descriptors:
            continue
        origin = f" (in the file: {column['in_file']})" if column["in_file"] != name else ""
        missing = f", {column['missing']:,} missing" if column["missing"] else ""
        yield f"{name}{origin}{missing}"
    if summary["other_columns"]:
        yield f"not used: {', '.join(summary['other_columns'])}"
    if summary["numbers_left"]:
        yield (
            f"numbers among them, which `fit --columns` takes: {', '.join(summary['numbers_left'])}"
        )


def _audio_lines(audio: Summary) -> Iterator[str]:
    unreadable = audio["unreadable"]
    if unreadable is None:
        yield f"{audio['files']:,} files, not decoded"
        return
    repeated = f", {audio['repeated']:,} of them the same as another" if audio["repeated"] else ""
    yield f"{audio['files']:,} files, {audio['files'] - len(unreadable):,} readable{repeated}"
    for file in unreadable[:SHOWN_FILES]:
        yield f"{file['path']}: {file['reason']}"
    if len(unreadable) > SHOWN_FILES:
        yield f"and {len(unreadable) - SHOWN_FILES:,} more"


def _task_lines(task: Summary) -> Iterator[str]:
    if not task["usable"]:
        yield f"no: {task['why']}"
        return
    yield f"{task['rows']:,} songs, from {' and '.join(task['inputs'])}" + (
        f"; {task['why']}" if task["why"] else ""
    )
    named = task.get("classes", task.get("labels"))
    if named:
        counts = [f"{name} {count:,}" for name, count in named.items()]
        more = f", and {len(counts) - SHOWN_COUNTS:,} more" if len(counts) > SHOWN_COUNTS else ""
        yield ", ".join(counts[:SHOWN_COUNTS]) + more
    for name, target in task.get("targets", {}).items():
        spread = f", sd {target['sd']:.3g}" if target["sd"] is not None else ""
        yield f"{name}: mean {target['mean']:.3g}{spread}, {target['rows']:,} songs"

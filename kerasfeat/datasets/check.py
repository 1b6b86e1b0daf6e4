"""What is in a table or a folder, what each task could make of it, and what is wrong: `kerasfeat
data check`.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rich.console import Console
from rich.progress import track

from kerasfeat import KerasfeatError
from kerasfeat.songs import identity, labels, schema, splits
from kerasfeat.songs.loading import Tracks
from kerasfeat.songs.problems import describe
from kerasfeat.tasks import tasks

# Any rate serves to find out whether a file can be read; this one is the lowest that a front-end
# asks for.
TRIAL_RATE_HZ = 16_000
SHOWN_FILES = 10
SHOWN_COUNTS = 20


def check(tracks: Tracks, audio: bool = True) -> dict[str, Any]:
    """A summary of a tracks table that JSON holds.

    Args:
        tracks: a data.tracks.Tracks.
        audio: decode every audio file to see whether it can be read, and whether several are the
            same.
    """
    frame = tracks.frame
    files, keys = _audio(frame, audio)
    group, strategy = splits.groups(frame, keys)
    found = {
        name: tracks.names[name]
        for name in schema.BY_NAME
        if name in tracks.names and name in frame
    }
    return {
        "path": str(tracks.path),
        "source": tracks.source,
        "rows": len(frame),
        "columns": {
            name: {"in_file": in_file, "missing": _missing(frame[name])}
            for name, in_file in found.items()
        },
        "other_columns": [str(name) for name in frame.columns if name not in schema.BY_NAME],
        "numbers_left": list(tracks.numbers_left(schema.BY_NAME)),
        "features": list(tracks.features),
        "artists": identity.count_artists(frame),
        "by_nobody": labels.by_nobody(frame),
        "split_by": strategy,
        "groups": int(group.max()) + 1,
        "audio": files,
        "tasks": {name: _task(tracks, tasks.get(name), group) for name in tasks.names()},
        "problems": describe(tracks.problems),
    }


def _missing(column):
    """How many rows have no value; a song without artists has an empty tuple."""
    return int((column.map(len) == 0).sum() if column.name == "artists" else column.isna().sum())


def _audio(frame, decoded):
    """(summary or None without an audio column, content key of each row, None where it is not
    known).
    """
    if "audio" not in frame:
        return None, None
    files = frame["audio"].dropna()
    if not decoded:
        return {"files": len(files), "unreadable": None, "repeated": None}, identity.copied_audio(
            frame
        )
    with ThreadPoolExecutor() as pool:
        results = list(_shown(pool.map(_try, files), len(files)))
    keys = {path: key for path, (key, _) in zip(files, results, strict=True)}
    good = [keys[path] for path in files if keys[path]]
    unreadable = [
        {"path": path, "reason": reason}
        for path, (_, reason) in zip(files, results, strict=True)
        if reason
    ]
    summary = {
        "files": len(files),
        "unreadable": unreadable,
        "repeated": len(good) - len(set(good)),
    }
    return summary, [keys.get(path) for path in frame["audio"]]


def _shown(results, total):
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


def _try(path):
    """(content key, None) of a file that can be read, or (None, why not)."""
    from kerasfeat.audio.decode import AudioError, content_key, decode

    try:
        decode(path, TRIAL_RATE_HZ)
        return content_key(path), None
    except AudioError as error:
        return None, error.reason


def _task(tracks, task, group):
    """Whether and why a task can be trained on the table, and on what."""
    frame, target = tracks.frame, task.target
    there = [column for column in target.columns if column in frame and frame[column].notna().any()]
    groups = {
        name: set(tracks.known(its)) - set(target.columns)
        for name, its in schema.GROUPS.items()
        if name != schema.GENRE_DISTANCE
    }
    inputs = [name for name, its in groups.items() if its]
    if "audio" in frame and frame["audio"].notna().any():
        inputs.append("audio")
    summary = {"usable": False, "why": "", "rows": 0, "inputs": inputs}
    if not there:
        hint = "; name another column with --label" if target.has_labels else ""
        return {**summary, "why": f"no column {' or '.join(target.columns)}{hint}"}
    labelled = frame[there].notna().any(axis=1).to_numpy()
    summary["rows"] = int(labelled.sum())
    rows = frame[labelled]
    target = target.common(there)
    summary |= target.spread(rows)
    why = _obstacle(summary, target, rows, group[labelled])
    absent = [column for column in task.target.columns if column not in there]
    note = f"without {', '.join(absent)}: choose with --target" if absent else ""
    return {**summary, "usable": not why, "why": why or note}


def _obstacle(summary, target, rows, group):
    """What keeps a task from being trained, or ""."""
    if not summary["inputs"]:
        return "nothing to predict it from"
    try:
        fitted = target.with_table(rows)[0].with_songs(rows)
        splits.split(fitted.encode(rows), group, seed=0)
    except KerasfeatError as error:
        return str(error)
    return ""


def render(summary: dict[str, Any]) -> str:
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
    for name, task in summary["tasks"].items():
        lines += [
            f"  {name:<14}{line}" if not index else f"  {'':<14}{line}"
            for index, line in enumerate(_task_lines(task))
        ]
    lines += ["", "problems"] + ([f"  {line}" for line in summary["problems"]] or ["  none"])
    return "\n".join(lines)


def _column_lines(summary: dict[str, Any]) -> Iterator[str]:
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


def _audio_lines(audio):
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


def _task_lines(task):
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

"""What `kerasfeat fit --dry-run` says: what would be trained, on what, and how long at most."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfeat.cli._options import print_json
from kerasfeat.cli._summary import print_table

if TYPE_CHECKING:
    from kerasfeat.experiment.setup import Setup


def print_plan(
    data: str | None,
    task: str | None,
    ranges: Mapping[str, tuple[float, float]],
    options: Mapping[str, Any],
    as_json: bool,
) -> None:
    """Look everything up and read the songs, but read no audio, and train and write nothing.

    Args:
        data, task, ranges, options: of `fit`.
        as_json: print one JSON document.

    Raises:
        KerasfeatError: what is asked for can't be.
    """
    from kerasfeat.experiment.run_directory import named_directory
    from kerasfeat.experiment.spec import Spec
    from kerasfeat.experiment.words import require_known
    from kerasfeat.silence import import_tensorflow

    known = {own.name for own in fields(Spec)}
    own = {name: value for name, value in options.items() if name in known}
    asked = Spec(task=task, data=data, ranges=dict(ranges), **own)
    directory = named_directory(options["out"], options["resume"])
    require_known(asked)
    import_tensorflow()
    from kerasfeat.experiment.fit import check
    from kerasfeat.experiment.setup import with_saved

    saved = options["saved"]
    found = check(
        with_saved(asked, saved) if saved else asked,
        out=directory,
        resume=options["resume"] is not None,
        strict=options["strict"],
        mix_sources=options["mix_sources"],
    )

    rows = {**_facts(found), "run": str(Path(directory)) if directory else None}
    if as_json:
        print_json(rows)
        return
    shown = {name: ", ".join(map(str, v)) if isinstance(v, list) else v for name, v in rows.items()}
    table = [[name.replace("_", " "), "" if v is None else str(v)] for name, v in shown.items()]
    print_table(["would train", ""], table)


def _facts(setup: "Setup") -> dict[str, Any]:
    """What would be trained on what, by name."""
    from kerasfeat.experiment.spec import NETWORK

    spec, training = setup.spec, setup.hyperparameters.training
    has_epochs = not spec.members or NETWORK in spec.members
    songs = setup.songs.frame
    columns = dict.fromkeys(name for names in setup.groups.values() for name in names)
    heard = list(setup.hyperparameters.frontends)
    return {
        "task": spec.task,
        "predicts": list(setup.task.target.heads),
        "data": str(setup.songs.path),
        "songs": len(songs),
        "songs_with_audio": int(songs["audio"].notna().sum()) if "audio" in songs else 0,
        "inputs": list(spec.inputs),
        "columns": list(columns),
        "to_extract": heard,
        "model": spec.model,
        "members": list(spec.members),
        "recipe": spec.recipe,
        "stages": [stage.part or "whole" for stage in setup.recipe.stages],
        "split": spec.split,
        "folds": spec.folds,
        # Members that answer together are trained on inner folds too, as many as the songs need.
        "trainings": None if spec.members else ((spec.folds or 0) + 1) * (spec.bag or 1),
        "most_epochs": training.epochs if has_epochs else 0,
        "batches_an_epoch": -(-len(songs) // training.batch_size) if has_epochs else 0,
    }

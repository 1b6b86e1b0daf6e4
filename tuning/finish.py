"""From a finished search to what one uses: best.json, a model refitted on training and validation
songs, and the report.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.hyperparameters import Hyperparameters
from kerasfeat.experiment.run_directory import COMPLETE, RunDirectory
from kerasfeat.files import write_json
from kerasfeat.progress import say
from tuning.plan import Request
from tuning.report import write_report
from tuning.results import best, result_of
from tuning.search import Search, search


@dataclass(frozen=True)
class Tuned:
    """What `tune` gives.

    Attributes:
        search: that ended.
        final: the refit's run.
        report: the page's path.
    """

    search: Search
    final: RunDirectory
    report: Path


def tune(request: Request, command: Sequence[str] = ()) -> Tuned | None:
    """Search, refit the best trial on training and validation songs, and write the report.

    The refit trains as many epochs as the best trial's best weights took (the median over its
    trainings): which epoch that is was found on validation songs (Goodfellow et al. 2016, "Deep
    Learning", algorithm 7.2). It scores the test songs, which no trial has seen.

    Args:
        request: what to search.
        command: the command's words, for run.json.

    Returns:
        None in a worker of a chief on another machine.

    Raises:
        KerasfeatError: as `search` and `fit`.
    """
    searched = search(request)
    if searched is None:
        return None
    plan = searched.plan
    (row,) = best(searched.rows, plan)
    hyperparameters = plan.resolved({name: row[name] for name in plan.space})
    epochs = result_of(searched.folder, row["trial"])["epochs"]
    _write_best(searched, hyperparameters, epochs)
    final = RunDirectory(searched.folder / f"final-{row['trial']}")
    if not (final / "run.json").exists() or final.read()["status"] != COMPLETE:
        say(
            f"refitting trial {row['trial']} on training and validation songs for "
            f"{row['epochs']} epochs"
        )
        spec = replace(
            plan.setup.asked, hyperparameters=hyperparameters.to_json(), refit_epochs=epochs
        )
        final = fit(
            spec,
            out=final.path,
            strict=request.strict,
            mix_sources=request.mix_sources,
            command=command,
        )
    return Tuned(searched, final, write_report(searched, final))


def _write_best(search: Search, hyperparameters: Hyperparameters, epochs: dict[str, int]) -> None:
    """Write best.json, which `fit --hyperparameters` takes.

    Args:
        search: that ended.
        hyperparameters: of its best trial.
        epochs: of each of that trial's stages.
    """
    plan = search.plan
    (row,) = best(search.rows, plan)
    write_json(
        search.folder / "best.json",
        {
            "task": plan.setup.task.name,
            "recipe": plan.setup.recipe.name,
            "model": plan.setup.trunk.name,
            "inputs": list(plan.setup.spec.inputs),
            "hyperparameters": hyperparameters.to_json(),
            "trial": row["trial"],
            "objective": plan.objective,
            "value": row[plan.objective],
            "interval": [row["low"], row["high"]],
            "epochs": epochs,
            "trials": len(search.rows),
        },
    )

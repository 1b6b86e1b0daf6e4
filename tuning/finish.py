"""From a finished search to what one uses: best.json, a model refitted on training and validation
songs, and the report.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from kerasfeat.experiment.fit import fit
from kerasfeat.experiment.run import COMPLETE, Run
from kerasfeat.progress import say
from tuning.report import write_report
from tuning.results import best, write_best
from tuning.search import search


@dataclass(frozen=True)
class Tuned:
    """What `tune` gives.

    Attributes:
        search: the Search.
        final: the refit's Run.
        report: the page's path.
    """

    search: object
    final: Run
    report: Path


def tune(request, argv=()):
    """Search, refit the best trial on training and validation songs, and write the report.

    The refit trains as many epochs as the best trial's best weights took (the median over its
    trainings): which epoch that is was found on validation songs (Goodfellow et al. 2016, "Deep
    Learning", algorithm 7.2). It scores the test songs, which no trial has seen.

    Args:
        request: a Request.
        argv: the command's words, for run.json.

    Returns:
        Tuned; None in a worker of a chief on another machine.

    Raises:
        KerasfeatError: as `search` and `fit`.
    """
    found = search(request)
    if found is None:
        return None
    plan = found.plan
    (row,) = best(found.rows, plan)
    hyperparameters = plan.resolved({name: row[name] for name in plan.space})
    epochs = write_best(found, hyperparameters)
    final = Run(found.folder / f"final-{row['trial']}")
    if not (final / "run.json").exists() or final.read()["status"] != COMPLETE:
        say(
            f"refitting trial {row['trial']} on training and validation songs for "
            f"{row['epochs']} epochs"
        )
        settings = replace(
            plan.settings,
            overrides=hyperparameters.to_json(),
            refit_epochs=epochs,
            out=str(final.path),
        )
        final = fit(settings, argv)
    return Tuned(found, final, write_report(found, final))

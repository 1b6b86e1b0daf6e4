import re
from typing import Any

import click

from kerasfeat.choices import FEWEST_FOLDS, TUNERS
from kerasfeat.cli._options import names, print_json, ranges_of, with_json
from kerasfeat.cli.fit import command as fit

SHARED = (
    "task",
    "targets",
    "limits",
    "data",
    "label",
    "inputs",
    "columns",
    "model",
    "recipe",
    "hyperparameters",
    "split",
    "seed",
    "class_weights",
    "balanced",
    "mixed_precision",
    "decoder",
)
READING = ("strict", "mix_sources")
UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600}


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", value)
    if not match:
        raise click.BadParameter(f"{value!r} is not a time such as 90s, 20m, or 2h")
    return float(match[1]) * UNITS_S[match[2]]


@click.command(params=[option for option in fit.params if option.name in SHARED + READING])
@click.option(
    "--tuner",
    type=click.Choice(TUNERS),
    default="bayesian",
    show_default=True,
)
@click.option(
    "--max-trials", type=click.IntRange(min=1), help="[default: 20; all, for hyperband and grid]"
)
@click.option(
    "--time-limit",
    "time_limit_s",
    metavar="TIME",
    callback=_seconds,
    help="Start no new trial after this time: 90s, 20m, 2h.",
)
@click.option(
    "--objective",
    metavar="METRIC",
    help="Score on validation songs to optimise. [default: log_loss for labels, mse for numbers]",
)
@click.option(
    "--over",
    metavar="NAMES",
    callback=lambda ctx, param, value: names(value),
    help="Search only these hyperparameters.",
)
@click.option(
    "--folds",
    type=click.IntRange(FEWEST_FOLDS),
    help="Measure the objective on inner folds instead of on the validation songs.",
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How often to train each trial, to see the noise.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of processes on this machine.",
)
@click.option(
    "--out",
    metavar="DIR",
    default="searches",
    show_default=True,
    help="Folder in which each search gets its own directory.",
)
@with_json
def command(as_json: bool, **options: Any) -> None:
    """Search for good hyperparameters. Run it again to resume. --set fixes a value."""
    import sys

    from kerasfeat.cli._summary import tune_result, tune_summary
    from kerasfeat.silence import import_tensorflow

    if not options["task"] and options["recipe"] == "default":
        from kerasfeat.tasks import tasks

        raise click.UsageError(
            f"say what to predict with --task: one of {', '.join(tasks.names())}."
        )
    from kerasfeat.experiment.spec import NETWORK, Spec
    from kerasfeat.experiment.words import require_known

    asked = {name: options.pop(name) for name in SHARED}
    spec = Spec(
        members=(NETWORK,), ranges=ranges_of(asked["targets"], asked.pop("limits")), **asked
    )
    require_known(spec)
    import_tensorflow()
    from tuning.finish import tune
    from tuning.plan import Request

    tuned = tune(Request(spec, **options), sys.argv[1:])
    if tuned and as_json:
        print_json(tune_result(tuned))
    elif tuned:
        tune_summary(tuned)

from typing import Any

import click

from kerasfeat.choices import (
    DECODERS,
    FEWEST_BAGGED,
    FEWEST_FOLDS,
    SOUNDFILE,
    SPLITS,
    STRATEGIES,
)
from kerasfeat.cli import _require
from kerasfeat.cli._options import SEED, assignments, names, ranges_of, with_json
from kerasfeat.experiment.spec import MEMBERS


@click.command()
@click.option("--task", help="What to predict; `kerasfeat list tasks` shows all.")
@click.option(
    "--target",
    "targets",
    multiple=True,
    help="Learn only this target of the task, such as --target energy (repeatable).",
)
@click.option(
    "--range",
    "limits",
    type=(float, float),
    metavar="LOW HIGH",
    help="The range of each --target, such as --range 1 9. [default: the known range, or the "
    "table's]",
)
@click.option(
    "--data",
    metavar="PATH",
    help="A table (CSV, TSV, Parquet), or a folder with tracks.csv or audio files. [default: "
    "synthesised songs]",
)
@click.option("--label", metavar="COLUMN", help="The column of the table that holds the label.")
@click.option(
    "--inputs",
    metavar="NAMES",
    callback=lambda ctx, param, value: names(value),
    help="Inputs, separated by commas, such as features,logmel. [default: all that the data "
    "provides]",
)
@click.option(
    "--columns",
    metavar="NAMES",
    callback=lambda ctx, param, value: names(value),
    help="Numeric columns of the table to use as features, separated by commas, or `all`. "
    "[default: the known columns]",
)
@click.option(
    "--model",
    metavar="NAME",
    help="Train one network with this trunk instead of an ensemble; `kerasfeat list models` shows "
    "all.",
)
@click.option(
    "--members",
    metavar="KINDS",
    callback=lambda ctx, param, value: names(value),
    help=f"Kinds of models in the ensemble, out of {', '.join(MEMBERS)}. [default: all; one "
    "network with --model, --bag or a recipe]",
)
@click.option(
    "--finetune",
    metavar="BACKBONE:LAYER",
    help="Also train a backbone, from this layer up, such as yamnet:layer13.",
)
@click.option(
    "--recipe",
    default="default",
    show_default=True,
    help="Run a complete experiment; `kerasfeat list recipes` shows all.",
)
@click.option(
    "--set",
    "hyperparameters",
    metavar="NAME=VALUE",
    multiple=True,
    callback=lambda ctx, param, value: assignments(value),
    help="Set one hyperparameter (repeatable).",
)
@click.option(
    "--hyperparameters",
    "saved",
    metavar="FILE",
    help="Read hyperparameters from the best.json of `tune`, or from a run's run.json; --set "
    "overrides them.",
)
@click.option(
    "--folds",
    type=click.IntRange(FEWEST_FOLDS),
    help="Number of folds for cross-validation; the model that is kept is trained on all songs.",
)
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    default="artist",
    show_default=True,
    help="Split by artist (by track if the table names none), or by the table's column `split`.",
)
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--out", metavar="DIR", help="Run directory. [default: runs/TASK-TIME]")
@click.option(
    "--from",
    "reused",
    metavar="RUN",
    multiple=True,
    help="Use a finished run as a part of the recipe's network (repeatable).",
)
@click.option(
    "--bag",
    type=click.IntRange(FEWEST_BAGGED),
    metavar="K",
    help="Train K networks on bootstrap samples and average their predictions.",
)
@click.option(
    "--resume",
    metavar="RUN",
    help="Resume an unfinished run; the other options must be the same.",
)
@click.option("--class-weights", is_flag=True, help="Give songs of rare classes more weight.")
@click.option("--balanced", is_flag=True, help="Draw every class equally often.")
@click.option(
    "--mixed-precision", is_flag=True, help="Compute in float16 where safe; faster on a GPU."
)
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    help="Split each training batch of a network among all GPUs of this machine (mirrored).",
)
@click.option(
    "--decoder",
    type=click.Choice(DECODERS),
    default=SOUNDFILE,
    show_default=True,
    help="Library that decodes audio files.",
)
@click.option(
    "--strict", is_flag=True, help="Treat unusable rows, values, and audio files as errors."
)
@click.option(
    "--mix-sources",
    is_flag=True,
    help="Train on features from several sources, although they measure different things.",
)
@click.option(
    "--learning-curve",
    is_flag=True,
    help="Also train on 1/8, 1/4 and 1/2 of the training songs, to see whether more would help.",
)
@_require.option
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show what would be trained, on which songs, columns and inputs, or why it can't be; read "
    "no audio, and write nothing.",
)
@click.option("--histograms", is_flag=True, help="Log histograms of the weights to TensorBoard.")
@click.option("--profile", is_flag=True, help="Log a profile of some batches to TensorBoard.")
@with_json
def command(
    data: str | None,
    task: str | None,
    limits: tuple[float, float] | None,
    required: tuple[_require.Requirement, ...],
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a model, score it honestly, and write a report."""
    import sys

    from kerasfeat.cli._summary import print_run

    if not task and options["recipe"] == "default":
        from kerasfeat.tasks import tasks

        raise click.UsageError(
            f"say what to predict with --task: one of {', '.join(tasks.names())}."
        )
    ranges = ranges_of(options["targets"], limits)
    if required:
        _refuse_unknown(required, task, options["recipe"])
    if dry_run:
        from kerasfeat.cli._plan import print_plan

        print_plan(data, task, ranges, options, as_json)
        return
    from kerasfeat.api.fitting import fit

    run = fit(data, task, ranges=ranges, command=sys.argv[1:], **options)
    print_run(run, as_json)
    _require.end_unmet(required, run.metrics["test"])


def _refuse_unknown(
    required: tuple[_require.Requirement, ...], task: str | None, recipe: str
) -> None:
    """Refuse scores that no target has, before anything is trained."""
    from kerasfeat.recipes import recipes
    from kerasfeat.tasks import tasks

    chosen = recipes.get(recipe)
    target = tasks.get(task or chosen.task or "").target
    if not chosen.edges and len(target.columns) == 1:  # of several numbers each has its own too
        _require.require_scores(required, target.compared_metrics)

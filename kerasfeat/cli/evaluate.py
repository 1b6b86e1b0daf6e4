import click

from kerasfeat.cli import _require
from kerasfeat.cli._options import print_json, with_json
from kerasfeat.silence import import_tensorflow

SHOWN = ("data", "resampled", "units", "test", "members", "baselines", "best_baseline")


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--data",
    metavar="PATH",
    help="Songs with labels that the model has not seen. [default: the run's own test songs]",
)
@click.option(
    "--label",
    metavar="COLUMN",
    help="The column of --data that holds the label. [default: the one the model was trained on]",
)
@_require.option
@with_json
def command(
    run: str,
    data: str | None,
    label: str | None,
    required: tuple[_require.Requirement, ...],
    as_json: bool,
) -> None:
    """Score a trained model, on its own test songs or on others."""
    if label is not None and data is None:
        raise click.UsageError("--label needs --data: it names a column of those songs.")
    from kerasfeat.api.run import load_run
    from kerasfeat.cli._summary import over, print_scores

    finished = load_run(run)
    if data is None:
        result = {name: finished.metrics[name] for name in SHOWN if name in finished.metrics}
    else:
        import_tensorflow(lean=True)
        result = finished.evaluate(data, label)
    if as_json:
        print_json(result)
    else:
        print(over(result))
        print_scores(result, finished.target)
    _require.end_unmet(required, result["test"])
